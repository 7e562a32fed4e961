// SPDX-License-Identifier: Apache-2.0
// A set of rows to mark or to count a failure against, and the statements that write it. Private to
// the store.
#ifndef OUTRIDER_STORE_WRITE_H
#define OUTRIDER_STORE_WRITE_H

#include "store_private.h"

// Rows to write, and how. One of the lists is set.
struct write {
    const char *sql;
    const char *look;               // lists the rows that a trigger left as they were
    const char *undone;             // what those are
    const struct message_id *ids;   // to mark
    const struct failure *failures; // to count
    bool by_code;                   // the failures' codes stand for their texts
    bool constraints;               // deferred ones are checked at once
};

// The rows' ids are borrowed.
struct write write_of_marks(const struct store *store, const struct message_id *ids);
struct write write_of_failures(const struct store *store, const struct failure *failures,
                               bool constraints);

const struct message_id *write_id(const struct write *write, size_t i);

// An array of ids, each `stride` bytes behind the one before.
void write_id_params(const struct message_id *first, size_t stride, size_t count,
                     struct params *params);

// Adds the statements that follow a write, as far as they are needed: one fires the deferred
// triggers, one lists the rows that are as they were. Returns their number.
size_t write_follow(const struct store *store, const struct write *write, const struct params *ids,
                    struct step *steps);

// After a failed write: did the server refuse it, and can it be undone?
bool write_was_refused(const struct store *store);

// Is each row of a set written? undone: the answer that lists those that are as they were; NULL: no
// trigger of the table can undo a write.
bool write_is_whole(const struct write *write, const PGresult *changed, const PGresult *undone,
                    size_t count, struct error *err) MUST_CHECK;

// Writes rows `from` to `from + count` as one set, or (*ret_refused, and why in err) none of them.
bool write_set(struct store *store, const struct write *write, size_t from, size_t count,
               bool *ret_refused, struct error *err) MUST_CHECK;

#endif
