// SPDX-License-Identifier: Apache-2.0
// The window's connection, for the files that speak over it. Private to the store.
#ifndef OUTRIDER_STORE_STORE_PRIVATE_H
#define OUTRIDER_STORE_STORE_PRIVATE_H

#include "arrival.h"
#include "outrider/store/store.h"
#include "params.h"
#include "pipeline.h"
#include "shape.h"
#include "wire.h"

// The numbering of rows that have no usable number, between two calls.
struct lost {
    bool by_id;             // they are read in the order of ids, because some could not be numbered
    struct message_id next; // the lowest id of those that had no turn in this round
    size_t set;             // rows of the next set; 0: as many as may be
    bool doubted;           // the question for them failed last time
    struct numbering round;
};

struct store {
    struct store_settings settings; // the strings are the caller's
    struct names names;
    struct wire wire;
    struct arrival arrival;
    struct shape shape;
    struct {
        const struct message_id *marks; // borrowed
        size_t count;                   // of them, 0: no statement for them
        int limit;                      // of the claim
    } ahead;                            // what store_ahead has sent
    bool misfit;                // a statement did not fit the table, and no window has begun since
    bool poll_misfit;           // a poll did not, and none was answered since
    struct message_id markable; // a row that could be marked on trial; zeroed: none
    // Of the transaction in hand:
    bool tried;            // other rows were marked on trial
    enum mark_trial trial; // and this came of it
    bool hurried; // another session was in the way: what is written now waits for its locks shortly
    struct mono trial_end; // zeroed, but while store_try runs
    struct mono plans_end; // those that the server keeps are made anew then
    bool longer;           // calls wait longer than usual
    struct lost lost;
};

static inline int
store_patience_ms(const struct store *store)
{
    return store->settings.statement_timeout_ms +
           (store->longer ? STORE_LONG_GRACE_MS : STORE_CLIENT_GRACE_MS);
}

// The first transaction of a connection; a bare table name gets its schema.
bool store_meet_server(struct store *store, struct error *err) MUST_CHECK;

// shape_read, with the pinned search_path.
bool store_read_shape(struct store *store, struct shape *ret_shape, struct error *err) MUST_CHECK;

// The step in front of a statement that is asked behind a pooler outside of a window.
struct step store_poll_settings(const struct store *store, struct params *params);

// The parameters of the window's settings.
void store_settings_params(const struct store *store, struct params *params);

// Undoes what failed behind the savepoint, so that the transaction can go on.
bool store_back_to_savepoint(struct store *store, struct error *err) MUST_CHECK;

// Of a statement whose rows are ids.
extern const struct answer store_id_answer;

// A statement of the transaction without parameters or rows, e.g. one about a savepoint.
bool store_command(struct store *store, const char *sql, struct error *err) MUST_CHECK;
// A question outside of a window. The answer is the caller's to clear.
bool store_ask(struct store *store, const char *sql, const struct params *params,
               const struct answer *answer, PGresult **ret_result, struct error *err) MUST_CHECK;

// Runs one statement behind a savepoint; answer: what is read of its result (NULL: no row). What a
// claim can meet is no failure when ret_met is given: the result is NULL then, and err says what
// was met. The result is the caller's to clear.
bool store_run_behind_savepoint(struct store *store, const char *sql, const struct params *params,
                                const struct answer *answer, enum claim_met *ret_met,
                                PGresult **ret_result, struct error *err) MUST_CHECK;

// What a claim met when `failed` is its answer; false: something else, which is a failure.
bool store_claim_met(const PGresult *failed, enum claim_met *ret_met);

// The parameters of store_mark's statement.
void store_mark_params(const struct message_id *ids, size_t count, struct params *params);

// The statements that mark a set behind a savepoint, its release included. Where a trigger of the
// table can undo a mark, one of them lists the rows that are still unpublished. Returns their
// number. params: of store_mark_params, borrowed; NULL to receive the answers.
enum { MARK_STEPS_MAX = 5 };
size_t store_mark_steps(const struct store *store, const struct params *params,
                        struct step steps[static MARK_STEPS_MAX]);

// Judges the answers to store_mark_steps. Adds the rows that are not marked to ret_refused. A set
// that was refused is rolled back and halved, as store_mark does.
bool store_judge_mark(struct store *store, const struct step *steps, size_t steps_count,
                      const struct message_id *ids, size_t count, struct refusals *ret_refused,
                      struct error *err) MUST_CHECK;

// Did the statement touch exactly `count` rows? Else the code is "SHORT", or "SHARED_ID" for more.
bool store_changed_all(const PGresult *result, size_t count, struct error *err) MUST_CHECK;

// Does the failure look as if the statement did not fit the table any more? noted: it did so
// before, and is an error now.
bool store_is_misfit(bool *noted, const PGresult *failed);

// Is it such a code? NULL: no.
bool misfit_lies_in(const char *sqlstate);

#endif
