// SPDX-License-Identifier: Apache-2.0
// The versions of the outbox table: apply, revert, status, print.
//
// Version 0 is no table, 1 the table that an application makes, 2 what the relay wants of it. Every
// step can be repeated: whatever was cut short is found by its probe and gone on with.
//
// Errors beside those of the session: "TABLE" (none of the kind that can be served, or a column is
// in the way), "RIGHTS" (a right is missing, named), "LOCKED" (given up waiting; the text says who
// holds the lock), "POOLER" (the connection is not to PostgreSQL itself), "SERVER" (too old),
// "NEWER" (the table was made by a newer outrider), "ROWS" (unpublished rows are left), "FOREIGN"
// (the table, or a function under the name of one of outrider's, is the application's own).
#ifndef OUTRIDER_SCHEMA_SCHEMA_H
#define OUTRIDER_SCHEMA_SCHEMA_H

#include "outrider/base/error.h"
#include "outrider/base/text.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stddef.h>

enum { SCHEMA_LATEST = 2 };

// A version of the table, and the number of its slots, a power of two: what of the queue can be
// sent side by side with ordering: key. As a wish, 0 slots is the number that is there.
// inbox: and the inbox with its functions; as a wish, it stays when it is there.
struct schema_level {
    int version;
    int slots;
    bool inbox;
};

// Where progress goes, a line of plain text at a time, without line feed. May be called from a
// thread of the schema's own, but never from two at once.
struct schema_progress {
    void (*line)(void *context, const char *text);
    void *context;
};

// Brings the table up to a version (0..SCHEMA_LATEST); one that is there already is left there.
// Version 2 is needed for more than one slot (to STORE_SLOTS_MAX). Waits for another schema command
// on the same table.
bool schema_apply(const struct store_settings *settings, struct schema_level to,
                  const struct schema_progress *progress, struct schema_level *ret_reached,
                  struct error *err) MUST_CHECK;

// Appends the SQL that schema_apply would run now. Changes nothing.
bool schema_plan(const struct store_settings *settings, struct schema_level to, struct text *sql,
                 struct error *err) MUST_CHECK;

// One version back, or what is there of a version that was only half applied. force: version 1 is
// dropped although unpublished rows are left.
bool schema_revert(const struct store_settings *settings, bool force,
                   const struct schema_progress *progress, struct schema_level *ret_reached,
                   struct error *err) MUST_CHECK;

// Removes the inbox and its functions. force: although messages are noted in it.
bool schema_revert_inbox(const struct store_settings *settings, bool force,
                         const struct schema_progress *progress, struct schema_level *ret_reached,
                         struct error *err) MUST_CHECK;

struct schema_status {
    char *table;          // quoted, with its schema
    int version;          // in force
    int slots;            // in force
    bool made;            // outrider made the table
    bool inbox;           // outrider made the inbox or its functions
    struct text pending;  // what schema_apply would do, a line each; empty: nothing
    struct text findings; // what is worth knowing beside that, a line each
};

// Pending is what leads to version `to` at most. Needs no right but to read.
bool schema_status(const struct store_settings *settings, int to, struct schema_status *ret_status,
                   struct error *err) MUST_CHECK;
void schema_status_free(struct schema_status *status);

// Appends the steps from one version to another as plain SQL for psql, downwards when from > to;
// with the steps to a number of slots when one is given, and those of the inbox when it is wanted.
// Needs no database. The steps, their order and their statements are those of apply and revert.
bool schema_print(const struct store_settings *settings, int from, struct schema_level to,
                  struct text *sql, struct error *err) MUST_CHECK;

// Appends roles for that version of the table, and of the inbox when it is wanted, with the least
// rights that each needs, as SQL for psql. Needs no database.
bool schema_print_grants(const struct store_settings *settings, struct schema_level level,
                         struct text *sql, struct error *err) MUST_CHECK;

#endif
