// SPDX-License-Identifier: Apache-2.0
// The statements of dead letters, put together.
//
// What a list shows is cut where it is read: a thousand rows of a megabyte in one column are
// neither sent nor kept. What a row that cannot be read would show is not evaluated at all.
#include "dead_private.h"
#include "outrider/base/xalloc.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT_MOST = 200,       // characters of a name in a list
    ERROR_MOST = 500,      // of an error text there
    SHOWN_MOST = 10000,    // of either, where one row is shown
    VALUE_MOST = 16777216, // bytes of a payload or of headers that are shown
    COLUMNS = 14,
};

// The texts of a page.
enum column_text { TYPE, AGGREGATE, EVENT, CLASS, ERROR_TEXT, TEXTS };

static const struct {
    const char *shown, *sql;
    int since;
} texts[TEXTS] = {
    [TYPE] = {"shown_aggregate_type", "o.{aggregate_type}::text", 1},
    [AGGREGATE] = {"shown_aggregate_id", "o.{aggregate_id}::text COLLATE \"C\"", 1},
    [EVENT] = {"shown_event_type", "o.{event_type}::text", 1},
    [CLASS] = {"shown_class", "o.{error_class}::text COLLATE \"C\"", 2},
    [ERROR_TEXT] = {"shown_error", "o.{last_error}::text COLLATE \"C\"", 2},
};

// Placeholders and the expressions that they own.
struct columns {
    struct placeholder list[COLUMNS];
    char *owned[COLUMNS];
    size_t count;
};

static void
columns_free(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        free(columns->owned[i]);
}

// Takes ownership of the expression.
static void
own(struct columns *columns, const char *name, char *expression)
{
    if (columns->count == COLUMNS)
        abort(); // a bug of ours
    columns->owned[columns->count] = expression;
    columns->list[columns->count++] = (struct placeholder){name, expression, false};
}

// A column that is NULL of the unreadable rows in `but`.
static void
add(struct columns *columns, const struct dead *dead, const struct unreadable *but,
    const char *name, const char *expression)
{
    own(columns, name, unreadable_guard(but, &dead->visit.names, expression, "NULL"));
}

// A text that is compared and never sent, as it is and escaped: rows that are shown escaped are
// asked for in that form, whether or not the page knows yet that they are foreign.
static void
add_compared(struct columns *columns, const struct dead *dead, const char *name,
             const char *escaped_name, const char *expression)
{
    AUTOFREE char *escaped = unreadable_escape(&dead->visit.names, expression);

    add(columns, dead, &dead->rows, name, expression);
    add(columns, dead, &dead->rows, escaped_name, escaped);
}

// A text that is sent.
static void
add_shown(struct columns *columns, const struct dead *dead, const char *name,
          const char *expression)
{
    const struct names *names = &dead->visit.names;

    own(columns, name, unreadable_show(&dead->rows, names, expression, "NULL"));
}

static void
add_texts(struct columns *columns, const struct dead *dead, enum dead_action action)
{
    const struct names *names = &dead->visit.names;
    const int most = action == DEAD_SHOW ? SHOWN_MOST : TEXT_MOST;
    AUTOFREE char *shown_topic = unreadable_cut_topic(names, &dead->topic);

    add_shown(columns, dead, "shown_topic", shown_topic);
    add_compared(columns, dead, "topic", "escaped_topic", shown_topic);
    for (enum column_text text = 0; text < TEXTS; text++) {
        const bool there = texts[text].since <= dead->version;
        const int room = text == ERROR_TEXT && most == TEXT_MOST ? ERROR_MOST : most;
        AUTOFREE char *shown =
            unreadable_cut(names, there ? texts[text].sql : "NULL::text", true, room);
        add_shown(columns, dead, texts[text].shown, shown);
    }
}

// Payloads are read only where somebody asks for their size: a thousand large ones take a while.
static void
add_payload_bytes(struct columns *columns, const struct dead *dead, enum dead_action action)
{
    const bool measured = action == DEAD_MEASURE || action == DEAD_SHOW;
    AUTOFREE char *bytes = measured ? visit_payload_bytes(&dead->visit) : xstrdup("NULL::bigint");

    add(columns, dead, &dead->payloads, "payload_bytes", bytes);
}

