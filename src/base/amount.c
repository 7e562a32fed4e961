// SPDX-License-Identifier: Apache-2.0
//
// Figures as people read them.
//
// One way to write each kind of figure, so that status, drain and the page can be compared by eye.
// Nothing here depends on the locale.
#include "outrider/base/amount.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
format_count(struct text *out, int64_t count)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, count);
    const char *p = digits;
    if (*p == '-')
        text_append_char(out, *p++);
    for (size_t left = strlen(p); left > 0; left--) {
        text_append_char(out, *p++);
        if (left > 1 && left % 3 == 1)
            text_append_char(out, ',');
    }
}

void
format_age(struct text *out, int64_t ms)
{
    int64_t s = ms / 1000;
    if (ms < 1000)
        text_appendf(out, "%" PRId64 " ms", ms);
    else if (s < 60)
        text_appendf(out, "%" PRId64 ".%" PRId64 " s", s, ms % 1000 / 100);
    else if (s < 3600)
        text_appendf(out, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else if (s < 86400)
        text_appendf(out, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    else
        text_appendf(out, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

void
format_clock(struct text *out, int64_t seconds)
{
    if (seconds < 3600)
        text_appendf(out, "%" PRId64 ":%02" PRId64, seconds / 60, seconds % 60);
    else
        text_appendf(out, "%" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
                     seconds % 60);
}

// Powers of 1024, as memory is counted.
void
format_bytes(struct text *out, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    if (bytes < 1024)
        text_appendf(out, "%" PRId64 " B", bytes);
    else
        text_appendf(out, "%.1f %s", value, units[unit]);
}
