// SPDX-License-Identifier: Apache-2.0
//
// outrider config: the effective configuration, and the reference of its keys.
#include "command.h"
#include "exits.h"

#include "outrider/config/settings.h"

#include <stdio.h>

int
cmd_config_print(const struct invocation *invocation)
{
    config_print(invocation->settings, stdout);
    return EX_OK;
}

int
cmd_config_keys(const struct invocation *invocation)
{
    if (invocation_flag(invocation, "yaml"))
        config_print_example(stdout);
    else if (invocation_flag(invocation, "scdoc"))
        config_print_scdoc(stdout);
    else
        config_print_keys(stdout);
    return EX_OK;
}
