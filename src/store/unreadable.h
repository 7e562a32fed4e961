// SPDX-License-Identifier: Apache-2.0
// Rows of which some column cannot be read: a corrupt value, or one whose text the server cannot
// print. Found one by one, so that a report shows all others, and of them what can be shown.
// Private to the store.
#ifndef OUTRIDER_STORE_UNREADABLE_H
#define OUTRIDER_STORE_UNREADABLE_H

#include "outrider/base/error.h"
#include "outrider/store/names.h"
#include "outrider/store/session.h"

#include <stdbool.h>
#include <stddef.h>

struct unreadable {
    struct unreadable_row {
        char *id;
        char *why; // SQLSTATE and text of the error
    } * rows;
    size_t count;
};

// Reads the rows with these ids (an array as PostgreSQL reads it) as the statement in question
// does.
struct unreadable_probe {
    bool (*read)(void *context, const char *ids, struct error *err);
    void *context;
    bool in_time; // a row that cannot be read in time is one of them
};

// Adds those of the rows to `found` that cannot be read. ids: a result whose first column names
// them. False: a probe failed for another reason than data, or there are too many (code of the
// last).
bool unreadable_find(struct unreadable *found, const struct unreadable_probe *probe,
                     const struct session_result *ids, struct error *err) MUST_CHECK;
void unreadable_free(struct unreadable *found);

// Why that row cannot be read; NULL: it can.
const char *unreadable_why(const struct unreadable *found, const char *id);

// The expression of a column for a statement that must not read those rows' columns; `instead` is
// what these have. sql: without placeholders. Caller frees.
char *unreadable_guard(const struct unreadable *found, const struct names *names, const char *sql,
                       const char *instead);

// The expression of a text, cut to `most` characters. fragment: it holds placeholders. Caller
// frees.
char *unreadable_cut(const struct names *names, const char *text, bool fragment, int most);

#endif
