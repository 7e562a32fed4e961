// SPDX-License-Identifier: Apache-2.0
// A visit to the table on a session of its own, with the table's shape as it was last looked at:
// what reports and dead letters share. Private to the store.
#ifndef OUTRIDER_STORE_VISIT_H
#define OUTRIDER_STORE_VISIT_H

#include "outrider/base/error.h"
#include "outrider/store/names.h"
#include "outrider/store/session.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VISIT_LOOK_MS = 10000,   // catalog, version, and whatever is answered at once
    VISIT_FRAGMENT_MAX = 32, // placeholders of a statement's own
};

struct visit {
    struct session *session;
    struct names names;
    char max_retries[16];
    char lock_timeout_ms[16];
    char *version_table; // quoted
    int grace_ms;        // what the client waits beyond a statement's limit
    // As it was last looked at:
    char oid[24];
    bool nullable; // published may be NULL
    bool binary;   // the payload is bytea
    int version;
    int slots; // as the version table says; 1 on version 1
};

// Connects and looks; a table that lacks columns is for those to judge who ask about it. On failure
// there is nothing to close. `abort` (may be NULL) ends every wait of the visit early when set.
bool visit_open(const struct store_settings *settings, const atomic_bool *abort,
                struct visit *ret_visit, struct error *err) MUST_CHECK;
void visit_close(struct visit *visit);

// Looks at the table again, in a transaction of its own; or within the one in hand. A table that
// lacks columns of its version is an error then.
bool visit_look(struct visit *visit, struct error *err) MUST_CHECK;
bool visit_look_within(struct visit *visit, struct error *err) MUST_CHECK;

// Begins a transaction whose statements the server ends after timeout_ms each. `begin`: BEGIN with
// its modes.
bool visit_begin(struct visit *visit, const char *begin, int timeout_ms,
                 struct error *err) MUST_CHECK;

// One statement of the transaction in hand.
bool visit_run(struct visit *visit, const char *sql, const char *const *params, size_t param_count,
               int timeout_ms, struct session_result **ret_result, struct error *err) MUST_CHECK;
bool visit_commit(struct visit *visit, struct error *err) MUST_CHECK;

// After a failure, whose error is the one to tell: this has none. A lost session is left alone.
void visit_rollback(struct visit *visit);

// One statement in a read-only transaction of its own.
bool visit_ask(struct visit *visit, const char *sql, const char *const *params, size_t param_count,
               int timeout_ms, struct session_result **ret_result, struct error *err) MUST_CHECK;

// A statement for the table as it was last looked at, with {unpublished}, {dead} and, before all
// others, the caller's own placeholders. Caller frees.
char *visit_expand(const struct visit *visit, const char *sql,
                   const struct placeholder *placeholders, size_t count);

// The expression of a payload's bytes as they are kept. Caller frees.
char *visit_payload_bytes(const struct visit *visit);

// A result's value as a number, NULL as 0; as a boolean, NULL as false.
int64_t visit_number(const struct session_result *result, size_t row, size_t column);
bool visit_is_true(const struct session_result *result, size_t row, size_t column);

#endif
