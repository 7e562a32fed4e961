// SPDX-License-Identifier: Apache-2.0
//
// The relay's statements, tried on rows of the table and rolled back.
//
// A trigger that raises, a rule, row security, a constraint, a publication that wants a replica
// identity, a right: each keeps a relay from its work, and the list of such things has no end. So
// the statements themselves are run, as a window runs them, deferred constraints included. The rows
// are the ones that a relay would take next, because what stops it may be in them alone.
#include "outrider/store/trial.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"
#include "store_private.h"

#include <string.h>

// Longer than most reasons that the relay writes down.
#define REASON                                                                                     \
    "outrider check tries whether a failure could be written down, and takes it back at once; a "  \
    "reason that the relay gives can be as long as this line, and longer still where a broker "    \
    "names hosts and ports: it has to fit"

// The rows that were found are held locked so long, or until the statement that runs then ends.
enum { TRIAL_MS = 5000 };

struct trying {
    struct store *store;
    const struct claim *claim;
    struct message_id ids[TRIAL_ROWS];
    size_t count;
};

typedef bool act_function(struct store *store, const struct message_id *ids, size_t count,
                          struct error *err);

static bool
begin(struct store *store, struct error *err)
{
    struct params settings __attribute__((cleanup(params_free))) = {0};
    struct step steps[] = {
        {.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {.sql = store->shape.settings, .params = &settings},
        {.sql = sql_store_inspect_slot}, // as in a window that got its slot
    };
    const size_t count = sizeof steps / sizeof steps[0];

    store_settings_params(store, &settings);
    if (!pipeline_require(&store->wire, store_patience_ms(store), steps, count, err))
        return false;
    pipeline_clear(steps, count);
    return true;
}

// A statement of ours on the rows; it must touch all of them.
static bool
change(struct store *store, const char *template, const struct message_id *ids, size_t count,
       struct error *err)
{
    AUTOFREE char *sql = names_expand(&store->names, template, NULL, 0);
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *result = NULL;

    store_mark_params(ids, count, &params);
    if (!store_run_behind_savepoint(store, sql, &params, NULL, NULL, &result, err))
        return false;
    bool all = store_changed_all(result, count, err);
    PQclear(result);
    return all;
}

// Is no row refused? Else the first one's reason. Empties the refusals.
static bool
take_first(struct refusals *refused, struct error *err)
{
    const bool none = refused->count == 0;

    if (!none)
        error_set(err, FAULT_CLUSTER, refused->list[0].why.code, "%s", refused->list[0].why.text);
    refusals_free(refused);
    return none;
}

// --- the acts; each leaves the rows as they were, unless the connection is lost

static bool
try_mark(struct store *store, const struct message_id *ids, size_t count, struct error *err)
{
    struct refusals refused = {0};
    struct error undone;
    bool good = store_mark_first(store, ids, count, &refused, err);

    good = take_first(&refused, err) && good;
    if (!store_unmark(store, &undone))
        return error_set(err, undone.fault, undone.code, "%s", undone.text);
    return good;
}

static bool
try_failure(struct store *store, const struct message_id *ids, size_t count, bool dead,
            struct error *err)
{
    struct failure failures[TRIAL_ROWS];
    struct refusals refused = {0};
    struct error undone;

    for (size_t i = 0; i < count; i++)
        failures[i] = (struct failure){.id = ids[i],
                                       .delay_ms = 1000,
                                       .dead = dead,
                                       .error_class = fault_name(FAULT_MESSAGE),
                                       .code = "TRIAL",
                                       .text = REASON};
    if (store_try_fail(store, failures, count, &refused, err))
        return take_first(&refused, err);
    refusals_free(&refused);
    if (!store_command(store, sql_store_rollback_trial, &undone))
        *err = undone;
    return false;
}

static bool
try_attempt(struct store *store, const struct message_id *ids, size_t count, struct error *err)
{
    return try_failure(store, ids, count, false, err);
}

static bool
try_death(struct store *store, const struct message_id *ids, size_t count, struct error *err)
{
    return try_failure(store, ids, count, true, err);
}

// A row is marked before it is purged.
static bool
try_purge(struct store *store, const struct message_id *ids, size_t count, struct error *err)
{
    struct refusals refused = {0};
    struct error undone;
    bool good = store_mark_first(store, ids, count, &refused, err);

    good = take_first(&refused, err) && good &&
           change(store, sql_store_trial_delete, ids, count, err) &&
           store_command(store, sql_store_check_constraints, err);

    if (!store_unmark(store, &undone))
        return error_set(err, undone.fault, undone.code, "%s", undone.text);
    return good;
}

// Or given up while an answer is still to come.
static bool
is_lost(const struct store *store)
{
    const PGTransactionStatusType status = PQtransactionStatus(store->wire.connection);

    return status == PQTRANS_UNKNOWN || status == PQTRANS_ACTIVE || status == PQTRANS_INERROR;
}

// timed_out: the server may have ended a statement because its time was over, and a row whose
// trigger says so has not taken that long.
static bool
run_act(struct trying *trying, act_function *act, size_t from, size_t count, bool *ret_timed_out,
        struct error *err)
{
    const struct mono end = mono_add_ms(mono_now(), trying->store->settings.statement_timeout_ms);
    const bool good = act(trying->store, trying->ids + from, count, err);

    *ret_timed_out = !good && mono_passed(end);
    return good;
}

static void
blame(struct trial_refusal *refusal, const struct message_id *id, const struct error *err,
      bool timed_out)
{
    if (refusal->rows++ > 0)
        return;
    refusal->first = *id;
    refusal->error = *err;
    refusal->timed_out = timed_out;
}

// Tries each row alone, while there is time, and counts those that are refused.
static void
single_out(struct trying *trying, act_function *act, struct trial_refusal *refusal)
{
    struct error err;
    bool timed_out;

    for (size_t i = 0; i < trying->count && !is_lost(trying->store); i++) {
        if (mono_passed(trying->store->trial_end)) {
            refusal->unfinished = true;
            return;
        }
        if (run_act(trying, act, i, 1, &timed_out, &err))
            refusal->passed++;
        else if (!is_lost(trying->store) && !refusal_is_of_others(err.code))
            blame(refusal, &trying->ids[i], &err, timed_out);
    }
}

static void
try_act(struct trying *trying, act_function *act, struct trial_refusal *ret_refusal)
{
    struct trial_refusal refusal = {0};

    if (is_lost(trying->store))
        return;
    if (mono_passed(trying->store->trial_end)) {
        refusal.refused = true;
        error_set(&refusal.error, FAULT_CLUSTER, "TIMEOUT", "it took longer than %d s",
                  TRIAL_MS / 1000);
    } else if (!run_act(trying, act, 0, trying->count, &refusal.timed_out, &refusal.error)) {
        const struct error why = refusal.error;
        refusal.refused = true;
        // A trigger can raise any code; what waits for a lock together does so alone too.
        const bool in_row = !is_lost(trying->store) && !refusal_is_of_others(why.code);
        if (in_row && trying->count == 1)
            blame(&refusal, trying->ids, &why, refusal.timed_out);
        else if (in_row)
            single_out(trying, act, &refusal);
    }
    *ret_refusal = refusal;
}

// --- the rows

// The ids of a claim's rows that could be locked.
static void
take_ids(struct trying *trying, const struct batch *batch, struct trial *trial)
{
    for (size_t i = 0; i < batch->count && trying->count < TRIAL_ROWS; i++) {
        const struct message *message = &batch->messages[i];
        if (message->row.taken)
            trying->ids[trying->count++] = message->row.id;
        if (message->row.unreadable && str_equal(message->outcome.code, SQLSTATE_QUERY_CANCELED)) {
            trial->slow = true;
            trial->slow_row = message->row.id;
        }
    }
}

static void
find_waiting(struct trying *trying, struct trial *trial)
{
    struct trial_refusal *refusal = &trial->acts[TRIAL_CLAIM];
    struct claim claim = *trying->claim;

    for (claim.slot = 0; claim.slot < store_slots(trying->store) && trying->count == 0 &&
                         !mono_passed(trying->store->trial_end);
         claim.slot++) {
        struct batch batch = {0};
        enum claim_met met;
        refusal->refused =
            !store_claim_around(trying->store, &claim, &batch, &met, &refusal->error);
        if (!refusal->refused && met != CLAIM_MET_NOTHING)
            refusal->refused =
                !store_claim_apart(trying->store, &claim, NULL, 0, &batch, &refusal->error);
        if (refusal->refused)
            return;
        take_ids(trying, &batch, trial);
        batch_free(&batch);
    }
}

// The row that a statement of ours gives. False: none, and why when the server refused it.
static bool
find_one(struct trying *trying, const char *template, struct error *ret_why)
{
    static const struct answer one_id = {"u", 0};
    AUTOFREE char *sql = names_expand(&trying->store->names, template, NULL, 0);
    PGresult *result = NULL;

    if (!store_run_behind_savepoint(trying->store, sql, NULL, &one_id, NULL, &result, ret_why))
        return false;
    trying->count = PQntuples(result) == 1;
    if (trying->count == 1)
        memcpy(trying->ids[0].bytes, PQgetvalue(result, 0, 0), sizeof trying->ids[0].bytes);
    PQclear(result);
    return trying->count == 1;
}

// Where the table lets no row be unpublished, only a mark is tried on it, as it is: what refuses
// that too refuses marks.
static bool
find_published(struct trying *trying, struct trial *trial)
{
    struct trial_refusal *mark = &trial->acts[TRIAL_MARK];
    struct error why;

    if (!find_one(trying, sql_store_trial_published, &why))
        return false;
    trial->upon = TRIAL_UPON_PUBLISHED;
    if (change(trying->store, sql_store_trial_unpublish, trying->ids, 1, &why))
        return true;
    mark->refused = !change(trying->store, sql_store_trial_touch, trying->ids, 1, &mark->error);
    trying->count = 0;
    return mark->refused;
}

static void
find_rows(struct trying *trying, struct trial *trial)
{
    trial->upon = TRIAL_UPON_WAITING;
    find_waiting(trying, trial);
    if (trying->count > 0 || is_lost(trying->store) || find_published(trying, trial))
        return;
    error_set(&trial->no_row, FAULT_CLUSTER, "NONE", "the table has no row to try it on");
    trial->upon = find_one(trying, sql_store_trial_insert, &trial->no_row) ? TRIAL_UPON_INSERTED
                                                                           : TRIAL_UPON_NONE;
}

static void
poll_slots(struct trying *trying, struct trial_refusal *refusal)
{
    struct claim claims[STORE_SLOTS_MAX];
    struct view views[STORE_SLOTS_MAX];
    bool found[STORE_SLOTS_MAX];

    for (int i = 0; i < store_slots(trying->store); i++) {
        claims[i] = *trying->claim;
        claims[i].slot = i;
    }
    refusal->refused = !store_poll(trying->store, claims, found, views, &refusal->error);
}

static bool
try_all(struct store *store, const struct claim *claim, bool purges, struct trial *trial,
        struct error *err)
{
    struct trying trying = {.store = store, .claim = claim};

    poll_slots(&trying, &trial->acts[TRIAL_POLL]);
    if (is_lost(store)) {
        *err = trial->acts[TRIAL_POLL].error;
        return false;
    }
    if (!begin(store, err))
        return false;
    find_rows(&trying, trial);
    trial->rows = trying.count;
    if (!trial->acts[TRIAL_MARK].refused)
        try_act(&trying, try_mark, &trial->acts[TRIAL_MARK]);
    try_act(&trying, try_attempt, &trial->acts[TRIAL_ATTEMPT]);
    try_act(&trying, try_death, &trial->acts[TRIAL_DEATH]);
    if (purges)
        try_act(&trying, try_purge, &trial->acts[TRIAL_PURGE]);
    return is_lost(store) || store_rollback(store, err); // that is an act's own failure
}

bool
store_try(struct store *store, const struct claim *claim, bool purges, struct trial *ret_trial,
          struct error *err)
{
    const enum undoing undoing = store->shape.undoing;

    *ret_trial = (struct trial){0};
    store->trial_end = mono_add_ms(mono_now(), TRIAL_MS);
    if (undoing == UNDOING_NOTHING) // a trial relies on no catalogue
        store->shape.undoing = UNDOING_AT_ONCE;
    const bool good = try_all(store, claim, purges, ret_trial, err);
    store->shape.undoing = undoing;
    store->trial_end = (struct mono){0};
    return good;
}
