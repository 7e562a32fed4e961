// SPDX-License-Identifier: Apache-2.0
// Rows that no claim comes upon, because a writer or a hand has left them without a usable number.
//
// A claim reads the queue behind a position. A row whose seq is NULL has no place in it, and one
// with the lowest number of all lies behind no position. Such a row is given a number as if it were
// new, in a transaction of its own between two windows; what refuses that costs no other row
// anything.
#include "sql.h"
#include "store_private.h"

#include <stdlib.h>

enum { NUMBERED_MOST = 1000 }; // rows of a transaction

const char *
store_renumbering(const struct store *store)
{
    return store->shape.renumber;
}

static bool
lost_exist(struct store *store, bool *ret_exist, struct error *err)
{
    enum { LIMITS, LOST, COUNT };
    static const struct answer exist = {"b", 1};
    struct params limits __attribute__((cleanup(params_free))) = {0};
    struct step steps[COUNT] = {[LIMITS] = store_poll_settings(store, &limits),
                                [LOST] = {.sql = store->shape.lost_exist, .answer = &exist}};
    const size_t first = store->arrival.own ? LOST : LIMITS;

    if (!pipeline_require(&store->wire, store_patience_ms(store), steps + first, COUNT - first,
                          err))
        return false;
    *ret_exist = PQgetvalue(steps[LOST].result, 0, 0)[0] != 0;
    pipeline_clear(steps + first, COUNT - first);
    return true;
}

// A batch. What the server refuses is undone.
static bool
number(struct store *store, int64_t *ret_rows, struct error *ret_refused, struct error *err)
{
    enum { NUMBER = 2, COUNT = 4 };
    struct params settings __attribute__((cleanup(params_free))) = {0};
    struct params most __attribute__((cleanup(params_free))) = {0};
    struct step steps[COUNT] = {
        {.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {.sql = store->shape.settings, .params = &settings},
        {.sql = store->shape.lost_number, .params = &most},
        {.sql = "COMMIT"},
    };

    store_settings_params(store, &settings);
    params_int8(&most, NUMBERED_MOST, TYPE_INT8);
    if (!pipeline_run(&store->wire, store_patience_ms(store), steps, COUNT, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, COUNT);
    if (failed)
        wire_fail_result(failed, ret_refused);
    else
        *ret_rows = strtoll(PQcmdTuples(steps[NUMBER].result), NULL, 10);
    pipeline_clear(steps, COUNT);
    return !failed || store_rollback(store, err);
}

bool
store_number_rows(struct store *store, int64_t *ret_rows, struct error *ret_refused,
                  struct error *err)
{
    bool exist = false;
    int64_t rows = 0;

    *ret_rows = 0;
    *ret_refused = (struct error){0};
    if (!store->shape.lost_exist)
        return true;
    if (!lost_exist(store, &exist, err))
        return false;
    if (!exist)
        return true;
    do {
        if (!number(store, &rows, ret_refused, err))
            return false;
        *ret_rows += rows;
    } while (rows >= NUMBERED_MOST && *ret_refused->code == '\0');
    return true;
}
