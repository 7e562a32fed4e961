// SPDX-License-Identifier: Apache-2.0
// Rows of which some column cannot be read.
//
// A statement over many rows fails as a whole when a value of one of them is corrupt, cannot be
// printed or has no equivalent in UTF-8, and the server does not say whose. So the rows are read in
// halves, and the halves that fail in halves again, until one row fails alone: of n rows one bad
// one takes 2 log n reads.
//
// A row whose texts only lack an equivalent in UTF-8 is foreign: its texts are shown by their
// bytes. A row that fails even so is unreadable. When many rows are foreign, the search for each
// would take longer than the report: then the statements escape the texts of all rows.
#include "unreadable.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    UNREADABLE_MOST = 1000, // rows: with more, something else than a row is wrong
    FOREIGN_MOST = 50,      // rows: with more, all texts are escaped
    TOPIC_MOST = 249,       // characters of a topic's name, in Kafka too
};

// The ids of some rows, as an array.
static void
append_ids(struct text *out, const struct session_result *ids, size_t from, size_t to)
{
    for (size_t row = from; row < to; row++)
        text_appendf(out, "%c%s", row == from ? '{' : ',', session_value(ids, row, 0));
    text_append_char(out, '}');
}

static struct unreadable_row *
find_row(const struct unreadable *found, const char *id)
{
    for (size_t i = 0; i < found->count; i++)
        if (str_equal(found->rows[i].id, id))
            return &found->rows[i];
    return NULL;
}

// A foreign row that fails again is unreadable. False: the row is known as unreadable already, or
// there are too many.
static bool
note(struct unreadable *found, const char *id, const struct error *err)
{
    struct unreadable_row *row = find_row(found, id);
    struct text why = {0};

    if (row == NULL ? found->count == UNREADABLE_MOST : !row->foreign)
        return false;
    if (row == NULL) {
        found->rows = xreallocarray(found->rows, found->count + 1, sizeof *found->rows);
        row = &found->rows[found->count++];
        *row = (struct unreadable_row){.id = xstrdup(id)};
        row->foreign = !found->escapes_all && sqlstate_lies_in_encoding(err->code);
    } else {
        row->foreign = false;
        free(row->why);
    }
    text_appendf(&why, "%s: %s", err->code, err->text);
    row->why = why.data;
    found->foreign_count += row->foreign;
    found->escapes_all |= found->foreign_count > FOREIGN_MOST;
    found->changes++;
    return true;
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
    if (!late && !sqlstate_lies_in_data(err->code))
        return false;
    const size_t middle = from + (to - from) / 2;
    if (to - from > 1)
        return find(found, probe, ids, from, middle, err) &&
               find(found, probe, ids, middle, to, err);
    return note(found, session_value(ids, from, 0), err);
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
    const struct unreadable_row *row = find_row(found, id);
    return row == NULL ? NULL : row->why;
}

// The expression of a column, which the rows that are foreign, or the others that are known, have
// another one for. Caller frees.
static char *
except(const struct unreadable *found, bool foreign, const struct names *names, const char *sql,
       const char *instead)
{
    struct text ids __attribute__((cleanup(text_free))) = {0};

    for (size_t i = 0; i < found->count; i++)
        if (found->rows[i].foreign == foreign)
            text_appendf(&ids, "%s%s", ids.len == 0 ? "'{" : ",", found->rows[i].id);
    if (ids.len == 0)
        return xstrdup(sql);
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
unreadable_guard(const struct unreadable *found, const struct names *names, const char *sql,
                 const char *instead)
{
    return except(found, false, names, sql, instead);
}

char *
unreadable_guard_text(const struct unreadable *found, const struct names *names, const char *sql,
                      const char *escaped, const char *instead)
{
    if (found->escapes_all)
        return except(found, false, names, escaped, instead);
    AUTOFREE char *shown = except(found, true, names, sql, escaped);
    return except(found, false, names, shown, instead);
}

char *
unreadable_show(const struct unreadable *found, const struct names *names, const char *sql,
                const char *instead)
{
    AUTOFREE char *escaped = unreadable_escape(names, sql);

    return unreadable_guard_text(found, names, sql, escaped, instead);
}

char *
unreadable_escape(const struct names *names, const char *text)
{
    const struct placeholder placeholders[] = {{"text", text, false}};

    return names_expand(names, sql_store_escaped, placeholders, 1);
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

char *
unreadable_cut_asked(const struct names *names, const char *topic)
{
    return unreadable_cut(names, topic, false, TOPIC_MOST);
}

char *
unreadable_cut_topic(const struct names *names, const struct template *topic)
{
    AUTOFREE char *whole = names_topic(names, topic);

    return unreadable_cut_asked(names, whole);
}
