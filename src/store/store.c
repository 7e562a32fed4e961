// SPDX-License-Identifier: Apache-2.0
// The outbox table in PostgreSQL: one connection, one transaction a window.
//
// The connection is in libpq's pipeline mode all the time, so that a step of several statements
// costs one round trip. Nothing outlives the transaction but the connection itself: no session
// setting (but where the session is nobody else's: arrival.h), no session lock, and named
// statements only where they cannot be missed (prepared.h), so that a pooler in transaction mode
// may stand in between.
//
// Ownership: a batch owns the result that its messages point into (see rows.c), so it can outlive
// the next claim.
#include "outrider/store/store.h"

#include "claims.h"
#include "outrider/base/xalloc.h"
#include "reach.h"
#include "rows.h"
#include "sql.h"
#include "sqlstate.h"
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

enum { PLANS_MS = 1000 }; // how old a plan gets that the server keeps

const struct answer store_id_answer = {"u", 0};

bool
store_open(const struct store_settings *settings, const atomic_bool *abort,
           struct store **ret_store, struct error *err)
{
    struct store *store = xcalloc(1, sizeof *store);

    store->settings = *settings;
    if (!names_init(&store->names, settings->table, settings->columns, err) ||
        !reach_open(settings, settings->dsn, abort, &store->wire, err))
        goto fail;
    if (!PQenterPipelineMode(store->wire.connection)) {
        wire_fail_connection(&store->wire, "CONNECT", err);
        goto fail;
    }
    if (!store_meet_server(store, err) || !store_read_shape(store, &store->shape, err))
        goto fail;
    *ret_store = store;
    return true;
fail:
    store_close(store);
    return false;
}

void
store_close(struct store *store)
{
    if (!store)
        return;
    wire_close(&store->wire);
    shape_free(&store->shape);
    names_free(&store->names);
    arrival_free(&store->arrival);
    free(store);
}

// The server forgets what it keeps of a table that is described anew: a plan for other columns can
// answer with other types, and refuses to ("cached plan must not change result type").
static bool
forget_statements(struct store *store, struct error *err)
{
    struct step forget = {.sql = "DEALLOCATE ALL"};

    if (!store->wire.prepared.wanted)
        return true;
    prepared_forget(&store->wire.prepared);
    if (!pipeline_require(&store->wire, store_patience_ms(store), &forget, 1, err))
        return false;
    pipeline_clear(&forget, 1);
    return true;
}

bool
store_refresh(struct store *store, struct error *err)
{
    struct shape shape;

    if (!forget_statements(store, err) || !store_read_shape(store, &shape, err))
        return false;
    shape_free(&store->shape);
    store->shape = shape;
    store->poll_misfit = false;
    return true;
}

int
store_version(const struct store *store)
{
    return store->shape.version;
}

int
store_slots(const struct store *store)
{
    return store->shape.slots;
}

const struct store_table *
store_table(const struct store *store)
{
    return &store->shape.table;
}

int
store_server_pid(const struct store *store)
{
    return PQbackendPID(store->wire.connection);
}

// Of sql/store/view.sql, and of heads_v1.sql and heads_v2.sql; a poll has both.
static const struct answer view_answer = {"bbllL", 1}, heads_answer = {"lllL", 1};

// Reads a row of sql/store/view.sql, or the same columns of a poll. Their first column differs and
// is the caller's.
static void
read_view(const PGresult *result, int row, struct view *view)
{
    enum { CHANGED = 1, XMIN, XMAX };

    view->changed = PQgetvalue(result, row, CHANGED)[0] != 0;
    view->xmin = (uint64_t)wire_int8(PQgetvalue(result, row, XMIN));
    view->xmax = (uint64_t)wire_int8(PQgetvalue(result, row, XMAX));
}

// Reads what a window's view has beyond a poll's.
static void
read_last_number(const PGresult *result, struct view *view)
{
    enum { LAST_NUMBER = 4 };

    view->last_number = PQgetisnull(result, 0, LAST_NUMBER)
                            ? INT64_MAX
                            : wire_int8(PQgetvalue(result, 0, LAST_NUMBER));
}

// Reads the columns of sql/store/heads_v2.sql, which begin at `first`.
static void
read_heads(const PGresult *result, int row, int first, struct view *view)
{
    enum { COUNT, LOWEST, MIX, DUE };

    view->heads.count = wire_int8(PQgetvalue(result, row, first + COUNT));
    view->heads.lowest = wire_int8(PQgetvalue(result, row, first + LOWEST));
    view->heads.mix = wire_int8(PQgetvalue(result, row, first + MIX));
    view->due = !PQgetisnull(result, row, first + DUE);
    if (view->due)
        view->due_after.major = wire_int8(PQgetvalue(result, row, first + DUE)) - 1;
}

// Gives the claim's result to the batch.
static void
take_batch(struct store *store, struct step *step, int limit, struct batch *ret_batch)
{
    rows_to_batch(step->result, limit, store->shape.version == 1, ret_batch);
    step->result = NULL;
}

