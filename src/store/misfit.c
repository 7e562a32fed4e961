// SPDX-License-Identifier: Apache-2.0
// What a statement meets in the table: a definition that it was not made for, a row's holder.
#include "sqlstate.h"
#include "store_private.h"

#include <stdio.h>

bool
misfit_lies_in(const char *sqlstate)
{
    static const char *const states[] = {
        SQLSTATE_UNDEFINED_TABLE,    SQLSTATE_UNDEFINED_COLUMN, SQLSTATE_UNDEFINED_SCHEMA,
        SQLSTATE_UNDEFINED_FUNCTION, SQLSTATE_WRONG_TYPE,       SQLSTATE_CHANGED_RESULT,
    };

    for (size_t i = 0; sqlstate && i < sizeof states / sizeof states[0]; i++)
        if (str_equal(sqlstate, states[i]))
            return true;
    return false;
}

// Then the shape is to be read again, but not twice for nothing: what fails again is an error.
bool
store_is_misfit(bool *noted, const PGresult *failed)
{
    if (*noted)
        return false;
    *noted = misfit_lies_in(PQresultErrorField(failed, PG_DIAG_SQLSTATE));
    return *noted;
}

bool
store_lock_holder(struct store *store, const struct message_id *id, struct lock_holder *ret_holder,
                  struct error *err)
{
    static const struct answer holder = {"iT", 0};
    struct params params __attribute__((cleanup(params_free))) = {0};
    PGresult *result = NULL;

    params_uuid(&params, id);
    if (!store_run_behind_savepoint(store, store->shape.lock_holder, &params, &holder, NULL,
                                    &result, err))
        return false;
    *ret_holder = (struct lock_holder){0};
    if (PQntuples(result) > 0) {
        ret_holder->pid = wire_int4(PQgetvalue(result, 0, 0));
        snprintf(ret_holder->gid, sizeof ret_holder->gid, "%s", PQgetvalue(result, 0, 1));
    }
    PQclear(result);
    return true;
}
