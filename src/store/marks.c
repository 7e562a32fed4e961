// SPDX-License-Identifier: Apache-2.0
// What a window writes: rows that are done, rows that failed.
//
// Each write is one set-based statement behind a savepoint, and must touch exactly the rows it
// names: a trigger, a rule or row security that keeps some from it, or rows that share an id, are a
// failure, not a surprise. A trigger can also let the statement count a row and undo what it wrote.
// So where the table has a trigger that could, a second statement lists the rows that are as they
// were. A set that is refused for a reason that can lie in a row is halved, down to the rows
// that are refused alone: the others are written.
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

// The ids of rows.
static const struct answer id_answer = {"u", 0};

// Rows to write, and how. One of the lists is set.
struct write {
    const char *sql;
    const char *look;               // lists the rows that a trigger left as they were
    const char *undone;             // what those are
    const struct message_id *ids;   // to mark
    const struct failure *failures; // to count
    bool by_code;                   // the failures' codes stand for their texts
    bool constraints;               // deferred ones are checked at once
};

static const struct message_id *
id_of(const struct write *write, size_t i)
{
    return write->ids ? &write->ids[i] : &write->failures[i].id;
}

void
store_mark_params(const struct message_id *ids, size_t count, struct params *params)
{
    params_begin_array(params, TYPE_UUID, count);
    for (size_t i = 0; i < count; i++)
        params_element(params, ids[i].bytes, sizeof ids[i].bytes);
    params_end_array(params);
}

static void
failure_ids(const struct failure *failures, size_t count, struct params *params)
{
    params_begin_array(params, TYPE_UUID, count);
    for (size_t i = 0; i < count; i++)
        params_element(params, failures[i].id.bytes, sizeof failures[i].id.bytes);
    params_end_array(params);
}

static void
failure_params(const struct store *store, const struct failure *failures, size_t count,
               bool by_code, struct params *params)
{
    failure_ids(failures, count, params);
    params_begin_array(params, TYPE_INT8, count);
    for (size_t i = 0; i < count; i++)
        params_element_int8(params, failures[i].delay_ms);
    params_end_array(params);
    params_begin_array(params, TYPE_INT8, count);
    for (size_t i = 0; i < count; i++)
        params_element_int8(params, failures[i].dead ? 1 : failures[i].postponed ? 2 : 0);
    params_end_array(params);
    params_begin_array(params, TYPE_TEXT, count);
    for (size_t i = 0; i < count; i++)
        params_element(params, failures[i].error_class, strlen(failures[i].error_class));
    params_end_array(params);
    params_begin_array(params, TYPE_TEXT, count);
    for (size_t i = 0; i < count; i++) {
        const char *text = by_code ? failures[i].code : failures[i].text;
        params_element(params, text, strlen(text));
    }
    params_end_array(params);
    params_int4(params, store->settings.max_retries);
}

bool
store_changed_all(const PGresult *result, size_t count, struct error *err)
{
    const size_t changed = strtoul(PQcmdTuples((PGresult *)result), NULL, 10);

    if (changed > count)
        return error_set(err, FAULT_CLUSTER, "SHARED_ID",
                         "%zu rows changed instead of %zu: rows of the table share an id; "
                         "give each its own and make the id unique, `outrider check` names the "
                         "statement (id-not-unique)",
                         changed, count);
    return changed == count ||
           error_set(err, FAULT_CLUSTER, "SHORT",
                     "%zu of %zu rows changed: a trigger, a rule or row security of the table "
                     "keeps outrider from the others",
                     changed, count);
}

static struct write
write_of_marks(const struct store *store, const struct message_id *ids)
{
    return (struct write){.sql = store->shape.settle,
                          .look = store->shape.unmarked,
                          .undone = store->settings.on_published == ON_PUBLISHED_DELETE
                                        ? "in the table after they were deleted"
                                        : "unpublished after they were marked",
                          .ids = ids};
}

static struct write
write_of_failures(const struct store *store, const struct failure *failures, bool constraints)
{
    return (struct write){.sql = store->shape.fail,
                          .look = store->shape.uncounted,
                          .undone = "as before after a failed attempt was counted",
                          .failures = failures,
                          .constraints = constraints};
}

// Is each row of a set written? undone: the answer that lists those that are as they were; NULL: no
// trigger of the table can undo a write.
static bool
wrote_all(const struct write *write, const PGresult *changed, const PGresult *undone, size_t count,
          struct error *err)
{
    const int rows = undone ? PQntuples(undone) : 0;

    if (!store_changed_all(changed, count, err))
        return false;
    return rows == 0 || error_set(err, FAULT_CLUSTER, "UNDONE",
                                  "%d of %zu rows are %s: a trigger of the table undoes that", rows,
                                  count, write->undone);
}

