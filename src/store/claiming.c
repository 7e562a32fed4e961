// SPDX-License-Identifier: Apache-2.0
// The claims of a window that has begun.
//
// Each claim runs behind a savepoint, so that one that fails leaves the window's marks alone. Three
// failures are expected: another session holds a row locked, PostgreSQL cannot read a row, and it
// cannot read the rows in time.
#include "claims.h"
#include "rows.h"
#include "sql.h"
#include "sqlstate.h"
#include "store_private.h"

#include <stdlib.h>

bool
store_claim_met(const PGresult *failed, enum claim_met *ret_met)
{
    if (sqlstate_is(failed, SQLSTATE_LOCK_NOT_AVAILABLE))
        *ret_met = CLAIM_MET_LOCK;
    else if (sqlstate_is(failed, SQLSTATE_QUERY_CANCELED))
        *ret_met = CLAIM_MET_SLOW;
    else if (sqlstate_lies_in_data(PQresultErrorField(failed, PG_DIAG_SQLSTATE)))
        *ret_met = CLAIM_MET_UNREADABLE;
    else
        return false;
    return true;
}

bool
store_run_behind_savepoint(struct store *store, const char *sql, const struct params *params,
                           const struct answer *answer, enum claim_met *ret_met,
                           PGresult **ret_result, struct error *err)
{
    struct step steps[] = {{.sql = sql_store_savepoint},
                           {.sql = sql, .params = params, .answer = answer},
                           {.sql = sql_store_release_savepoint}};
    struct error undone;
    bool good = false;

    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, 3, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, 3);
    if (!failed) {
        *ret_result = steps[1].result;
        steps[1].result = NULL;
        good = true;
    } else if (failed == steps[1].result && ret_met && store_claim_met(failed, ret_met)) {
        wire_fail_result(failed, err);
        *ret_result = NULL;
        good = store_back_to_savepoint(store, &undone);
        if (!good)
            *err = undone;
    } else {
        wire_fail_result(failed, err);
        if (failed == steps[1].result && !store_back_to_savepoint(store, &undone))
            error_prefix(err, "%s, after", undone.text);
    }
    pipeline_clear(steps, 3);
    return good;
}

static bool
claim_by(struct store *store, const char *sql, const struct claim *claim, enum claim_met *ret_met,
         struct batch *ret_batch, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *result = NULL;

    *ret_met = CLAIM_MET_NOTHING;
    claims_params_of_one(&store->shape, claim, &params);
    if (!store_run_behind_savepoint(store, sql, &params, &rows_answer, ret_met, &result, err))
        return false;
    if (result)
        rows_to_batch(result, claim->limit, store->shape.version == 1, ret_batch);
    else
        *ret_batch = (struct batch){0};
    return true;
}

bool
store_claim(struct store *store, const struct claim *claim, struct batch *ret_batch,
            enum claim_met *ret_met, struct error *err)
{
    return claim_by(store, store->shape.claim[claims_kind(claim, 1)], claim, ret_met, ret_batch,
                    err);
}

bool
store_claim_around(struct store *store, const struct claim *claim, struct batch *ret_batch,
                   enum claim_met *ret_met, struct error *err)
{
    // It waits for no row: a lock that it meets is on the whole table.
    return claim_by(store, store->shape.claim_around[claims_kind(claim, 1)], claim, ret_met,
                    ret_batch, err) &&
           *ret_met != CLAIM_MET_LOCK;
}

// Savepoint, marks, release, when there are marks; savepoint, claim, release.
enum { AHEAD_MARK = 1, AHEAD_WRITE = 3, AHEAD_MAX = 6 };

bool
store_ahead(struct store *store, const struct message_id *marks, size_t count,
            const struct claim *claim, struct error *err)
{
    struct params marked __attribute__((cleanup(params_free))) = {0};
    struct params claimed __attribute__((cleanup(params_free))) = {0};
    const struct step steps[AHEAD_MAX] = {
        {.sql = sql_store_savepoint},
        {.sql = store->shape.settle, .params = &marked},
        {.sql = sql_store_release_savepoint},
        {.sql = sql_store_savepoint},
        {.sql = store->shape.claim[claims_kind(claim, 1)], .params = &claimed},
        {.sql = sql_store_release_savepoint},
    };
    const int first = count > 0 ? 0 : AHEAD_WRITE;

    store->ahead.marks = marks;
    store->ahead.count = count;
    store->ahead.limit = claim->limit;
    store_mark_params(marks, count, &marked);
    claims_params_of_one(&store->shape, claim, &claimed);
    return pipeline_send(&store->wire, store_patience_ms(store), steps + first,
                         (size_t)(AHEAD_MAX - first), err);
}

// The set of marks was refused, and the claim behind it was not run: each row is marked alone.
static bool
mark_apart(struct store *store, struct refusals *ret_refused, struct batch *ret_batch,
           enum claim_met *ret_met, struct error *err)
{
    *ret_batch = (struct batch){0};
    *ret_met = CLAIM_NOT_MADE;
    return store_back_to_savepoint(store, err) &&
           store_mark_apart(store, store->ahead.marks, store->ahead.count, ret_refused, err);
}

// The marks were made, or there were none: what the claim brought.
static bool
take_claim(struct store *store, const PGresult *failed, struct step *claim, struct batch *ret_batch,
           enum claim_met *ret_met, struct error *err)
{
    *ret_batch = (struct batch){0};
    *ret_met = CLAIM_MET_NOTHING;
    if (failed && !(failed == claim->result && store_claim_met(failed, ret_met)))
        return wire_fail_result(failed, err);
    if (failed)
        return store_back_to_savepoint(store, err);
    rows_to_batch(claim->result, store->ahead.limit, store->shape.version == 1, ret_batch);
    claim->result = NULL;
    return true;
}

bool
store_ahead_answers(struct store *store, struct refusals *ret_refused, struct batch *ret_batch,
                    enum claim_met *ret_met, struct error *err)
{
    struct step steps[AHEAD_MAX] = {0};
    const size_t marks = store->ahead.count,
                 count = marks > 0 ? AHEAD_MAX : AHEAD_MAX - AHEAD_WRITE;
    bool good;

    steps[count - 2].answer = &rows_answer;
    if (!pipeline_receive(&store->wire, store_patience_ms(store), steps, count, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, count);
    if (marks > 0 && failed && failed == steps[AHEAD_MARK].result &&
        sqlstate_lies_in_row(PQresultErrorField(failed, PG_DIAG_SQLSTATE)))
        good = mark_apart(store, ret_refused, ret_batch, ret_met, err);
    else
        good = take_claim(store, failed, &steps[count - 2], ret_batch, ret_met, err) &&
               (marks == 0 || store_note_unmarked(store, steps[AHEAD_MARK].result,
                                                  store->ahead.marks, marks, ret_refused, err));
    if (!good)
        batch_free(ret_batch);
    pipeline_clear(steps, count);
    return good;
}
