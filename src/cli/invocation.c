// SPDX-License-Identifier: Apache-2.0
//
// What a command was given: the values of its options.
#include "command.h"

#include "outrider/base/safe.h"
#include "outrider/config/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A repeated option counts as given last, as with any Unix command.
static const struct option_value *
given(const struct invocation *invocation, const char *name)
{
    const struct option_value *last = NULL;
    for (size_t i = 0; i < invocation->option_count; i++)
        if (strcmp(invocation->options[i].option->name, name) == 0)
            last = &invocation->options[i];
    return last;
}

const char *
invocation_option(const struct invocation *invocation, const char *name)
{
    const struct option_value *option = given(invocation, name);
    return option == NULL ? NULL : option->value;
}

bool
invocation_flag(const struct invocation *invocation, const char *name)
{
    return given(invocation, name) != NULL;
}

// The complaint names the option as it was typed, its value, and what is allowed.
bool
invocation_number(const struct invocation *invocation, const char *name, int64_t min, int64_t max,
                  int64_t *ret_value)
{
    const char *text = invocation_option(invocation, name);
    int64_t value;
    if (text == NULL)
        return true;
    if (!parse_integer(text, &value) || value < min || value > max) {
        safe_print_line(stderr,
                        "outrider: --%s: \"%s\" is wrong; a whole number from %" PRId64
                        " to %" PRId64 " is allowed",
                        name, text, min, max);
        return false;
    }
    *ret_value = value;
    return true;
}

bool
invocation_duration_ms(const struct invocation *invocation, const char *name, int64_t *ret_ms)
{
    const char *text = invocation_option(invocation, name);
    int64_t ms;
    if (text == NULL)
        return true;
    if (!parse_duration(text, &ms)) {
        safe_print_line(
            stderr,
            "outrider: --%s: \"%s\" is no duration; a number with ms, s, m, h or d is allowed, "
            "e.g. 30s",
            name, text);
        return false;
    }
    *ret_ms = ms;
    return true;
}
