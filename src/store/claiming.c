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

// The marks, when there are any; savepoint, claim, release.
enum { AHEAD_CLAIM = 3, AHEAD_MAX = MARK_STEPS_MAX + AHEAD_CLAIM };

bool
store_ahead(struct store *store, const struct message_id *marks, size_t count,
            const struct claim *claim, struct error *err)
{
    struct params marked __attribute__((cleanup(params_free))) = {0};
    struct params claimed __attribute__((cleanup(params_free))) = {0};
    struct step steps[AHEAD_MAX];
    size_t steps_count = count > 0 ? store_mark_steps(store, &marked, steps) : 0;

    steps[steps_count++] = (struct step){.sql = sql_store_savepoint};
    steps[steps_count++] =
        (struct step){.sql = store->shape.claim[claims_kind(claim, 1)], .params = &claimed};
    steps[steps_count++] = (struct step){.sql = sql_store_release_savepoint};
    store->ahead.marks = marks;
    store->ahead.count = count;
    store->ahead.limit = claim->limit;
    store_mark_params(marks, count, &marked);
    claims_params_of_one(&store->shape, claim, &claimed);
    return pipeline_send(&store->wire, store_patience_ms(store), steps, steps_count, err);
}

// Takes the batch that a claim brought, or what the claim met. steps: the claim's three.
static bool
take_claim(struct store *store, struct step *steps, struct batch *ret_batch,
           enum claim_met *ret_met, struct error *err)
{
    const PGresult *failed = pipeline_failed(steps, AHEAD_CLAIM);
    struct step *claim = &steps[1];

    if (failed && !(failed == claim->result && store_claim_met(failed, ret_met)))
        return wire_fail_result(failed, err);
    if (failed)
        return store_back_to_savepoint(store, err);
    rows_to_batch(claim->result, store->ahead.limit, store->shape.version == 1, ret_batch);
    claim->result = NULL;
    return true;
}

// The server does not run a claim behind marks that it refuses.
bool
store_ahead_answers(struct store *store, struct refusals *ret_refused, struct batch *ret_batch,
                    enum claim_met *ret_met, struct error *err)
{
    struct step steps[AHEAD_MAX] = {0};
    const struct message_id *ids = store->ahead.marks;
    const size_t rows = store->ahead.count;
    const size_t marks = rows > 0 ? store_mark_steps(store, NULL, steps) : 0;

    steps[marks + 1].answer = &rows_answer;
    if (!pipeline_receive(&store->wire, store_patience_ms(store), steps, marks + AHEAD_CLAIM, err))
        return false;
    const bool made = !pipeline_failed(steps, marks);
    *ret_batch = (struct batch){0};
    *ret_met = made ? CLAIM_MET_NOTHING : CLAIM_NOT_MADE;
    const bool good =
        (!made || take_claim(store, steps + marks, ret_batch, ret_met, err)) &&
        (marks == 0 || store_judge_mark(store, steps, marks, ids, rows, ret_refused, err));
    if (!good)
        batch_free(ret_batch);
    pipeline_clear(steps, marks + AHEAD_CLAIM);
    return good;
}
