// SPDX-License-Identifier: Apache-2.0
// Which statements have a name on a connection, and whether any may have one.
#include "prepared.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sqlstate.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static atomic_bool refused;

void
prepared_begin(struct prepared *prepared, const PGconn *connection, int server_pid)
{
    prepared->wanted = PQbackendPID(connection) == server_pid && !atomic_load(&refused);
}

int
prepared_find(struct prepared *prepared, const char *sql)
{
    if (!prepared->wanted)
        return -1;
    for (int i = 0; i < prepared->count; i++)
        if (str_equal(prepared->list[i].sql, sql))
            return i;
    if (prepared->count == PREPARED_MAX)
        return -1;
    prepared->list[prepared->count].sql = xstrdup(sql);
    return prepared->count++;
}

void
prepared_name(int number, char name[static PREPARED_NAME])
{
    snprintf(name, PREPARED_NAME, "outrider_%d", number);
}

void
prepared_judge(const PGresult *result)
{
    if (sqlstate_is(result, SQLSTATE_INVALID_STATEMENT_NAME) ||
        sqlstate_is(result, SQLSTATE_DUPLICATE_STATEMENT))
        atomic_store(&refused, true);
}

void
prepared_forget(struct prepared *prepared)
{
    for (int i = 0; i < prepared->count; i++)
        free(prepared->list[i].sql);
    *prepared = (struct prepared){.wanted = prepared->wanted};
}

void
prepared_free(struct prepared *prepared)
{
    prepared_forget(prepared);
    prepared->wanted = false;
}