// An expression, up to the size that is shown. Caller frees.
static char *
limit(const struct names *names, const char *expression)
{
    char most[16];
    const struct placeholder placeholders[] = {{"text", expression, false}, {"most", most, false}};

    snprintf(most, sizeof most, "%d", VALUE_MOST);
    return names_expand(names, sql_store_up_to, placeholders, 2);
}

// A value of the payloads' kind. Takes ownership of both expressions.
static void
add_value(struct columns *columns, const struct dead *dead, const char *name, char *value,
          char *escaped)
{
    const struct names *names = &dead->visit.names;
    AUTOFREE char *shown = limit(names, value);
    AUTOFREE char *shown_escaped = limit(names, escaped);

    own(columns, name, unreadable_guard_text(&dead->payloads, names, shown, shown_escaped, "NULL"));
    free(value);
    free(escaped);
}

// A value as JSON: `json` of a column, whose text is `text`.
static void
add_json(struct columns *columns, const struct dead *dead, const char *name, const char *text_sql,
         const char *json_sql)
{
    const struct names *names = &dead->visit.names;
    AUTOFREE char *text = names_expand(names, text_sql, NULL, 0);
    AUTOFREE char *escaped = unreadable_escape(names, text);
    char *json = names_expand(names, json_sql, NULL, 0);
    const struct placeholder of[] = {
        {"text", text, false}, {"escaped", escaped, false}, {"json", json, false}};

    add_value(columns, dead, name, json, names_expand(names, sql_store_escaped_json, of, 3));
}

static void
add_values(struct columns *columns, const struct dead *dead)
{
    const struct names *names = &dead->visit.names;
    const char *headers = dead->version == 2 ? "o.{headers}::text" : "NULL::text";
    char *payload = names_expand(names, "o.{payload}::text", NULL, 0);

    add_json(columns, dead, "headers_json", headers, headers);
    add_json(columns, dead, "payload_json", "o.{payload}::text", "to_json(o.{payload})::text");
    add_value(columns, dead, "payload_text", payload, unreadable_escape(names, payload));
}

char *
dead_statement(const struct dead *dead, const char *sql, enum dead_action action)
{
    const struct names *names = &dead->visit.names;
    const bool v2 = dead->version == 2;
    const char *retry = v2 ? sql_store_dead_retry_v2 : sql_store_dead_retry_v1;
    struct columns columns __attribute__((cleanup(columns_free))) = {0};
    struct columns values __attribute__((cleanup(columns_free))) = {0};
    AUTOFREE char *aggregate = names_expand(names, texts[AGGREGATE].sql, NULL, 0);
    AUTOFREE char *class = names_expand(names, v2 ? texts[CLASS].sql : "NULL::text", NULL, 0);
    AUTOFREE char *error = names_expand(names, v2 ? texts[ERROR_TEXT].sql : "NULL::text", NULL, 0);
    AUTOFREE char *asked_topic = unreadable_cut_asked(names, "$8::text");
    struct placeholder all[VISIT_FRAGMENT_MAX] = {
        {"dead_page", sql_store_dead_page, true},
        {"dead_behind", sql_store_dead_behind, true},
        {"position", v2 ? "o.{dead_at}" : "o.{created_at}", true},
        {"died", v2 ? "o.{dead_at}" : "NULL::timestamptz", true},
        {"asked_topic", asked_topic, false},
        {"change", action == DEAD_DISCARD ? sql_store_dead_discard : retry, true},
    };
    size_t count = 6;

    add_texts(&columns, dead, action);
    add_payload_bytes(&columns, dead, action);
    add_compared(&columns, dead, "aggregate", "escaped_aggregate", aggregate);
    add_compared(&columns, dead, "error", "escaped_error", error);
    add(&columns, dead, &dead->rows, "class", class);
    add_values(&values, dead);
    if (count + columns.count + values.count > VISIT_FRAGMENT_MAX)
        abort(); // a bug of ours
    memcpy(all + count, columns.list, columns.count * sizeof *columns.list);
    count += columns.count;
    memcpy(all + count, values.list, values.count * sizeof *values.list);
    return visit_expand(&dead->visit, sql, all, count + values.count);
}
