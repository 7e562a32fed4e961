// SPDX-License-Identifier: Apache-2.0
// What a window writes: rows that are done, rows that failed.
//
// Each write is one set (write.h). A set that PostgreSQL refuses is halved, down to the rows that
// are refused alone: the others are written. When it seems that none can be, a few others are
// tried, and if these are refused too, the rest is left for another time. So it is when the halving
// takes long.
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"
#include "write.h"

#include <stdlib.h>
#include <string.h>

// The ids of an answer. Caller frees.
static struct message_id *
read_ids(const PGresult *result, size_t *ret_count)
{
    const size_t count = (size_t)PQntuples(result);
    struct message_id *ids = xcalloc(count + 1, sizeof *ids);

    for (size_t i = 0; i < count; i++)
        memcpy(ids[i].bytes, PQgetvalue(result, (int)i, 0), sizeof ids[i].bytes);
    *ret_count = count;
    return ids;
}

// A write that is halved, while it is.
struct halving {
    const struct write *write;
    size_t count;    // rows of it
    size_t written;  // of these
    bool sampled;    // some rows that were still to come were tried, because none was written
    bool hopeless;   // and none of them was written either
    struct mono end; // then the rest is left for another time; zeroed: no set was taken apart yet
    struct refusals *refused;
};

// Did the statement leave the row out, or a trigger undo what it wrote?
static bool
is_own_code(const char *code)
{
    return str_equal(code, "SHORT") || str_equal(code, "UNDONE");
}

// Can the server's state, or another session, be the reason as well as a row?
static bool
is_doubtful(const char *code)
{
    return refusal_is_of_others(code) || (!is_own_code(code) && !sqlstate_lies_in_row(code));
}

// A failure whose text its column, or a constraint on it, does not take is written with its code.
static bool
write_alone(struct store *store, struct halving *halving, size_t i, struct error *why,
            struct error *err)
{
    struct write by_code = *halving->write;
    bool refused = true;
    struct error second;

    by_code.by_code = true;
    if (by_code.failures && !is_doubtful(why->code) &&
        !write_set(store, &by_code, i, 1, &refused, &second)) {
        *err = second;
        return false;
    }
    halving->written += !refused;
    if (refused) {
        if (!is_doubtful(why->code))
            why->fault = FAULT_MESSAGE;
        refusals_add(halving->refused, write_id(halving->write, i), why, true);
    }
    return true;
}

// When no row is written, and so many are refused, a few others tell whether any can be: a table
// that refuses every row is not halved to its end. Where a refusal takes time, the first one is
// enough, and fewer are tried: each may wait for another session, or (57014) take as long as a
// statement may, which one try has to do for.
enum { REFUSED_ENOUGH = 8, SAMPLE = 32, SAMPLE_SLOW = 4 };

// What a refused try costs, of SAMPLE_SLOW. A full disk (53, 58) takes single rows now and then: a
// few tries are enough, or all others would wait in memory when there is room again.
static int
cost_of(const char *code)
{
    if (str_equal(code, SQLSTATE_QUERY_CANCELED))
        return SAMPLE_SLOW;
    return refusal_is_of_others(code) || str_starts_with(code, "53") || str_starts_with(code, "58");
}

// A trial of all acts ends in time (trial.c), whatever it has found out by then.
static bool
is_out_of_time(const struct store *store)
{
    return store->trial_end.ns != 0 && mono_passed(store->trial_end);
}

static bool
is_over(const struct store *store, const struct halving *halving)
{
    return is_out_of_time(store) || (halving->end.ns != 0 && mono_passed(halving->end));
}

// Tries rows, each alone, until one is written, and takes it back: first, first + step, ...
// ret_found: that row's id; NULL: none.
static bool
find_writable(struct store *store, const struct write *write, size_t first, size_t step,
              size_t count, const struct message_id **ret_found, struct error *err)
{
    struct error why;
    bool refused;
    int tries = 0;

    *ret_found = NULL;
    if (!store_command(store, sql_store_savepoint, err))
        return false;
    for (size_t i = first;
         i < count && !*ret_found && tries < SAMPLE_SLOW && !is_out_of_time(store); i += step) {
        if (!write_set(store, write, i, 1, &refused, &why)) {
            *err = why;
            return false;
        }
        if (!refused)
            *ret_found = write_id(write, i);
        else
            tries += cost_of(why.code);
    }
    return store_back_to_savepoint(store, err);
}

// The other rows that wait, locked. Caller frees.
static bool
list_others(struct store *store, const struct refusals *refused, struct message_id **ret_ids,
            size_t *ret_count, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *result = NULL;

    write_id_params(&refused->list->id, sizeof *refused->list, refused->count, &params);
    params_uuid(&params, &store->markable);
    if (!store_run_behind_savepoint(store, store->shape.others, &params, &store_id_answer, NULL,
                                    &result, err))
        return false;
    *ret_ids = read_ids(result, ret_count);
    PQclear(result);
    return true;
}

