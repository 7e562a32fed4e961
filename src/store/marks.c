// SPDX-License-Identifier: Apache-2.0
// What a window writes: rows that are done, rows that failed.
//
// Each write is one set-based statement behind a savepoint, and must touch exactly the rows it
// names: a trigger, a rule or row security that keeps some from it is a failure, not a surprise.
#include "sql.h"
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

bool
store_changed_all(PGresult *result, size_t count, struct error *err)
{
    size_t changed = strtoul(PQcmdTuples(result), NULL, 10);

    return changed == count ||
           error_set(err, FAULT_CLUSTER, "SHORT",
                     "%zu of %zu rows changed: a trigger, a rule or row security of the table "
                     "keeps outrider from the others",
                     changed, count);
}

// Runs a statement that must touch exactly `count` rows.
static bool
change_rows(struct store *store, const char *sql, const struct params *params, size_t count,
            struct error *err)
{
    PGresult *result = NULL;

    if (!store_run_behind_savepoint(store, sql, params, NULL, NULL, &result, err))
        return false;
    bool all = store_changed_all(result, count, err);
    PQclear(result);
    return all;
}

void
store_mark_params(const struct message_id *ids, size_t count, struct params *params)
{
    params_begin_array(params, TYPE_UUID, count);
    for (size_t i = 0; i < count; i++)
        params_element(params, ids[i].bytes, sizeof ids[i].bytes);
    params_end_array(params);
}

bool
store_mark(struct store *store, const struct message_id *ids, size_t count, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};

    store_mark_params(ids, count, &params);
    return change_rows(store, store->shape.settle, &params, count, err);
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

bool
store_mark_first(struct store *store, const struct message_id *ids, size_t count, struct error *err)
{
    return command(store, sql_store_savepoint_mark, err) && store_mark(store, ids, count, err) &&
           command(store, sql_store_check_constraints, err);
}

bool
store_unmark(struct store *store, struct error *err)
{
    return command(store, sql_store_rollback_mark, err);
}

bool
store_fail(struct store *store, const struct failure *failures, size_t count, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};

    params_begin_array(&params, TYPE_UUID, count);
    for (size_t i = 0; i < count; i++)
        params_element(&params, failures[i].id.bytes, sizeof failures[i].id.bytes);
    params_end_array(&params);
    params_begin_array(&params, TYPE_INT8, count);
    for (size_t i = 0; i < count; i++)
        params_element_int8(&params, failures[i].delay_ms);
    params_end_array(&params);
    params_begin_array(&params, TYPE_INT8, count);
    for (size_t i = 0; i < count; i++)
        params_element_int8(&params, failures[i].dead ? 1 : failures[i].postponed ? 2 : 0);
    params_end_array(&params);
    params_begin_array(&params, TYPE_TEXT, count);
    for (size_t i = 0; i < count; i++)
        params_element(&params, failures[i].error_class, strlen(failures[i].error_class));
    params_end_array(&params);
    params_begin_array(&params, TYPE_TEXT, count);
    for (size_t i = 0; i < count; i++)
        params_element(&params, failures[i].text, strlen(failures[i].text));
    params_end_array(&params);
    params_int4(&params, store->settings.max_retries);
    return change_rows(store, store->shape.fail, &params, count, err);
}

bool
store_try_fail(struct store *store, const struct failure *failures, size_t count, struct error *err)
{
    return command(store, sql_store_savepoint_trial, err) &&
           store_fail(store, failures, count, err) &&
           command(store, sql_store_check_constraints, err) &&
           command(store, sql_store_rollback_trial, err);
}
