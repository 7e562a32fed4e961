// SPDX-License-Identifier: Apache-2.0
//
// A connection that hears NOTIFY on the table's channel.
//
// Nothing is ever asked on it after LISTEN; that the server is gone is found out by TCP's
// keepalives (see reach.c).
#include "outrider/store/listener.h"

#include "arrival.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/names.h"
#include "reach.h"
#include "sql.h"

#include <poll.h>
#include <stdlib.h>

struct listener {
    struct wire wire;
    struct names names;
};

static bool
listen(struct listener *listener, int timeout_ms, struct error *err)
{
    struct wire *wire = &listener->wire;
    const struct mono deadline = mono_add_ms(mono_now(), timeout_ms);
    AUTOFREE char *channel = sql_identifier(listener->names.table);
    const struct placeholder placeholder = {"channel", channel, false};
    AUTOFREE char *sql = names_expand(&listener->names, sql_store_listen, &placeholder, 1);
    PGresult *result = NULL, *end = NULL;

    if (!PQsendQueryParams(wire->connection, sql, 0, NULL, NULL, NULL, NULL, 0))
        return wire_fail_connection(wire, "CONNECT", err);
    if (!wire_flush(wire, deadline, err) || !wire_next(wire, deadline, &result, err))
        return false;
    bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!good && result != NULL)
        wire_fail_result(result, err);
    else if (!good)
        wire_fail_connection(wire, "CONNECT", err);
    good = good && wire_next(wire, deadline, &end, err);
    PQclear(result);
    PQclear(end);
    return good;
}

// The role's own limits would end a session that only listens.
static bool
settle(struct listener *listener, const struct store_settings *settings, struct error *err)
{
    struct arrival arrival;

    if (!arrive_plain(&listener->wire, settings, &arrival, err))
        return false;
    arrival_free(&arrival);
    return true;
}

bool
listener_open(const struct store_settings *settings, const atomic_bool *abort,
              struct listener **ret_listener, struct error *err)
{
    const char *dsn = settings->direct_dsn != NULL ? settings->direct_dsn : settings->dsn;
    struct listener *listener = xcalloc(1, sizeof *listener);

    if (names_init(&listener->names, settings->table, settings->columns, err) &&
        reach_open(settings, dsn, abort, &listener->wire, err) && settle(listener, settings, err) &&
        listen(listener, settings->statement_timeout_ms, err)) {
        *ret_listener = listener;
        return true;
    }
    listener_close(listener);
    return false;
}

void
listener_close(struct listener *listener)
{
    if (listener == NULL)
        return;
    wire_close(&listener->wire);
    names_free(&listener->names);
    free(listener);
}

// Takes all that has arrived.
static bool
take(struct listener *listener)
{
    PGnotify *notify;
    bool heard = false;

    while ((notify = PQnotifies(listener->wire.connection)) != NULL) {
        PQfreemem(notify);
        heard = true;
    }
    return heard;
}

bool
listener_wait(struct listener *listener, int timeout_ms, bool *ret_heard, struct error *err)
{
    struct wire *wire = &listener->wire;

    *ret_heard = take(listener);
    if (*ret_heard)
        return true;
    if (!wire_wait(wire, POLLIN, mono_add_ms(mono_now(), timeout_ms), err))
        return str_equal(err->code, "TIMEOUT");
    if (!PQconsumeInput(wire->connection))
        return wire_fail_connection(wire, "CONNECT", err);
    *ret_heard = take(listener);
    return true;
}

const char *
listener_channel(const struct listener *listener)
{
    return listener->names.table;
}

int
listener_server_pid(const struct listener *listener)
{
    return PQbackendPID(listener->wire.connection);
}
