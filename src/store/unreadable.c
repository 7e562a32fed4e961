// SPDX-License-Identifier: Apache-2.0
// Rows of which some column cannot be read.
//
// A statement over many rows fails as a whole when a value of one of them is corrupt or cannot be
// printed, and the server does not say whose. So the rows are read in halves, and the halves that
// fail in halves again, until one row fails alone: of n rows one bad one takes 2 log n reads.
#include "unreadable.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"

#include <stdio.h>
#include <stdlib.h>

enum { UNREADABLE_MOST = 1000 }; // rows: with more, something else than a row is wrong

// The ids of some rows, as an array.
static void
append_ids(struct text *out, const struct session_result *ids, size_t from, size_t to)
{
    for (size_t row = from; row < to; row++)
        text_appendf(out, "%c%s", row == from ? '{' : ',', session_value(ids, row, 0));
    text_append_char(out, '}');
}

static void
add(struct unreadable *found, const char *id, const struct error *err)
{
    struct text why = {0};

    text_appendf(&why, "%s: %s", err->code, err->text);
    found->rows = xreallocarray(found->rows, found->count + 1, sizeof *found->rows);
    found->rows[found->count++] = (struct unreadable_row){.id = xstrdup(id), .why = why.data};
}

static bool
find(struct unreadable *found, const struct unreadable_probe *probe,
     const struct session_result *ids, size_t from, size_t to, struct error *err)
{
    struct text array __attribute__((cleanup(text_free))) = {0};

    append_ids(&array, ids, from, to);
    if (from == to || probe->read(probe->context, text_str(&array), err))
        return true;
    const bool late = probe->in_time && str_equal(err->code, SQLSTATE_QUERY_CANCELED);
    if ((!late && !sqlstate_lies_in_data(err->code)) || found->count == UNREADABLE_MOST)
        return false;
    const size_t middle = from + (to - from) / 2;
    if (to - from > 1)
        return find(found, probe, ids, from, middle, err) &&
               find(found, probe, ids, middle, to, err);
    add(found, session_value(ids, from, 0), err);
    return true;
}

bool
unreadable_find(struct unreadable *found, const struct unreadable_probe *probe,
                const struct session_result *ids, struct error *err)
{
    return find(found, probe, ids, 0, session_rows(ids), err);
}

void
unreadable_free(struct unreadable *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free(found->rows[i].id);
        free(found->rows[i].why);
    }
    free(found->rows);
    *found = (struct unreadable){0};
}

const char *
unreadable_why(const struct unreadable *found, const char *id)
{
    for (size_t i = 0; i < found->count; i++)
        if (str_equal(found->rows[i].id, id))
            return found->rows[i].why;
    return NULL;
}

char *
unreadable_guard(const struct unreadable *found, const struct names *names, const char *sql,
                 const char *instead)
{
    struct text ids __attribute__((cleanup(text_free))) = {0};

    if (found->count == 0)
        return xstrdup(sql);
    for (size_t i = 0; i < found->count; i++)
        text_appendf(&ids, "%s%s", i == 0 ? "'{" : ",", found->rows[i].id);
    text_append(&ids, "}'");
    const struct placeholder placeholders[] = {
        {"ids", text_str(&ids), false},
        {"instead", instead, false},
        {"text", sql, false},
    };
    return names_expand(names, sql_store_unless_unreadable, placeholders,
                        sizeof placeholders / sizeof placeholders[0]);
}

char *
unreadable_cut(const struct names *names, const char *text, bool fragment, int most)
{
    char number[16];
    const struct placeholder placeholders[] = {
        {"text", text, fragment},
        {"most", number, false},
    };

    snprintf(number, sizeof number, "%d", most);
    return names_expand(names, sql_store_shown, placeholders,
                        sizeof placeholders / sizeof placeholders[0]);
}
