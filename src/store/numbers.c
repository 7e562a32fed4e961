// SPDX-License-Identifier: Apache-2.0
// Rows that no claim comes upon, because a writer or a hand has left them without a usable number.
//
// A claim reads the queue behind a position. A row whose seq is NULL has no place in it, and one
// with the lowest number of all lies behind no position. Such a row is given a number as if it were
// new, in a transaction of its own between two windows; what refuses that costs no other row
// anything.
//
// The rows are tried in sets. A set that is refused is tried again as smaller ones, down to the row
// that is refused alone, and behind it sets grow again. When rows are left that could not be
// numbered, the next ones are read in the order of ids, and the store remembers where it stopped.
#include "outrider/base/xalloc.h"
#include "outrider/model/refusals.h"
#include "sql.h"
#include "sqlstate.h"
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    SET_MOST = 1000,   // rows of a transaction
    LIST_MOST = 10000, // rows of a call
    CALL_MS = 1000,    // no set is begun after that, before the lane sends something again
};

// A set that was tried.
struct attempt {
    const struct message_id *ids;
    size_t count;
    int64_t numbered;
    struct message_id first; // of the refused
    size_t refused;
    struct error why;
    bool split;   // it was refused as a whole, and smaller sets are to tell for which row
    bool changed; // the table was, or schema apply is at work: it was not tried at all
};

const char *
store_renumbering(const struct store *store)
{
    return store->shape.renumber;
}

// A question whose failure can be the table's: a policy that raises for a row, a damaged row. Then
// it is true, and ret_result is NULL. False: the session is lost, or gives no sensible answer.
static bool
ask(struct store *store, const char *sql, const struct params *params, PGresult **ret_result,
    struct error *ret_refused, struct error *err)
{
    *ret_result = NULL;
    if (store_ask(store, sql, params, &store_id_answer, ret_result, err))
        return true;
    if (PQtransactionStatus(store->wire.connection) != PQTRANS_IDLE ||
        str_equal(err->code, "ANSWER"))
        return false;
    *ret_refused = *err;
    return true;
}

static bool
ask_of(struct store *store, const char *sql, const struct message_id *ids, size_t count,
       PGresult **ret_result, struct error *ret_refused, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};

    store_mark_params(ids, count, &params);
    return ask(store, sql, &params, ret_result, ret_refused, err);
}

static struct message_id
id_of(const PGresult *result, int row)
{
    struct message_id id;

    memcpy(id.bytes, PQgetvalue(result, row, 0), sizeof id.bytes);
    return id;
}

static bool
has(const PGresult *result, const struct message_id *id)
{
    for (int i = 0; i < PQntuples(result); i++)
        if (memcmp(PQgetvalue(result, i, 0), id->bytes, sizeof id->bytes) == 0)
            return true;
    return false;
}

static void
refuse(struct attempt *attempt, const struct message_id *id, const struct error *why)
{
    if (attempt->refused++ > 0)
        return;
    attempt->first = *id;
    attempt->why = *why;
}

// The set was refused; a row alone is the refused one.
static void
refuse_set(struct attempt *attempt, const struct error *why)
{
    if (attempt->count == 1) {
        refuse(attempt, attempt->ids, why);
        return;
    }
    attempt->split = true;
    attempt->why = *why;
}

// The transaction. ret_locked: the rows that it could lock, the caller's to clear; NULL when the
// server refused something, which is undone. ret_changed: how many the UPDATE counts.
static bool
number(struct store *store, struct attempt *attempt, PGresult **ret_locked, size_t *ret_changed,
       struct error *err)
{
    enum { LOCK = 2, UNCHANGED, NUMBER, COUNT = 6 };
    static const struct answer unchanged = {"b", 1};
    struct params settings __attribute__((cleanup(params_free))) = {0};
    struct params ids __attribute__((cleanup(params_free))) = {0};
    struct step steps[COUNT] = {
        {.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {.sql = store->shape.settings, .params = &settings},
        {.sql = store->shape.lost_lock, .params = &ids, .answer = &store_id_answer},
        {.sql = store->shape.lost_unchanged, .answer = &unchanged},
        {.sql = store->shape.lost_number, .params = &ids},
        {.sql = "COMMIT"},
    };
    struct error refused;

