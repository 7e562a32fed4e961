// SPDX-License-Identifier: Apache-2.0
//
// What a command was given: the values of its options.
#include "command.h"

#include "outrider/base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t ms;
} duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

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

// Digits only; *ret_rest is what follows them. strtoll(3) alone would take blanks and signs.
static bool
parse_digits(const char *text, int64_t *ret_value, const char **ret_rest)
{
    char *rest;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    long long value = strtoll(text, &rest, 10);
    if (errno != 0)
        return false;
    *ret_value = value;
    *ret_rest = rest;
    return true;
}

bool
invocation_number(const struct invocation *invocation, const char *name, int64_t min, int64_t max,
                  int64_t *ret_value)
{
    const char *text = invocation_option(invocation, name), *rest;
    int64_t value;
    if (text == NULL)
        return true;
    if (!parse_digits(text, &value, &rest) || *rest != '\0' || value < min || value > max) {
        fprintf(stderr,
                "outrider: --%s: \"%s\" is wrong; a whole number from %" PRId64 " to %" PRId64
                " is allowed\n",
                name, text, min, max);
        return false;
    }
    *ret_value = value;
    return true;
}

static bool
parse_duration(const char *text, int64_t *ret_ms)
{
    int64_t value;
    const char *unit;
    if (!parse_digits(text, &value, &unit))
        return false;
    for (size_t i = 0; i < sizeof duration_units / sizeof duration_units[0]; i++)
        if (strcmp(duration_units[i].name, unit) == 0)
            return !__builtin_mul_overflow(value, duration_units[i].ms, ret_ms);
    return false;
}

bool
invocation_duration_ms(const struct invocation *invocation, const char *name, int64_t *ret_ms)
{
    const char *text = invocation_option(invocation, name);
    int64_t ms;
    if (text == NULL)
        return true;
    if (!parse_duration(text, &ms)) {
        fprintf(stderr,
                "outrider: --%s: \"%s\" is no duration; a number with ms, s, m, h or d is allowed, "
                "e.g. 30s\n",
                name, text);
        return false;
    }
    *ret_ms = ms;
    return true;
}
