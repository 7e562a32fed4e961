// SPDX-License-Identifier: Apache-2.0
// One set of rows as one statement.
//
// It stands behind a savepoint, and must touch exactly the rows that it names: a trigger, a rule or
// row security that keeps some from it, or rows that share an id, are a failure, not a surprise. A
// trigger can also let the statement count a row and undo what it wrote. So where the table has a
// trigger that could, a second statement lists the rows that are as they were.
#include "write.h"

#include "sql.h"

#include <stdlib.h>
#include <string.h>

const struct message_id *
write_id(const struct write *write, size_t i)
{
    return write->ids ? &write->ids[i] : &write->failures[i].id;
}

void
write_id_params(const struct message_id *first, size_t stride, size_t count, struct params *params)
{
    const char *place = (const char *)first;

    params_begin_array(params, TYPE_UUID, count);
    for (size_t i = 0; i < count; i++)
        params_element(params, place + i * stride, sizeof first->bytes);
    params_end_array(params);
}

void
store_mark_params(const struct message_id *ids, size_t count, struct params *params)
{
    write_id_params(ids, sizeof *ids, count, params);
}

static void
failure_ids(const struct failure *failures, size_t count, struct params *params)
{
    write_id_params(&failures->id, sizeof *failures, count, params);
}

// As sql/store/fail_v2.sql has it.
static int64_t
fate_of(const struct failure *failure)
{
    if (failure->dead)
        return failure->spent ? 3 : 1;
    return failure->postponed ? 2 : 0;
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
        params_element_int8(params, fate_of(&failures[i]));
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

struct write
write_of_marks(const struct store *store, const struct message_id *ids)
{
    return (struct write){.sql = store->shape.settle,
                          .look = store->shape.unmarked,
                          .undone = store->settings.on_published == ON_PUBLISHED_DELETE
                                        ? "in the table after they were deleted"
                                        : "unpublished after they were marked",
                          .ids = ids};
}

struct write
write_of_failures(const struct store *store, const struct failure *failures, bool constraints)
{
    return (struct write){.sql = store->shape.fail,
                          .look = store->shape.uncounted,
                          .undone = "as before after a failed attempt was counted",
                          .failures = failures,
                          .constraints = constraints};
}

bool
write_is_whole(const struct write *write, const PGresult *changed, const PGresult *undone,
               size_t count, struct error *err)
{
    const int rows = undone ? PQntuples(undone) : 0;

    if (!store_changed_all(changed, count, err))
        return false;
    return rows == 0 || error_set(err, FAULT_CLUSTER, "UNDONE",
                                  "%d of %zu rows are %s: a trigger of the table undoes that", rows,
                                  count, write->undone);
}

size_t
write_follow(const struct store *store, const struct write *write, const struct params *ids,
             struct step *steps)
{
    const enum undoing undoing = store->shape.undoing;
    size_t count = 0;

    if (write->constraints || undoing == UNDOING_AT_COMMIT)
        steps[count++] = (struct step){.sql = sql_store_check_constraints};
    if (undoing != UNDOING_NOTHING)
        steps[count++] =
            (struct step){.sql = write->look, .params = ids, .answer = &store_id_answer};
    return count;
}

// A trigger can raise any SQLSTATE. What ends the session, or lets no answer come, is no refusal.
bool
write_was_refused(const struct store *store)
{
    return PQtransactionStatus(store->wire.connection) == PQTRANS_INERROR;
}

// What came of the statements of write_set; true: the savepoint can be released.
static bool
judge_set(struct store *store, const struct write *write, const struct step *steps,
          size_t steps_count, size_t count, bool *ret_refused, struct error *err)
{
    const bool listed = store->shape.undoing != UNDOING_NOTHING;
    const PGresult *failed = pipeline_failed(steps, steps_count);
    const PGresult *undone = listed ? steps[steps_count - 1].result : NULL;
    const bool all = !failed && write_is_whole(write, steps[1].result, undone, count, err);

    if (failed) {
        wire_fail_result(failed, err);
        *ret_refused = failed != steps[0].result && write_was_refused(store);
        store->hurried |= *ret_refused && refusal_is_of_others(err->code);
    }
    *ret_refused |= !failed && !all;
    return all;
}

bool
write_set(struct store *store, const struct write *write, size_t from, size_t count,
          bool *ret_refused, struct error *err)
{
    struct params ids __attribute__((cleanup(params_free))) = {0};
    struct params failures __attribute__((cleanup(params_free))) = {0};
    struct step steps[MARK_STEPS_MAX] = {
        {.sql = sql_store_savepoint}, {.sql = write->sql, .params = write->ids ? &ids : &failures}};
    const size_t steps_count = 2 + write_follow(store, write, &ids, steps + 2);
    struct error undone;

    *ret_refused = false;
    if (store->hurried && !store_command(store, sql_store_hurry, err))
        return false;
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
        return store_command(store, sql_store_release_savepoint, err);
    if (!store_back_to_savepoint(store, &undone)) {
        *err = undone;
        return false;
    }
    return *ret_refused;
}
