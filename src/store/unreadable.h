// SPDX-License-Identifier: Apache-2.0
// Rows of which some column cannot be read: a corrupt value, one whose text the server cannot
// print, or one with a character that UTF-8 has no equivalent of. Found one by one, so that a
// report shows all others, and of them what can be shown. Private to the store.
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
        char *why;    // SQLSTATE and text of the error
        bool foreign; // a text lacks an equivalent in UTF-8, and can be shown by its bytes
    } * rows;
    size_t count;
    size_t foreign_count; // rows that were found foreign
    size_t changes;       // rows that were added, or found unreadable after foreign
    bool escapes_all;     // foreign rows are many: all texts are shown in ASCII
};

// Reads the rows with these ids (an array as PostgreSQL reads it) as the statement in question
// does.
struct unreadable_probe {
    bool (*read)(void *context, const char *ids, struct error *err);
    void *context;
    bool in_time; // a row that cannot be read in time is one of them
};

// Adds those of the rows to `found` that cannot be read. ids: a result whose first column names
// them. False: a probe failed for another reason than data, there are too many, or a row fails that
// is known as unreadable (code of the last).
bool unreadable_find(struct unreadable *found, const struct unreadable_probe *probe,
                     const struct session_result *ids, struct error *err) MUST_CHECK;
void unreadable_free(struct unreadable *found);

// Why that row cannot be read; NULL: it can, or its texts are escaped as those of all.
const char *unreadable_why(const struct unreadable *found, const char *id);

// The expression of a column for a statement that must not read the unreadable rows' columns;
// `instead` is what these have. sql: without placeholders. Caller frees.
char *unreadable_guard(const struct unreadable *found, const struct names *names, const char *sql,
                       const char *instead);

// The same of a text that is sent: foreign rows have `escaped`; or, as shown, the text itself by
// its bytes. Caller frees.
char *unreadable_guard_text(const struct unreadable *found, const struct names *names,
                            const char *sql, const char *escaped, const char *instead);
char *unreadable_show(const struct unreadable *found, const struct names *names, const char *sql,
                      const char *instead);

// The expression of a text by its bytes where it is not ASCII. text: without placeholders. Caller
// frees.
char *unreadable_escape(const struct names *names, const char *text);

// The expression of a text, cut to `most` characters. fragment: it holds placeholders. Caller
// frees.
char *unreadable_cut(const struct names *names, const char *text, bool fragment, int most);

// The expression of a row's topic, and of a topic that is asked for, as both are shown: cut to what
// a topic of Kafka can have. Caller frees.
char *unreadable_cut_topic(const struct names *names, const struct template *topic);
char *unreadable_cut_asked(const struct names *names, const char *topic);

#endif