// Adds the statements that follow a write, as far as they are needed: one fires the deferred
// triggers, one lists the rows that are as they were. Returns their number.
static size_t
follow_write(const struct store *store, const struct write *write, const struct params *ids,
             struct step *steps)
{
    const enum undoing undoing = store->shape.undoing;
    size_t count = 0;

    if (write->constraints || (!write->failures && undoing == UNDOING_AT_COMMIT))
        steps[count++] = (struct step){.sql = sql_store_check_constraints};
    if (undoing != UNDOING_NOTHING)
        steps[count++] = (struct step){.sql = write->look, .params = ids, .answer = &id_answer};
    return count;
}

// A statement without parameters or rows.
static bool
command(struct store *store, const char *sql, struct error *err)
{
    struct step step = {.sql = sql};
    bool good = pipeline_require(&store->wire, store_patience_ms(store), &step, 1, err);

    pipeline_clear(&step, good ? 1 : 0);
    return good;
}

// What came of the statements of write_set; true: the savepoint can be released.
static bool
judge_set(const struct store *store, const struct write *write, const struct step *steps,
          size_t steps_count, size_t count, bool *ret_refused, struct error *err)
{
    const bool listed = store->shape.undoing != UNDOING_NOTHING;
    const PGresult *failed = pipeline_failed(steps, steps_count);
    const PGresult *undone = listed ? steps[steps_count - 1].result : NULL;
    const bool all = !failed && wrote_all(write, steps[1].result, undone, count, err);

    if (failed) {
        wire_fail_result(failed, err);
        *ret_refused = failed != steps[0].result &&
                       sqlstate_lies_in_row(PQresultErrorField(failed, PG_DIAG_SQLSTATE));
    }
    *ret_refused |= !failed && !all;
    return all;
}

// Writes rows `from` to `from + count` as one set, or (*ret_refused) none of them.
static bool
write_set(struct store *store, const struct write *write, size_t from, size_t count,
          bool *ret_refused, struct error *err)
{
    struct params ids __attribute__((cleanup(params_free))) = {0};
    struct params failures __attribute__((cleanup(params_free))) = {0};
    struct step steps[MARK_STEPS_MAX] = {
        {.sql = sql_store_savepoint}, {.sql = write->sql, .params = write->ids ? &ids : &failures}};
    const size_t steps_count = 2 + follow_write(store, write, &ids, steps + 2);
    struct error undone;

    *ret_refused = false;
    if (write->ids) {
        store_mark_params(write->ids + from, count, &ids);
    } else {
        failure_ids(write->failures + from, count, &ids);
        failure_params(store, write->failures + from, count, write->by_code, &failures);
    }
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, steps_count, err))
        return false;
    const bool good = judge_set(store, write, steps, steps_count, count, ret_refused, err);
    pipeline_clear(steps, steps_count);
    if (good)
        return command(store, sql_store_release_savepoint, err);
    if (!store_back_to_savepoint(store, &undone)) {
        *err = undone;
        return false;
    }
    return *ret_refused;
}

// A failure whose text its column, or a constraint on it, does not take is written with its code.
static bool
write_alone(struct store *store, const struct write *write, size_t i, struct error *why,
            struct refusals *ret_refused, struct error *err)
{
    struct write by_code = *write;
    bool refused = true;
    struct error second;

    by_code.by_code = true;
    if (write->failures && !write->by_code &&
        !write_set(store, &by_code, i, 1, &refused, &second)) {
        *err = second;
        return false;
    }
    if (refused) {
        if (!sqlstate_is_of_others(why->code))
            why->fault = FAULT_MESSAGE;
        refusals_add(ret_refused, id_of(write, i), why);
    }
    return true;
}

// Another session can be in the way of every row, and each try waits for lock_timeout: after so
// many the others are left for another time.
enum { WAITED_FOR_MOST = 4 };

static void
refuse_all(const struct write *write, size_t from, size_t count, const struct error *why,
           struct refusals *ret_refused)
{
    for (size_t i = from; i < from + count; i++)
        refusals_add(ret_refused, id_of(write, i), why);
}

// Halves what is refused, down to the rows that are refused alone. ret_written: how many were not.
static bool
halve(struct store *store, const struct write *write, size_t from, size_t count,
      size_t *ret_written, struct refusals *ret_refused, struct error *err)
{
    struct error why;
    bool refused;

    if (!write_set(store, write, from, count, &refused, &why)) {
        *err = why;
        return false;
    }
    if (!refused) {
        *ret_written += count;
        return true;
    }
    if (count == 1)
        return write_alone(store, write, from, &why, ret_refused, err);
    if (sqlstate_is_of_others(why.code) && *ret_written == 0 &&
        ret_refused->count >= WAITED_FOR_MOST) {
        refuse_all(write, from, count, &why, ret_refused);
        return true;
    }
    return halve(store, write, from, count / 2, ret_written, ret_refused, err) &&
           halve(store, write, from + count / 2, count - count / 2, ret_written, ret_refused, err);
}