bool
store_try_mark(struct store *store, const struct refusals *refused, enum mark_trial *ret_trial,
               struct error *err)
{
    AUTOFREE struct message_id *ids = NULL;
    const struct message_id *found;
    size_t count;

    *ret_trial = store->trial;
    if (store->tried)
        return true;
    if (!store_command(store, sql_store_savepoint_trial, err) ||
        !list_others(store, refused, &ids, &count, err))
        return false;
    struct write write = write_of_marks(store, ids);
    write.constraints = true;
    if (!find_writable(store, &write, 0, 1, count, &found, err) ||
        !store_command(store, sql_store_rollback_trial, err))
        return false;
    if (found)
        store->markable = *found;
    *ret_trial = count == 0 ? MARK_TRIAL_NONE : found ? MARK_TRIAL_GOOD : MARK_TRIAL_REFUSED;
    store->trial = *ret_trial;
    store->tried = true;
    return true;
}

// Some of the rows from `from` on, and when these are marks some that are not in the set: can any
// be written?
static bool
try_some(struct store *store, const struct halving *halving, size_t from, size_t sample,
         bool *ret_any, struct error *err)
{
    const struct message_id *found;
    enum mark_trial trial = MARK_TRIAL_NONE;

    if (!find_writable(store, halving->write, from, (halving->count - from) / sample + 1,
                       halving->count, &found, err))
        return false;
    if (found && halving->write->ids)
        store->markable = *found;
    if (!found && halving->write->ids && !store_try_mark(store, halving->refused, &trial, err))
        return false;
    *ret_any = found || trial == MARK_TRIAL_GOOD;
    return true;
}

// Decides whether the rows from `from` on are left for another time, of which a set was refused.
static bool
look_ahead(struct store *store, struct halving *halving, size_t from, const struct error *why,
           struct error *err)
{
    const bool slow = cost_of(why->code) > 0;
    bool any;

    if (halving->sampled || halving->written > 0 ||
        halving->refused->count < (slow ? 0 : REFUSED_ENOUGH))
        return true;
    if (!try_some(store, halving, from, slow ? SAMPLE_SLOW : SAMPLE, &any, err))
        return false;
    halving->sampled = true;
    halving->hopeless = !any;
    return true;
}

static void
refuse_all(const struct halving *halving, size_t from, size_t count, const struct error *why)
{
    for (size_t i = from; i < from + count; i++)
        refusals_add(halving->refused, write_id(halving->write, i), why, false);
}

static bool write_apart(struct store *store, struct halving *halving, size_t from, size_t count,
                        size_t part, struct error *err);

// Takes a set apart that was refused: into halves, or, where a refusal takes time, into rows, so
// that each costs its time once and not at each level.
static bool
take_apart(struct store *store, struct halving *halving, size_t from, size_t count,
           struct error *why, struct error *err)
{
    if (count == 1)
        return write_alone(store, halving, from, why, err);
    if (!look_ahead(store, halving, from, why, err))
        return false;
    if (is_over(store, halving) || (halving->hopeless && halving->written == 0)) {
        refuse_all(halving, from, count, why);
        return true;
    }
    if (halving->end.ns == 0)
        halving->end = mono_add_ms(mono_now(), store->settings.statement_timeout_ms);
    return write_apart(store, halving, from, count, cost_of(why->code) > 0 ? 1 : (count + 1) / 2,
                       err);
}

// Writes what can be of a set.
static bool
write_some(struct store *store, struct halving *halving, size_t from, size_t count,
           struct error *err)
{
    struct error why;
    bool refused;

    if (!write_set(store, halving->write, from, count, &refused, &why)) {
        *err = why;
        return false;
    }
    if (refused)
        return take_apart(store, halving, from, count, &why, err);
    halving->written += count;
    return true;
}

// What is left when the time is over is tried as one set.
static bool
write_apart(struct store *store, struct halving *halving, size_t from, size_t count, size_t part,
            struct error *err)
{
    for (size_t i = 0, next; i < count; i = next) {
        next = i + part < count && !is_over(store, halving) ? i + part : count;
        if (!write_some(store, halving, from + i, next - i, err))
            return false;
    }
    return true;
}

// why: the set was tried, and refused for this; NULL: it was not tried yet.
static bool
write_rows(struct store *store, const struct write *write, size_t count, struct error *why,
           struct refusals *ret_refused, struct error *err)
{
    struct halving halving = {.write = write, .count = count, .refused = ret_refused};
    const bool good = count == 0 || (why ? take_apart(store, &halving, 0, count, why, err)
                                         : write_some(store, &halving, 0, count, err));

