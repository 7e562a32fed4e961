// SPDX-License-Identifier: Apache-2.0
//
// Templates over a row's columns: parsed once from the configuration, rendered for every message.
//
// A template is a list of parts, so rendering is copying and nothing else; what could be wrong is
// said when it is parsed. A "$" that no "{" follows is an ordinary character. A column that is SQL
// NULL renders as nothing: whether the result is a good name is for its user to judge.
#include "outrider/model/template.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The columns that are text, or have one text, and are never large.
static const enum column allowed[] = {
    COLUMN_ID,
    COLUMN_AGGREGATE_TYPE,
    COLUMN_AGGREGATE_ID,
    COLUMN_EVENT_TYPE,
};
#define ALLOWED_COUNT (sizeof allowed / sizeof allowed[0])

// The longest name that is looked up: no column's is longer, and what is longer is only quoted.
#define NAME_MAX_BYTES 63

struct bytes
row_column(const struct row *row, enum column column, char id_text[static MESSAGE_ID_TEXT])
{
    switch (column) {
    case COLUMN_ID:
        message_id_format(&row->id, id_text);
        return (struct bytes){.data = id_text, .len = MESSAGE_ID_TEXT - 1};
    case COLUMN_AGGREGATE_TYPE:
        return row->aggregate_type;
    case COLUMN_AGGREGATE_ID:
        return row->aggregate_id;
    case COLUMN_EVENT_TYPE:
        return row->event_type;
    default:
        assert(!"a column that a template may not name");
        return (struct bytes){0};
    }
}

// Appends an empty part. Templates have a few parts and are parsed once, so growing by one is fine.
static struct template_part *
add_part(struct template *template)
{
    template->parts = xreallocarray(template->parts, template->count + 1, sizeof *template->parts);
    struct template_part *part = &template->parts[template->count++];
    *part = (struct template_part){0};
    return part;
}

// Turns what was gathered into a literal part, if anything was.
static void
flush_literal(struct template *template, struct text *literal)
{
    if (literal->len == 0)
        return;
    add_part(template)->literal = xstrndup(literal->data, literal->len);
    text_clear(literal);
}

// A column that exists but may not be named here is never proposed.
static bool
unknown_column(const char *name, struct error *err)
{
    const char *names[ALLOWED_COUNT];
    for (size_t i = 0; i < ALLOWED_COUNT; i++)
        names[i] = column_name(allowed[i]);
    const char *near = nearest(name, names, ALLOWED_COUNT);
    if (near != NULL)
        return error_set(err, FAULT_CLUSTER, "TEMPLATE",
                         "there is no column \"%s\"; did you mean \"%s\"?", name, near);
    return error_set(err, FAULT_CLUSTER, "TEMPLATE",
                     "there is no column \"%s\"; id, aggregate_type, aggregate_id and event_type "
                     "can be used",
                     name);
}

// The column by its name, which is not NUL-terminated.
static bool
find_column(const char *name, size_t len, enum column *ret_column, struct error *err)
{
    char text[NAME_MAX_BYTES + 1];
    if (len > NAME_MAX_BYTES)
        len = NAME_MAX_BYTES;
    memcpy(text, name, len);
    text[len] = '\0';
    enum column column;
    if (!column_parse(text, &column))
        return unknown_column(text, err);
    for (size_t i = 0; i < ALLOWED_COUNT; i++) {
        if (allowed[i] == column) {
            *ret_column = column;
            return true;
        }
    }
    return error_set(err, FAULT_CLUSTER, "TEMPLATE",
                     "column \"%s\" can not be used here; id, aggregate_type, aggregate_id and "
                     "event_type can",
                     text);
}

// Reads "name}" behind a "${" and leaves *p behind it.
static bool
parse_column(const char **p, struct template *template, struct error *err)
{
    const char *close = strchr(*p, '}');
    if (close == NULL)
        return error_set(err, FAULT_CLUSTER, "TEMPLATE",
                         "\"${\" without \"}\"; write \"$${\" for a literal \"${\"");
    enum column column = COLUMN_COUNT;
    if (!find_column(*p, (size_t)(close - *p), &column, err))
        return false;
    add_part(template)->column = column;
    *p = close + 1;
    return true;
}

// What was parsed before a failure is in `template` and `literal`: the caller frees both.
static bool
parse_parts(const char *p, struct template *template, struct text *literal, struct error *err)
{
    while (*p != '\0') {
        if (str_starts_with(p, "$${")) {
            text_append(literal, "${");
            p += 3;
        } else if (str_starts_with(p, "${")) {
            flush_literal(template, literal);
            p += 2;
            if (!parse_column(&p, template, err))
                return false;
        } else {
            text_append_char(literal, *p++);
        }
    }
    flush_literal(template, literal);
    if (template->count == 0)
        return error_set(err, FAULT_CLUSTER, "TEMPLATE", "a template must not be empty");
    return true;
}

bool
template_parse(const char *text, struct template *ret_template, struct error *err)
{
    struct template template = {0};
    struct text literal = {0};
    bool ok = parse_parts(text, &template, &literal, err);
    if (ok)
        *ret_template = template;
    else
        template_free(&template);
    text_free(&literal);
    return ok;
}

void
template_free(struct template *template)
{
    if (template == NULL)
        return;
    for (size_t i = 0; i < template->count; i++)
        free(template->parts[i].literal);
    free(template->parts);
    *template = (struct template){0};
}

size_t
template_length(const struct template *template, const struct row *row)
{
    size_t len = 0;
    for (size_t i = 0; i < template->count; i++) {
        const struct template_part *part = &template->parts[i];
        char id_text[MESSAGE_ID_TEXT];
        if (part->literal != NULL)
            len += strlen(part->literal);
        else if (part->column == COLUMN_ID)
            len += MESSAGE_ID_TEXT - 1;
        else
            len += row_column(row, part->column, id_text).len;
    }
    return len;
}

void
template_render(const struct template *template, const struct row *row, char *out)
{
    for (size_t i = 0; i < template->count; i++) {
        const struct template_part *part = &template->parts[i];
        char id_text[MESSAGE_ID_TEXT];
        struct bytes text = part->literal != NULL ? bytes_from(part->literal)
                                                  : row_column(row, part->column, id_text);
        if (text.len > 0)
            memcpy(out, text.data, text.len);
        out += text.len;
    }
    *out = '\0';
}
