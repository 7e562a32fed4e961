// SPDX-License-Identifier: Apache-2.0
// The words of a configuration as numbers, and back.
//
// Durations and sizes always carry a unit: "20" for a time-out is seconds to one person and
// milliseconds to another. Numbers are whole: nothing here needs a fraction, and a sum of them
// cannot round.
#include "outrider/config/parse.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

// From small to large: format_ takes the last that divides.
static const struct unit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

static const struct unit size_units[] = {
    {"B", 1},           {"kB", 1000},
    {"KB", 1000},       {"KiB", INT64_C(1) << 10},
    {"MB", 1000000},    {"MiB", INT64_C(1) << 20},
    {"GB", 1000000000}, {"GiB", INT64_C(1) << 30},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// Digits only, saturating; *ret_rest is what follows them.
static bool
parse_digits(const char *text, int64_t *ret, const char **ret_rest)
{
    if (!isdigit((unsigned char)*text))
        return false;
    int64_t value = 0;
    for (; isdigit((unsigned char)*text); text++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            value = INT64_MAX;
    *ret = value;
    *ret_rest = text;
    return true;
}

// Saturation is symmetric but for one value, which no bound reaches.
bool
parse_integer(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    int64_t value;
    const char *rest;
    if (!parse_digits(text + negative, &value, &rest) || *rest != '\0')
        return false;
    *ret = negative ? -value : value;
    return true;
}

// The unit is all of what follows the digits: "1m30s" has none.
static bool
parse_with_unit(const char *text, const struct unit *units, size_t count, int64_t *ret)
{
    int64_t value;
    const char *rest;
    if (!parse_digits(text, &value, &rest))
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rest, units[i].name) == 0) {
            if (__builtin_mul_overflow(value, units[i].factor, ret))
                *ret = INT64_MAX;
            return true;
        }
    return false;
}

bool
parse_duration(const char *text, int64_t *ret_ms)
{
    return parse_with_unit(text, duration_units, COUNT(duration_units), ret_ms);
}

bool
parse_size(const char *text, int64_t *ret_bytes)
{
    return parse_with_unit(text, size_units, COUNT(size_units), ret_bytes);
}

bool
parse_word(const char *text, const char *const *words, size_t count, int *ret)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0) {
            *ret = (int)i;
            return true;
        }
    return false;
}

static void
format_with_unit(struct text *out, int64_t value, const struct unit *units, size_t count)
{
    const struct unit *best = &units[0];
    for (size_t i = 1; i < count; i++)
        if (value != 0 && value % units[i].factor == 0)
            best = &units[i];
    text_appendf(out, "%" PRId64 "%s", value / best->factor, best->name);
}

void
format_duration(struct text *out, int64_t ms)
{
    format_with_unit(out, ms, duration_units, COUNT(duration_units));
}

void
format_size(struct text *out, int64_t bytes)
{
    format_with_unit(out, bytes, size_units, COUNT(size_units));
}