    store_settings_params(store, &settings);
    store_mark_params(attempt->ids, attempt->count, &ids);
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, COUNT, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, COUNT);
    if (failed) {
        wire_fail_result(failed, &refused);
        refuse_set(attempt, &refused);
    } else {
        attempt->changed = !PQgetvalue(steps[UNCHANGED].result, 0, 0)[0];
        *ret_changed = strtoul(PQcmdTuples(steps[NUMBER].result), NULL, 10);
        *ret_locked = steps[LOCK].result;
        steps[LOCK].result = NULL;
    }
    pipeline_clear(steps, COUNT);
    return !failed || store_rollback(store, err);
}

static void
refuse_short(struct attempt *attempt, const struct message_id *id, size_t count, size_t of)
{
    struct error why;

    error_set(&why, FAULT_CLUSTER, "SHORT",
              "%zu of %zu rows were left out when they were to get a number: a trigger, a rule or "
              "row security of the table keeps outrider from them",
              count, of);
    refuse(attempt, id, &why);
}

// Rows that could not be locked: another session holds them locked, and they have their turn later,
// or row security hides them from an UPDATE.
static bool
judge_unlocked(struct store *store, struct attempt *attempt, const struct message_id *ids,
               size_t count, struct error *err)
{
    struct error refused = {0};
    PGresult *lockable = NULL, *lost = NULL;

    if (!ask_of(store, store->shape.lost_lockable, ids, count, &lockable, &refused, err))
        return false;
    // Numbered meanwhile, by another lane? Asked last, so that no such row counts as hidden.
    if (lockable && (size_t)PQntuples(lockable) < count &&
        !ask_of(store, store->shape.still_lost, ids, count, &lost, &refused, err)) {
        PQclear(lockable);
        return false;
    }
    const bool held = str_equal(refused.code, SQLSTATE_LOCK_NOT_AVAILABLE);
    if (*refused.code != '\0' && !(held && attempt->count == 1))
        refuse_set(attempt, &refused);
    for (int i = 0; lost && i < PQntuples(lost); i++) {
        const struct message_id id = id_of(lost, i);
        if (!has(lockable, &id))
            refuse_short(attempt, &id, count, attempt->count);
    }
    PQclear(lockable);
    PQclear(lost);
    return true;
}

// lost: rows of the set that have no number yet. A trigger can have given the old one back, with
// the statement or with COMMIT.
static bool
judge_lost(struct store *store, struct attempt *attempt, const PGresult *locked, size_t changed,
           const PGresult *lost, struct error *err)
{
    const size_t tried = (size_t)PQntuples(locked);
    AUTOFREE struct message_id *unlocked = xcalloc((size_t)PQntuples(lost) + 1, sizeof *unlocked);
    size_t unlocked_count = 0, refused = 0;
    struct error why;

    for (int i = 0; i < PQntuples(lost); i++) {
        const struct message_id id = id_of(lost, i);
        if (has(locked, &id))
            refused++;
        else
            unlocked[unlocked_count++] = id;
    }
    attempt->numbered = (int64_t)(tried - refused);
    error_set(&why, FAULT_CLUSTER, "UNDONE",
              "%zu of %zu rows have no usable number after they got one: a trigger of the table "
              "undoes that",
              refused, tried);
    for (int i = 0; i < PQntuples(lost); i++) {
        const struct message_id id = id_of(lost, i);
        if (has(locked, &id) && changed < tried)
            refuse_short(attempt, &id, tried - changed, tried);
        else if (has(locked, &id))
            refuse(attempt, &id, &why);
    }
    return unlocked_count == 0 || judge_unlocked(store, attempt, unlocked, unlocked_count, err);
}

static bool
try_set(struct store *store, struct attempt *attempt, struct error *err)
{
    struct error refused = {0};
    PGresult *locked = NULL, *lost = NULL;
    size_t changed = 0;

    if (!number(store, attempt, &locked, &changed, err))
        return false;
    bool good = true;
    if (locked && !attempt->changed) {
        good = ask_of(store, store->shape.still_lost, attempt->ids, attempt->count, &lost, &refused,
                      err);
        if (good && !lost)
            refuse_set(attempt, &refused);
        else if (good)
            good = judge_lost(store, attempt, locked, changed, lost, err);
    }
    PQclear(locked);
    PQclear(lost);
    return good;
}

// --- a round: each row has its turn

