// SPDX-License-Identifier: Apache-2.0
// A plain connection for everything that is not the relay's loop.
#include "outrider/store/session.h"

#include "answer.h"
#include "arrival.h"
#include "outrider/base/xalloc.h"
#include "reach.h"
#include "wire.h"

#include <stdlib.h>

struct session {
    struct wire wire;
    struct arrival arrival;
};

struct session_result {
    PGresult *result;
};

bool
session_open(const struct store_settings *settings, bool direct, const atomic_bool *abort,
             struct session **ret_session, struct error *err)
{
    const char *dsn = direct && settings->direct_dsn ? settings->direct_dsn : settings->dsn;
    struct arrival arrival;
    struct wire wire;

    if (!reach_open(settings, dsn, abort, &wire, err))
        return false;
    if (!arrive_plain(&wire, settings, &arrival, err)) {
        wire_close(&wire);
        return false;
    }
    *ret_session = xmalloc(sizeof **ret_session);
    **ret_session = (struct session){wire, arrival};
    return true;
}

void
session_close(struct session *session)
{
    if (!session)
        return;
    wire_close(&session->wire);
    arrival_free(&session->arrival);
    free(session);
}

// Reads every result of the statement in hand; the first one is kept, or its error reported. A
// connection that goes adds one of its own. One that never ends, as the offer to copy is none of
// ours, is no answer.
static bool
collect(struct wire *wire, struct mono deadline, PGresult **ret_result, struct error *err)
{
    enum { RESULTS_MAX = 8 };
    PGresult *first = NULL, *result = NULL;
    int count = 0;

    while (count < RESULTS_MAX) {
        if (!wire_next(wire, deadline, &result, err)) {
            PQclear(first);
            return false;
        }
        if (!result)
            break;
        if (count++ == 0)
            first = result;
        else
            PQclear(result);
    }
    const ExecStatusType status = PQresultStatus(first);
    if (count == 1 && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)) {
        *ret_result = first;
        return true;
    }
    if (first && status == PGRES_FATAL_ERROR)
        wire_fail_result(first, err);
    else if (first)
        error_set(err, FAULT_CLUSTER, "ANSWER", "PostgreSQL answered a statement with %s",
                  PQresStatus(status));
    else
        wire_fail_connection(wire, "CONNECT", err);
    PQclear(first);
    return false;
}

bool
session_run(struct session *session, const char *sql, const char *const *params, size_t param_count,
            int timeout_ms, struct session_result **ret_result, struct error *err)
{
    struct wire *wire = &session->wire;
    struct mono deadline = mono_add_ms(mono_now(), timeout_ms);
    PGresult *result;

    if (!PQsendQueryParams(wire->connection, sql, (int)param_count, NULL, params, NULL, NULL, 0))
        return wire_fail_connection(wire, "CONNECT", err);
    if (!wire_flush(wire, deadline, err) || !collect(wire, deadline, &result, err))
        return false;
    if (ret_result) {
        *ret_result = xmalloc(sizeof **ret_result);
        (*ret_result)->result = result;
    } else {
        PQclear(result);
    }
    return true;
}

size_t
session_rows(const struct session_result *result)
{
    return (size_t)PQntuples(result->result);
}

size_t
session_columns(const struct session_result *result)
{
    return (size_t)PQnfields(result->result);
}

size_t
session_affected(const struct session_result *result)
{
    return strtoul(PQcmdTuples(result->result), NULL, 10);
}

const char *
session_value(const struct session_result *result, size_t row, size_t column)
{
    if (row >= session_rows(result) || column >= session_columns(result) ||
        PQgetisnull(result->result, (int)row, (int)column))
        return NULL;
    return PQgetvalue(result->result, (int)row, (int)column);
}

bool
session_expect(struct session_result **result, const char *fields, int rows, struct error *err)
{
    const struct answer answer = {fields, rows};

    if (answer_check((*result)->result, &answer, ANSWER_TEXT, err))
        return true;
    session_result_free(*result);
    *result = NULL;
    return false;
}

void
session_result_free(struct session_result *result)
{
    if (!result)
        return;
    PQclear(result->result);
    free(result);
}

bool
session_alive(const struct session *session)
{
    return PQstatus(session->wire.connection) == CONNECTION_OK;
}

int
session_server_pid(const struct session *session)
{
    return PQbackendPID(session->wire.connection);
}

const char *
session_table_schema(const struct session *session)
{
    return session->arrival.schema;
}

const char *
session_creation_schema(const struct session *session)
{
    return session->arrival.creation;
}

const char *
session_search_path(const struct session *session)
{
    return session->arrival.path;
}
