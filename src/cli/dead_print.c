// SPDX-License-Identifier: Apache-2.0
//
// Dead letters as people and as scripts read them.
//
// Lists never hold a payload: it may be large, and it may be nobody's business who only counts.
#include "dead_print.h"

#include "outrider/base/clock.h"
#include "outrider/base/safe.h"

#include <inttypes.h>
#include <string.h>

enum { LABEL_COLUMN = 12 };

static const char *
or_dash(const char *text)
{
    return text == NULL ? "-" : text;
}

// How long ago it died; nothing where nobody knows.
static void
append_died(struct text *out, const struct dead_letter *letter)
{
    if (!letter->has_dead_at || letter->dead_at_us == UTC_INFINITY ||
        letter->dead_at_us == UTC_MINUS_INFINITY)
        return;
    format_age(out, letter->dead_for_ms);
    text_append(out, " ago");
}

void
dead_print_heads(struct grid *grid, size_t width)
{
    static const char *const heads[] = {"id",    "topic", "aggregate", "attempts",
                                        "class", "died",  "error"};

    *grid = (struct grid){.columns = sizeof heads / sizeof heads[0], .width = width};
    grid->right[3] = true;
    for (size_t i = 0; i < grid->columns; i++)
        grid_add(grid, heads[i]);
}

void
dead_print_row(struct grid *grid, const struct dead_letter *letter)
{
    __attribute__((cleanup(text_free))) struct text died = {0};

    append_died(&died, letter);
    grid_add(grid, letter->id);
    grid_add_printable(grid, or_dash(letter->topic));
    grid_add_printable(grid, or_dash(letter->aggregate_id));
    grid_add_count(grid, letter->retry_count);
    grid_add_printable(grid, or_dash(letter->error_class));
    grid_add(grid, died.len > 0 ? text_str(&died) : "-");
    grid_add_printable(grid, or_dash(letter->error == NULL ? letter->unreadable : letter->error));
}

static void
append_name(struct text *out, const char *name)
{
    text_appendf(out, "%c\"%s\":", out->len == 0 ? '{' : ',', name);
}

static void
append_text(struct text *out, const char *name, const char *value)
{
    append_name(out, name);
    if (value == NULL)
        text_append(out, "null");
    else
        text_append_json(out, value);
}

static void
append_time(struct text *out, const char *name, bool has, int64_t us)
{
    char utc[40];

    format_utc(us, 6, utc);
    append_text(out, name, has ? utc : NULL);
}

// JSON of PostgreSQL's. jsonb is one line; json is as it was written: a line feed or tab there
// stands between its words, and what else has to be escaped inside a string. In a SQL_ASCII
// database it may hold bytes that are no UTF-8.
static void
append_value(struct text *out, const char *name, const char *json)
{
    append_name(out, name);
    if (json == NULL)
        text_append(out, "null");
    for (const char *p = json; p != NULL && *p != '\0';) {
        const size_t len = utf8_length(p);
        if (len == 0)
            text_append(out, UTF8_REPLACEMENT);
        else if (*p == '\n' || *p == '\r' || *p == '\t')
            text_append_char(out, ' ');
        else if (safe_must_escape(p))
            safe_append_escape(out, p, len);
        else
            text_append_bytes(out, p, len);
        p += len == 0 ? 1 : len;
    }
}

void
dead_print_json(struct text *out, const struct dead_letter *letter, bool whole)
{
    __attribute__((cleanup(text_free))) struct text line = {0};

    append_text(&line, "id", letter->id);
    append_text(&line, "topic", letter->topic);
    append_text(&line, "aggregate_type", letter->aggregate_type);
    append_text(&line, "aggregate_id", letter->aggregate_id);
    append_text(&line, "event_type", letter->event_type);
    append_name(&line, "retry_count");
    text_appendf(&line, "%" PRId64, letter->retry_count);
    append_text(&line, "error_class", letter->error_class);
    append_text(&line, "error", letter->error);
    append_time(&line, "created_at", letter->has_created_at, letter->created_at_us);
    append_time(&line, "dead_at", letter->has_dead_at, letter->dead_at_us);
    append_name(&line, "payload_bytes");
    if (letter->has_payload_bytes)
        text_appendf(&line, "%" PRId64, letter->payload_bytes);
    else
        text_append(&line, "null");
    if (letter->unreadable != NULL)
        append_text(&line, "unreadable", letter->unreadable);
    if (whole) {
        append_value(&line, "headers", letter->headers);
        append_value(&line, "payload", letter->payload_json);
    }
    text_appendf(out, "%s}\n", text_str(&line));
}

static void
append_line(struct text *out, const char *label, const char *value)
{
    text_appendf(out, "%-*s", LABEL_COLUMN, label);
    safe_append(out, or_dash(value));
    text_append_char(out, '\n');
}

static void
append_time_line(struct text *out, const char *label, bool has, int64_t us)
{
    char utc[40];

    format_utc(us, 6, utc);
    append_line(out, label, has ? utc : NULL);
}

// Its own lines stay lines.
static void
append_payload(struct text *out, const char *payload)
{
    __attribute__((cleanup(text_free))) struct text line = {0};

    for (const char *p = payload;; p += strcspn(p, "\n") + 1) {
        text_clear(&line);
        text_append_bytes(&line, p, strcspn(p, "\n"));
        safe_append(out, text_str(&line));
        text_append_char(out, '\n');
        if (p[strcspn(p, "\n")] == '\0')
            return;
    }
}

void
dead_print_whole(struct text *out, const struct dead_letter *letter)
{
    __attribute__((cleanup(text_free))) struct text died = {0}, attempts = {0}, bytes = {0};

    append_died(&died, letter);
    text_appendf(&attempts, "%" PRId64, letter->retry_count);
    if (letter->has_payload_bytes)
        format_bytes(&bytes, letter->payload_bytes);
    append_line(out, "id", letter->id);
    append_line(out, "topic", letter->topic);
    append_line(out, "aggregate", letter->aggregate_id);
    append_line(out, "of type", letter->aggregate_type);
    append_line(out, "event type", letter->event_type);
    append_line(out, "attempts", text_str(&attempts));
    append_line(out, "class", letter->error_class);
    append_line(out, "error", letter->error);
    append_time_line(out, "created", letter->has_created_at, letter->created_at_us);
    append_time_line(out, "died", letter->has_dead_at, letter->dead_at_us);
    if (died.len > 0)
        append_line(out, "", text_str(&died));
    if (letter->unreadable != NULL)
        append_line(out, "unreadable", letter->unreadable);
    append_line(out, "headers", letter->headers);
    if (letter->has_payload_bytes && letter->payload == NULL)
        text_append(&bytes, ", too large to be shown");
    append_line(out, "payload",
                letter->has_payload_bytes    ? text_str(&bytes)
                : letter->unreadable != NULL ? "-"
                                             : "NULL, a tombstone");
    if (letter->payload != NULL) {
        text_append_char(out, '\n');
        append_payload(out, letter->payload);
    }
}
