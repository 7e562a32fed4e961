// SPDX-License-Identifier: Apache-2.0
// The window's connection, for the files that speak over it. Private to the store.
#ifndef OUTRIDER_STORE_STORE_PRIVATE_H
#define OUTRIDER_STORE_STORE_PRIVATE_H

#include "outrider/store/store.h"
#include "params.h"
#include "pipeline.h"
#include "shape.h"
#include "wire.h"

struct store {
    struct store_settings settings; // the strings are the caller's
    struct names names;
    struct wire wire;
    struct shape shape;
    struct {
        size_t marks;      // rows, 0: no statement for them
        int limit;         // of the claim
    } ahead;               // what store_ahead has sent
    bool polled;           // a poll was answered
    bool misfit;           // a statement did not fit the table, and no window has begun since
    bool poll_misfit;      // a poll did not, and none was answered since
    struct mono plans_end; // those that the server keeps are made anew then
};

static inline int
store_patience_ms(const struct store *store)
{
    return store->settings.statement_timeout_ms + STORE_CLIENT_GRACE_MS;
}

// The parameters of the window's settings.
void store_settings_params(const struct store *store, struct params *params);

// Undoes what failed behind the savepoint, so that the transaction can go on.
bool store_back_to_savepoint(struct store *store, struct error *err) MUST_CHECK;

// Runs one statement behind a savepoint; answer: what is read of its result (NULL: no row). A
// refused row lock is no failure when ret_row_locked is given. The result is the caller's to clear.
bool store_run_behind_savepoint(struct store *store, const char *sql, const struct params *params,
                                const struct answer *answer, bool *ret_row_locked,
                                PGresult **ret_result, struct error *err) MUST_CHECK;

// The parameters of store_mark's statement.
void store_mark_params(const struct message_id *ids, size_t count, struct params *params);

// Did the statement touch exactly `count` rows? Else the code is "SHORT".
bool store_changed_all(PGresult *result, size_t count, struct error *err) MUST_CHECK;

// Does the failure look as if the statement did not fit the table any more? noted: it did so
// before, and is an error now.
bool store_is_misfit(bool *noted, const PGresult *failed);

#endif