static void
note(struct numbering *round, const struct attempt *attempt)
{
    if (attempt->refused == 0)
        return;
    if (round->refused == 0) {
        round->first = attempt->first;
        round->why = attempt->why;
    }
    round->refused += (int64_t)attempt->refused;
}

// Tries the rows of a list in sets. ret_done: how many had their turn.
static bool
walk(struct store *store, const PGresult *list, struct mono end, size_t *ret_done,
     struct error *err)
{
    struct numbering *round = &store->lost.round;
    const size_t count = (size_t)PQntuples(list);
    AUTOFREE struct message_id *ids = xcalloc(count + 1, sizeof *ids);
    size_t done = 0;

    for (size_t i = 0; i < count; i++)
        ids[i] = id_of(list, (int)i);
    for (bool first = true; done < count && (first || !mono_passed(end)); first = false) {
        const size_t most = store->lost.set == 0 ? SET_MOST : store->lost.set;
        struct attempt attempt = {.ids = ids + done,
                                  .count = most < count - done ? most : count - done};
        if (!try_set(store, &attempt, err))
            return false;
        round->rows += attempt.numbered;
        if (attempt.changed)
            break;
        if (attempt.split) { // a slow row costs its time once more, and not at each level
            store->lost.set =
                str_equal(attempt.why.code, SQLSTATE_QUERY_CANCELED) ? 1 : (attempt.count + 1) / 2;
            if (round->refused == 0 && !refusal_is_of_others(attempt.why.code))
                round->why = attempt.why;
            continue;
        }
        if (round->refused == 0) // what a larger set was refused for has passed
            round->why = (struct error){0};
        note(round, &attempt);
        done += attempt.count;
        store->lost.set = 2 * most < SET_MOST ? 2 * most : SET_MOST;
    }
    *ret_done = done;
    return true;
}

static struct message_id
id_behind(struct message_id id)
{
    for (size_t i = sizeof id.bytes; i-- > 0 && ++id.bytes[i] == 0;)
        ;
    return id;
}

// The next rows. They are read as they come while all can be numbered.
static bool
list_lost(struct store *store, PGresult **ret_list, struct error *ret_refused, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};

    params_int8(&params, LIST_MOST, TYPE_INT8);
    if (store->lost.by_id)
        params_uuid(&params, &store->lost.next);
    return ask(store, store->lost.by_id ? store->shape.lost_behind : store->shape.lost_some,
               &params, ret_list, ret_refused, err);
}

// A table that is being changed, or that somebody has locked, is the next window's to find out;
// when the question fails again, it is told.
static void
judge_unlisted(struct store *store, const struct error *refused)
{
    const bool passing = refusal_is_of_others(refused->code) || misfit_lies_in(refused->code);

    store->lost.by_id = false; // one that took too long reads less then
    store->lost.round = (struct numbering){.over = !passing || store->lost.doubted};
    if (store->lost.round.over)
        store->lost.round.why = *refused;
    store->lost.doubted = true;
}

// Where the next call begins.
static void
move_on(struct store *store, const PGresult *list, size_t done)
{
    struct lost *lost = &store->lost;
    const bool all = done == (size_t)PQntuples(list) && done < LIST_MOST;

    lost->doubted = false;
    lost->round.over = all;
    if (!lost->by_id) {
        lost->by_id = !all && lost->round.rows < (int64_t)done;
        lost->next = (struct message_id){0};
    } else if (all) {
        lost->by_id = lost->round.refused > 0;
        lost->next = (struct message_id){0};
    } else if (done > 0) {
        lost->next = id_behind(id_of(list, (int)done - 1));
    }
}

bool
store_number_rows(struct store *store, struct numbering *ret_round, struct error *err)
{
    const struct mono end = mono_add_ms(mono_now(), CALL_MS);
    struct numbering *round = &store->lost.round;
    struct error refused = {0};
    PGresult *list;
    size_t done = 0;

    *ret_round = (struct numbering){.over = true};
    if (!store->shape.lost_some)
        return true;
    if (round->over)
        *round = (struct numbering){0};
    round->rows = 0;
    if (round->refused == 0)
        round->why = (struct error){0};
    if (!list_lost(store, &list, &refused, err))
        return false;
    if (!list) {
        judge_unlisted(store, &refused);
    } else {
        const bool good = walk(store, list, end, &done, err);
        if (good)
            move_on(store, list, done);
        PQclear(list);
        if (!good)
            return false;
    }
    *ret_round = *round;
    return true;
}
