// SPDX-License-Identifier: Apache-2.0
// JSON, written from left to right.
#include "json.h"

#include "outrider/base/clock.h"

#include <inttypes.h>
#include <math.h>

// What stands before every value.
static void
begin(struct text *out, const char *name)
{
    const char last = out->len > 0 ? out->data[out->len - 1] : '{';

    if (last != '{' && last != '[')
        text_append_char(out, ',');
    if (name == NULL)
        return;
    text_append_json(out, name);
    text_append_char(out, ':');
}

void
json_open(struct text *out, const char *name, char bracket)
{
    if (out->len > 0)
        begin(out, name);
    text_append_char(out, bracket);
}

void
json_close(struct text *out, char bracket)
{
    text_append_char(out, bracket);
}

void
json_text(struct text *out, const char *name, const char *value)
{
    begin(out, name);
    if (value == NULL)
        text_append(out, "null");
    else
        text_append_json(out, value);
}

void
json_int(struct text *out, const char *name, int64_t value)
{
    begin(out, name);
    text_appendf(out, "%" PRId64, value);
}

void
json_number(struct text *out, const char *name, double value)
{
    begin(out, name);
    if (isfinite(value))
        text_appendf(out, "%.6g", value);
    else
        text_append(out, "null");
}

void
json_bool(struct text *out, const char *name, bool value)
{
    begin(out, name);
    text_append(out, value ? "true" : "false");
}

void
json_null(struct text *out, const char *name)
{
    begin(out, name);
    text_append(out, "null");
}

void
json_time(struct text *out, const char *name, int64_t unix_us)
{
    char time[40];

    format_utc(unix_us, 3, time);
    json_text(out, name, time);
}
