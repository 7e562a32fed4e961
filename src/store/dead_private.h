// SPDX-License-Identifier: Apache-2.0
// The dead letters' session, for the files that speak over it. Private to the store.
#ifndef OUTRIDER_STORE_DEAD_PRIVATE_H
#define OUTRIDER_STORE_DEAD_PRIVATE_H

#include "outrider/store/dead.h"
#include "unreadable.h"
#include "visit.h"

struct dead {
    struct visit visit;
    struct template topic; // borrowed from the settings
    int timeout_ms;
    int guard_ms; // for the guard: lock_timeout has to come first
    int version;
    size_t room;                // rows of the next page that is changed; 0: as many as are wanted
    dead_between_call *between; // NULL: none
    void *between_context;
    char *bound;                // the last position of all; NULL: nothing is dead
    struct unreadable rows;     // of which only what has a fixed width is shown
    struct unreadable payloads; // of which neither payload nor headers are
};

#define DEAD_READ  "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
#define DEAD_WRITE "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

// Begins a transaction in which the table's version cannot change; ret_user may be NULL. On failure
// the caller rolls back.
bool dead_begin(struct dead *dead, const char *mode, char **ret_user, struct error *err) MUST_CHECK;

// An array as PostgreSQL reads it; NULL for NULL. Caller frees.
char *dead_format_ids(const struct message_id *ids, size_t count);

// Says of each row of a page that was not changed why. What cannot be asked stays unknown: the page
// is committed.
void dead_explain_skipped(struct dead *dead, struct dead_page *page);

// A statement of dead letters, with the columns that the action shows. Caller frees.
char *dead_statement(const struct dead *dead, const char *sql, enum dead_action action);

#endif