    refusals_sort(ret_refused);
    return good;
}

static int
compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct message_id));
}

// Adds the rows of a set that are not marked. undone: as of write_is_whole.
static bool
note_unmarked(struct store *store, const struct write *write, const PGresult *marked,
              const PGresult *undone, size_t count, struct refusals *ret_refused, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *queried = NULL;
    struct error why;

    if (write_is_whole(write, marked, undone, count, &why))
        return true;
    if (str_equal(why.code, "SHARED_ID")) {
        *err = why;
        return false;
    }
    store_mark_params(write->ids, count, &params);
    if (!undone && !store_run_behind_savepoint(store, write->look, &params, &store_id_answer, NULL,
                                               &queried, err))
        return false;
    size_t listed_count;
    AUTOFREE struct message_id *listed = read_ids(undone ? undone : queried, &listed_count);
    PQclear(queried);
    qsort(listed, listed_count, sizeof *listed, compare_ids);
    why.fault = FAULT_MESSAGE;
    for (size_t i = 0; i < count; i++)
        if (bsearch(&write->ids[i], listed, listed_count, sizeof *listed, compare_ids))
            refusals_add(ret_refused, &write->ids[i], &why, true);
    refusals_sort(ret_refused);
    return true;
}

size_t
store_mark_steps(const struct store *store, const struct params *params,
                 struct step steps[static MARK_STEPS_MAX])
{
    const struct write write = write_of_marks(store, NULL);
    size_t count = 2;

    steps[0] = (struct step){.sql = sql_store_savepoint};
    steps[1] = (struct step){.sql = write.sql, .params = params};
    count += write_follow(store, &write, params, steps + count);
    steps[count++] = (struct step){.sql = sql_store_release_savepoint};
    return count;
}

bool
store_judge_mark(struct store *store, const struct step *steps, size_t steps_count,
                 const struct message_id *ids, size_t count, struct refusals *ret_refused,
                 struct error *err)
{
    const struct write write = write_of_marks(store, ids);
    const bool listed = store->shape.undoing != UNDOING_NOTHING;
    const PGresult *failed = pipeline_failed(steps, steps_count);

    if (!failed)
        return note_unmarked(store, &write, steps[1].result,
                             listed ? steps[steps_count - 2].result : NULL, count, ret_refused,
                             err);
    struct error why;
    wire_fail_result(failed, &why);
    *err = why;
    if (!write_was_refused(store))
        return false;
    store->hurried |= refusal_is_of_others(why.code);
    return store_back_to_savepoint(store, err) &&
           write_rows(store, &write, count, &why, ret_refused, err);
}

bool
store_keep_unmarked(struct store *store, struct message_id *ids, size_t *count, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *result;

    store_mark_params(ids, *count, &params);
    if (!store_ask(store, store->shape.unmarked, &params, &store_id_answer, &result, err))
        return false;
    size_t there;
    AUTOFREE struct message_id *found = read_ids(result, &there);
    PQclear(result);
    *count = there < *count ? there : *count; // rows can share an id
    memcpy(ids, found, *count * sizeof *ids);
    return true;
}

bool
store_mark(struct store *store, const struct message_id *ids, size_t count,
           struct refusals *ret_refused, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    struct step steps[MARK_STEPS_MAX];
    const size_t steps_count = store_mark_steps(store, &params, steps);

    store_mark_params(ids, count, &params);
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, steps_count, err))
        return false;
    const bool good = store_judge_mark(store, steps, steps_count, ids, count, ret_refused, err);
    pipeline_clear(steps, steps_count);
    return good;
}

bool
store_mark_first(struct store *store, const struct message_id *ids, size_t count,
                 struct refusals *ret_refused, struct error *err)
{
    struct write write = write_of_marks(store, ids);
    write.constraints = true;

    return store_command(store, sql_store_savepoint_mark, err) &&
           write_rows(store, &write, count, NULL, ret_refused, err);
}

bool
store_unmark(struct store *store, struct error *err)
{
    return store_command(store, sql_store_rollback_mark, err);
}

bool
store_fail(struct store *store, const struct failure *failures, size_t count,
           bool check_constraints, struct refusals *ret_refused, struct error *err)
{
    const struct write write = write_of_failures(store, failures, check_constraints);

    return write_rows(store, &write, count, NULL, ret_refused, err);
}

bool
store_try_fail(struct store *store, const struct failure *failures, size_t count,
               struct refusals *ret_refused, struct error *err)
{
    const struct write write = write_of_failures(store, failures, true);

    return store_command(store, sql_store_savepoint_trial, err) &&
           write_rows(store, &write, count, NULL, ret_refused, err) &&
           store_command(store, sql_store_rollback_trial, err);
}
