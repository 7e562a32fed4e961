// SPDX-License-Identifier: Apache-2.0
//
// outrider help and version: what needs neither configuration nor servers.
#include "arguments.h"
#include "command.h"
#include "exits.h"
#include "findings.h"
#include "usage.h"

#include "outrider/base/safe.h"
#include "outrider/base/version.h"
#include "outrider/monitor/metrics.h"

#include <stdio.h>

// One line, the name first, as scripts expect it.
int
cmd_version(const struct invocation *invocation)
{
    (void)invocation;
    printf("outrider %s\n", OUTRIDER_VERSION);
    return EX_OK;
}

// "help COMMAND" is the same text as "COMMAND --help".
int
cmd_help(const struct invocation *invocation)
{
    if (invocation_flag(invocation, "markdown")) {
        usage_markdown(stdout);
        return EX_OK;
    }
    if (invocation_flag(invocation, "scdoc")) {
        usage_scdoc(stdout);
        return EX_OK;
    }
    if (invocation_flag(invocation, "metrics")) {
        metrics_print_reference(stdout);
        return EX_OK;
    }
    if (invocation_flag(invocation, "findings")) {
        __attribute__((cleanup(text_free))) struct text out = {0};
        findings_append_markdown(&out);
        fputs(text_str(&out), stdout);
        return EX_OK;
    }
    if (invocation->argument_count == 0) {
        usage_all(stdout);
        return EX_OK;
    }
    __attribute__((cleanup(text_free))) struct text path = {0};
    struct error err;
    size_t used;
    const struct command *command =
        command_find(invocation->arguments, invocation->argument_count, &used, &path, &err);
    if (command == NULL) {
        safe_print_line(stderr, "outrider: %s", err.text);
        return EX_USAGE;
    }
    usage_command(command, text_str(&path), stdout);
    return EX_OK;
}
