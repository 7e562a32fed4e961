// SPDX-License-Identifier: Apache-2.0
//
// What is done first on every connection.
//
// A role can have settings of its own that would decide what our statements mean, and whether they
// end: a search_path with a schema in which others may create (an operator of theirs that fits a
// column's type better than PostgreSQL's would run with our rights), a statement_timeout of a
// millisecond. So the first transaction takes from them what is needed, the table that a bare name
// means, and puts ours in their place. It is one round trip.
// Source: PostgreSQL's manual, "Operator Type Resolution", "Writing SECURITY DEFINER Functions
// Safely", "Client Connection Defaults".
#include "arrival.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "params.h"
#include "pipeline.h"
#include "sql.h"
#include "sqlstate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// SET is fast, but a limit of a millisecond can pass all the same on a busy host.
enum { TRIES = 5 };

enum { LOOK = 2, STAY = 4, STEPS = 6 };

static char *
copy_value(const PGresult *result, int column)
{
    return PQgetisnull(result, 0, column) ? NULL : xstrdup(PQgetvalue(result, 0, column));
}

static void
number_param(struct params *params, int number)
{
    char text[16];

    snprintf(text, sizeof text, "%d", number);
    params_text(params, text);
}

static char *
expand(const struct names *names, const char *sql)
{
    AUTOFREE char *table = names_relation(names, NULL);
    AUTOFREE char *table_literal = sql_literal(table);
    const struct placeholder of[] = {
        {"table_literal", table_literal, false},
        {"strangers", sql_store_strangers, true},
        {"table_oid", "current_setting('outrider.table')::oid", false},
    };

    return names_expand(names, sql, of, sizeof of / sizeof of[0]);
}

// The server did not let the transaction end: it is the next one's turn.
static void
roll_back(struct wire *wire, int patience_ms)
{
    struct step step = {.sql = "ROLLBACK"};
    struct error second; // the first is the one to tell

    if (PQstatus(wire->connection) == CONNECTION_OK &&
        PQtransactionStatus(wire->connection) != PQTRANS_ACTIVE && // no answer is still to come
        pipeline_require(wire, patience_ms, &step, 1, &second))
        pipeline_clear(&step, 1);
}

static bool
run(struct wire *wire, int patience_ms, struct step steps[static STEPS], struct error *err)
{
    for (int left = TRIES; left > 0; left--) {
        if (pipeline_require(wire, patience_ms, steps, STEPS, err))
            return true;
        roll_back(wire, patience_ms);
        if (!str_equal(err->code, SQLSTATE_QUERY_CANCELED))
            return false;
    }
    return error_prefix(err, "the role's own statement_timeout is too short to lift it (ALTER ROLE "
                             "… RESET statement_timeout)");
}

// What answers need not be a PostgreSQL.
static bool
is_whole(const struct step steps[static STEPS], struct error *err)
{
    const PGresult *look = steps[LOOK].result, *stay = steps[STAY].result;

    return (PQntuples(look) == 1 && PQgetlength(look, 0, 0) == (int)sizeof(int32_t) &&
            PQntuples(stay) == 1 && PQnfields(stay) >= 3 && !PQgetisnull(stay, 0, 2)) ||
           error_set(err, FAULT_CLUSTER, "ANSWER",
                     "the server's first answer is not what was asked for: is it PostgreSQL?");
}

bool
arrive(struct wire *wire, const struct store_settings *settings, const struct names *names,
       struct arrival *ret_arrival, struct error *err)
{
    const int told = PQbackendPID(wire->connection);
    AUTOFREE char *look = expand(names, sql_store_arrival_look);
    AUTOFREE char *stay = expand(names, sql_store_arrival_stay);
    struct params limits __attribute__((cleanup(params_free))) = {0};
    struct step steps[STEPS] = {
        {.sql = "BEGIN READ ONLY"},
        {.sql = sql_store_arrival_limit},
        [LOOK] = {.sql = look},
        {.sql = sql_store_arrival_pin},
        [STAY] = {.sql = stay, .params = &limits},
        {.sql = "COMMIT"},
    };

    params_int4(&limits, told);
    number_param(&limits, settings->statement_timeout_ms);
    number_param(&limits, settings->lock_timeout_ms);
    number_param(&limits, STORE_IDLE_IN_TRANSACTION_MS);
    if (!run(wire, settings->statement_timeout_ms + STORE_CLIENT_GRACE_MS, steps, err))
        return false;
    if (!is_whole(steps, err)) {
        pipeline_clear(steps, STEPS);
        return false;
    }
    const int pid = wire_int4(PQgetvalue(steps[LOOK].result, 0, 0));
    *ret_arrival = (struct arrival){
        .pid = pid,
        .own = pid == told,
        .schema = copy_value(steps[STAY].result, 0),
        .creation = copy_value(steps[STAY].result, 1),
        .path = copy_value(steps[STAY].result, 2),
    };
    pipeline_clear(steps, STEPS);
    return true;
}

bool
arrive_plain(struct wire *wire, const struct store_settings *settings, struct arrival *ret_arrival,
             struct error *err)
{
    struct names names = {0};
    bool good = names_init(&names, settings->table, settings->columns, err);

    if (good && !PQenterPipelineMode(wire->connection))
        good = wire_fail_connection(wire, "CONNECT", err);
    good = good && arrive(wire, settings, &names, ret_arrival, err);
    names_free(&names);
    if (good && !PQexitPipelineMode(wire->connection)) {
        arrival_free(ret_arrival);
        good = wire_fail_connection(wire, "CONNECT", err);
    }
    return good;
}

void
arrival_free(struct arrival *arrival)
{
    free(arrival->schema);
    free(arrival->creation);
    free(arrival->path);
    *arrival = (struct arrival){0};
}

void
arrival_name_table(const struct arrival *arrival, struct names *names)
{
    if (names->schema == NULL && arrival->schema != NULL)
        names->schema = xstrdup(arrival->schema);
}