static bool
write_rows(struct store *store, const struct write *write, size_t count,
           struct refusals *ret_refused, struct error *err)
{
    size_t written = 0;

    return count == 0 || halve(store, write, 0, count, &written, ret_refused, err);
}

static bool
is_listed(const PGresult *result, const struct message_id *id)
{
    for (int i = 0; i < PQntuples(result); i++)
        if (memcmp(PQgetvalue(result, i, 0), id->bytes, sizeof id->bytes) == 0)
            return true;
    return false;
}

// Adds the rows of a set that are not marked. undone: as of wrote_all.
static bool
note_unmarked(struct store *store, const struct write *write, const PGresult *marked,
              const PGresult *undone, size_t count, struct refusals *ret_refused, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *queried = NULL;
    struct error why;

    if (wrote_all(write, marked, undone, count, &why))
        return true;
    if (str_equal(why.code, "SHARED_ID")) {
        *err = why;
        return false;
    }
    store_mark_params(write->ids, count, &params);
    if (!undone &&
        !store_run_behind_savepoint(store, write->look, &params, &id_answer, NULL, &queried, err))
        return false;
    why.fault = FAULT_MESSAGE;
    for (size_t i = 0; i < count; i++)
        if (is_listed(undone ? undone : queried, &write->ids[i]))
            refusals_add(ret_refused, &write->ids[i], &why);
    PQclear(queried);
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
    count += follow_write(store, &write, params, steps + count);
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
    wire_fail_result(failed, err);
    return sqlstate_lies_in_row(err->code) && store_back_to_savepoint(store, err) &&
           write_rows(store, &write, count, ret_refused, err);
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

    return command(store, sql_store_savepoint_mark, err) &&
           write_rows(store, &write, count, ret_refused, err);
}

bool
store_unmark(struct store *store, struct error *err)
{
    return command(store, sql_store_rollback_mark, err);
}

// The other rows that wait, locked. Caller frees.
static bool
list_others(struct store *store, const struct refusals *refused, struct message_id **ret_ids,
            size_t *ret_count, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *result = NULL;

    params_begin_array(&params, TYPE_UUID, refused->count);
    for (size_t i = 0; i < refused->count; i++)
        params_element(&params, refused->list[i].id.bytes, sizeof refused->list[i].id.bytes);
    params_end_array(&params);
    if (!store_run_behind_savepoint(store, store->shape.others, &params, &id_answer, NULL, &result,
                                    err))
        return false;
    *ret_count = (size_t)PQntuples(result);
    *ret_ids = xcalloc(*ret_count + 1, sizeof **ret_ids);
    for (size_t i = 0; i < *ret_count; i++)
        memcpy((*ret_ids)[i].bytes, PQgetvalue(result, (int)i, 0), sizeof(*ret_ids)[i].bytes);
    PQclear(result);
    return true;
}

bool
store_try_mark(struct store *store, const struct refusals *refused, enum mark_trial *ret_trial,
               struct error *err)
{
    AUTOFREE struct message_id *ids = NULL;
    size_t count;
    struct refusals others = {0};

    if (!command(store, sql_store_savepoint_trial, err) ||
        !list_others(store, refused, &ids, &count, err))
        return false;
    struct write write = write_of_marks(store, ids);
    write.constraints = true;
    const bool good = write_rows(store, &write, count, &others, err) &&
                      command(store, sql_store_rollback_trial, err);
    *ret_trial = count == 0              ? MARK_TRIAL_NONE
                 : others.count == count ? MARK_TRIAL_REFUSED
                                         : MARK_TRIAL_GOOD;
    refusals_free(&others);
    return good;
}

bool
store_fail(struct store *store, const struct failure *failures, size_t count,
           bool check_constraints, struct refusals *ret_refused, struct error *err)
{
    const struct write write = write_of_failures(store, failures, check_constraints);

    return write_rows(store, &write, count, ret_refused, err);
}

bool
store_try_fail(struct store *store, const struct failure *failures, size_t count,
               struct refusals *ret_refused, struct error *err)
{
    const struct write write = write_of_failures(store, failures, true);

    return command(store, sql_store_savepoint_trial, err) &&
           write_rows(store, &write, count, ret_refused, err) &&
           command(store, sql_store_rollback_trial, err);
}