bool
store_command(struct store *store, const char *sql, struct error *err)
{
    struct step step = {.sql = sql};
    bool good = pipeline_require(&store->wire, store_patience_ms(store), &step, 1, err);

    pipeline_clear(&step, good ? 1 : 0);
    return good;
}

bool
store_ask(struct store *store, const char *sql, const struct params *params,
          const struct answer *answer, PGresult **ret_result, struct error *err)
{
    enum { LIMITS, QUESTION, COUNT };
    struct params limits __attribute__((cleanup(params_free))) = {0};
    struct step steps[COUNT] = {
        [LIMITS] = store_poll_settings(store, &limits),
        [QUESTION] = {.sql = sql, .params = params, .answer = answer},
    };
    const size_t first = store->arrival.own ? QUESTION : LIMITS;

    if (!pipeline_require(&store->wire, store_patience_ms(store), steps + first, COUNT - first,
                          err))
        return false;
    *ret_result = steps[QUESTION].result;
    steps[QUESTION].result = NULL;
    pipeline_clear(steps + first, COUNT - first);
    return true;
}

bool
store_back_to_savepoint(struct store *store, struct error *err)
{
    struct step steps[] = {{.sql = sql_store_rollback_to_savepoint},
                           {.sql = sql_store_release_savepoint}};
    bool good = pipeline_require(&store->wire, store_patience_ms(store), steps, 2, err);

    pipeline_clear(steps, good ? 2 : 0);
    return good;
}

// Plans that the server keeps were made for the table as it was then: for an empty one any index is
// as good as any other. When their time has come, a last step lets the server forget them; gives
// how many steps that is, 0 or 1. Windows do so, for the queue grows only where there are some; a
// poll does not.
static size_t
plan_anew(struct store *store, struct step *step)
{
    if (!store->wire.prepared.wanted || !mono_passed(store->plans_end))
        return 0;
    store->plans_end = mono_add_ms(mono_now(), PLANS_MS);
    *step = (struct step){.sql = "DISCARD PLANS"};
    return 1;
}

// What store_begin makes of the answers: BEGIN, settings, view, heads, savepoint, claim, release.
static bool
judge_begin(struct store *store, const struct claim *claim, bool wait_for_slot, struct step *steps,
            struct view *ret_view, struct batch *ret_batch, enum claim_met *ret_met,
            struct error *err)
{
    enum { VIEW = 2, HEADS, CLAIM = 5, COUNT = 7 };
    const PGresult *failed = pipeline_failed(steps, COUNT);

    if (PQresultStatus(steps[VIEW].result) == PGRES_TUPLES_OK) {
        ret_view->active = PQgetvalue(steps[VIEW].result, 0, 0)[0] != 0;
        read_view(steps[VIEW].result, 0, ret_view);
        read_last_number(steps[VIEW].result, ret_view);
    }
    if (ret_view->changed || store_is_misfit(&store->misfit, failed)) {
        ret_view->changed = true; // whatever the statements behind the view made of it
        return true;
    }
    if (failed == steps[VIEW].result && wait_for_slot &&
        sqlstate_is(failed, SQLSTATE_LOCK_NOT_AVAILABLE))
        return true; // still another's slot
    if (failed && !(failed == steps[CLAIM].result && store_claim_met(failed, ret_met)))
        return wire_fail_result(failed, err);
    read_heads(steps[HEADS].result, 0, 0, ret_view);
    store->misfit = false;
    if (failed)
        return store_back_to_savepoint(store, err);
    if (ret_view->active)
        take_batch(store, &steps[CLAIM], claim->limit, ret_batch);
    return true;
}

// One try of store_begin. The waiting rows are looked at with the topics that are blocked, or
// (plain_heads) without.
static bool
begin(struct store *store, const struct claim *claim, bool wait_for_slot, bool plain_heads,
      struct view *ret_view, struct batch *ret_batch, enum claim_met *ret_met, bool *ret_heads,
      struct error *err)
{
    const struct shape *shape = &store->shape;
    const enum claim_kind kind = claims_kind(claim, 1);
    struct params settings __attribute__((cleanup(params_free))) = {0};
    struct params slot __attribute__((cleanup(params_free))) = {0};
    struct params claimed __attribute__((cleanup(params_free))) = {0};
    struct step steps[] = {
        {.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {.sql = shape->settings, .params = &settings},
        {.sql = wait_for_slot ? shape->view_waiting_for_slot : shape->view,
         .params = &slot,
         .answer = &view_answer},
        {.sql = shape->heads[plain_heads ? CLAIM_PLAIN : kind],
         .params = &claimed,
         .answer = &heads_answer},
        {.sql = sql_store_savepoint},
        {.sql = shape->claim[kind], .params = &claimed, .answer = &rows_answer},
        {.sql = sql_store_release_savepoint},
        {.sql = NULL},
    };
    const size_t last = sizeof steps / sizeof steps[0] - 1;
    const size_t count = last + plan_anew(store, &steps[last]);

