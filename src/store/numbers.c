// SPDX-License-Identifier: Apache-2.0
// Rows that no claim comes upon, because a writer or a hand has left them without a usable number.
//
// A claim reads the queue behind a position. A row whose seq is NULL has no place in it, and one
// with the lowest number of all lies behind no position. Such a row is given a number as if it were
// new, in a transaction of its own between two windows; what refuses that costs no other row
// anything.
#include "sql.h"
#include "store_private.h"

enum {
    NUMBERED_MOST = 1000, // rows of a transaction
    BATCHES_MOST = 10,    // of them, before the lane sends something again
};

const char *
store_renumbering(const struct store *store)
{
    return store->shape.renumber;
}

static bool
lost_exist(struct store *store, bool *ret_exist, struct error *err)
{
    static const struct answer exist = {"b", 1};
    PGresult *result;

    if (!store_ask(store, store->shape.lost_exist, NULL, &exist, &result, err))
        return false;
    *ret_exist = PQgetvalue(result, 0, 0)[0] != 0;
    PQclear(result);
    return true;
}

// A batch. What the server refuses is undone. ret_rows: the ids of the rows that the statement
// changed, the caller's to clear.
static bool
number(struct store *store, PGresult **ret_rows, struct error *ret_refused, struct error *err)
{
    enum { NUMBER = 2, COUNT = 4 };
    struct params settings __attribute__((cleanup(params_free))) = {0};
    struct params most __attribute__((cleanup(params_free))) = {0};
    struct step steps[COUNT] = {
        {.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {.sql = store->shape.settings, .params = &settings},
        {.sql = store->shape.lost_number, .params = &most, .answer = &store_id_answer},
        {.sql = "COMMIT"},
    };

    store_settings_params(store, &settings);
    params_int8(&most, NUMBERED_MOST, TYPE_INT8);
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, COUNT, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, COUNT);
    if (failed) {
        wire_fail_result(failed, ret_refused);
    } else {
        *ret_rows = steps[NUMBER].result;
        steps[NUMBER].result = NULL;
    }
    pipeline_clear(steps, COUNT);
    return !failed || store_rollback(store, err);
}

// How many of these rows still lack a number: a trigger can have given the old one back, with the
// statement or with COMMIT.
static bool
count_lost(struct store *store, const PGresult *rows, int *ret_count, struct error *err)
{
    struct params ids __attribute__((cleanup(params_free))) = {0};
    PGresult *lost;

    params_begin_array(&ids, TYPE_UUID, (size_t)PQntuples(rows));
    for (int i = 0; i < PQntuples(rows); i++)
        params_element(&ids, PQgetvalue(rows, i, 0), (size_t)PQgetlength(rows, i, 0));
    params_end_array(&ids);
    if (!store_ask(store, store->shape.still_lost, &ids, &store_id_answer, &lost, err))
        return false;
    *ret_count = PQntuples(lost);
    PQclear(lost);
    return true;
}

// A batch, looked at afterwards. ret_full: there may be more.
static bool
number_batch(struct store *store, int64_t *rows, bool *ret_full, struct error *ret_refused,
             struct error *err)
{
    PGresult *numbered = NULL;
    int lost = 0;

    *ret_full = false;
    if (!number(store, &numbered, ret_refused, err))
        return false;
    const int count = numbered ? PQntuples(numbered) : 0;
    const bool good = count == 0 || count_lost(store, numbered, &lost, err);
    PQclear(numbered);
    if (!good)
        return false;
    *rows += count - lost;
    *ret_full = count >= NUMBERED_MOST && lost == 0;
    if (lost > 0)
        error_set(ret_refused, FAULT_CLUSTER, "UNDONE",
                  "%d of %d rows have no usable number after they got one: a trigger of the table "
                  "undoes that",
                  lost, count);
    return true;
}

bool
store_number_rows(struct store *store, int64_t *ret_rows, bool *ret_more, struct error *ret_refused,
                  struct error *err)
{
    bool exist = false;

    *ret_rows = 0;
    *ret_more = false;
    *ret_refused = (struct error){0};
    if (!store->shape.lost_exist)
        return true;
    if (!lost_exist(store, &exist, err))
        return false;
    *ret_more = exist;
    for (int i = 0; i < BATCHES_MOST && *ret_more; i++)
        if (!number_batch(store, ret_rows, ret_more, ret_refused, err))
            return false;
    return true;
}