    store_settings_params(store, &settings);
    params_int4(&slot, claim->slot);
    claims_params_of_one(&store->shape, claim, &claimed);
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, count, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, count);
    *ret_heads = failed && failed == steps[3].result &&
                 sqlstate_lies_in_data(PQresultErrorField(failed, PG_DIAG_SQLSTATE));
    bool good = judge_begin(store, claim, wait_for_slot, steps, ret_view, ret_batch, ret_met, err);
    pipeline_clear(steps, count);
    return good;
}

// A waiting row whose topic cannot be read makes a look at blocked topics fail. Without that look
// it seems to be due when its topic is blocked, which costs a claim and nothing else.
bool
store_begin(struct store *store, const struct claim *claim, bool wait_for_slot,
            struct view *ret_view, struct batch *ret_batch, enum claim_met *ret_met,
            struct error *err)
{
    struct view view = {0};
    struct batch batch = {0};
    bool heads = false;

    *ret_met = CLAIM_MET_NOTHING;
    store->tried = store->hurried = false;
    if (!begin(store, claim, wait_for_slot, false, &view, &batch, ret_met, &heads, err) &&
        !(heads && store_rollback(store, err) &&
          begin(store, claim, wait_for_slot, true, &view, &batch, ret_met, &heads, err)))
        return false;
    *ret_view = view;
    *ret_batch = batch;
    return true;
}

void
store_wait_longer(struct store *store, bool longer)
{
    store->longer = longer;
}

bool
store_clock_ahead(struct store *store, int64_t *ret_ahead_us, struct error *err)
{
    static const struct answer clock = {"l", 1};
    const struct params none = {0};
    PGresult *result = NULL;
    const int64_t before_us = wall_us();

    if (!store_run_behind_savepoint(store, sql_store_inspect_clock, &none, &clock, NULL, &result,
                                    err))
        return false;
    const int64_t after_us = wall_us();
    *ret_ahead_us = wall_ahead_us(before_us, wire_int8(PQgetvalue(result, 0, 0)), after_us);
    PQclear(result);
    return true;
}

static bool
end_transaction(struct store *store, const char *sql, struct error *err)
{
    struct step step = {.sql = sql};

    if (!pipeline_require(&store->wire, store_patience_ms(store), &step, 1, err))
        return false;
    // COMMIT in a failed transaction is answered by ROLLBACK, and is no error to the server.
    bool kept = strcmp(PQcmdStatus(step.result), sql) == 0;
    pipeline_clear(&step, 1);
    return kept || error_set(err, FAULT_CLUSTER, "ROLLBACK",
                             "PostgreSQL rolled the window back instead of committing it");
}

bool
store_commit(struct store *store, struct error *err)
{
    return end_transaction(store, "COMMIT", err);
}

bool
store_rollback(struct store *store, struct error *err)
{
    return end_transaction(store, "ROLLBACK", err);
}

bool
store_poll(struct store *store, const struct claim *claims, bool *ret_found, struct view *ret_views,
           struct error *err)
{
    enum { LIMITS, POLL, COUNT };
    const int count = store->shape.slots;
    const int first = store->arrival.own ? POLL : LIMITS;
    const struct answer polled = {"bblllllL", count};
    struct params limits __attribute__((cleanup(params_free))) = {0};
    struct params params __attribute__((cleanup(params_free))) = {0};
    struct step steps[COUNT] = {
        [LIMITS] = store_poll_settings(store, &limits),
        [POLL] = {.sql = store->shape.poll[claims_kind(claims, count)],
                  .params = &params,
                  .answer = &polled},
    };

    if (count > 1)
        claims_params_of_all(claims, count, &params);
    else
        claims_params_of_one(&store->shape, claims, &params);
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps + first,
                      (size_t)(COUNT - first), err))
        return false;
    const PGresult *failed = pipeline_failed(steps + first, (size_t)(COUNT - first));
    const bool misfit = failed && store_is_misfit(&store->poll_misfit, failed);
    const bool unreadable =
        failed && sqlstate_lies_in_data(PQresultErrorField(failed, PG_DIAG_SQLSTATE));
    if (failed && !misfit && !unreadable)
        wire_fail_result(failed, err);
    store->poll_misfit &= failed != NULL;
    for (int i = 0; i < count && failed; i++) {
        ret_views[i] = (struct view){.changed = misfit};
        ret_found[i] = true; // the window that follows finds out more
    }
    for (int i = 0; i < count && !failed; i++) {
        const PGresult *seen = steps[POLL].result;
        ret_views[i] = (struct view){0};
        ret_found[i] = PQgetvalue(seen, i, 0)[0] != 0;
        read_view(seen, i, &ret_views[i]);
        read_heads(seen, i, 4, &ret_views[i]);
    }
    pipeline_clear(steps + first, (size_t)(COUNT - first));
    return !failed || misfit || unreadable;
}
