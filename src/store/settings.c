// SPDX-License-Identifier: Apache-2.0
// What the window's connection is told before anything is asked of it: who answers, the limits, the
// search_path.
//
// A connection of the relay's own has search_path and limits from its first transaction on
// (arrival.c). Behind a pooler nothing may be left in a session, so each transaction brings its
// own.
#include "sql.h"
#include "store_private.h"

#include <stdio.h>

// How long the server lets a statement run, and wait for a lock.
static void
limits_params(const struct store *store, struct params *params)
{
    char number[16];

    snprintf(number, sizeof number, "%d", store->settings.statement_timeout_ms);
    params_text(params, number);
    snprintf(number, sizeof number, "%d", store->settings.lock_timeout_ms);
    params_text(params, number);
}

void
store_settings_params(const struct store *store, struct params *params)
{
    char number[16];

    limits_params(store, params);
    snprintf(number, sizeof number, "%d", STORE_IDLE_IN_TRANSACTION_MS);
    params_text(params, number);
    params_text(params, store->arrival.path);
}

// For a transaction without a window: behind a pooler each brings the search_path and the limits.
struct step
store_poll_settings(const struct store *store, struct params *params)
{
    limits_params(store, params);
    params_text(params, store->arrival.path);
    return (struct step){.sql = sql_store_poll_settings, .params = params};
}

// Who answers decides whether statements may have names, and the session settings.
bool
store_meet_server(struct store *store, struct error *err)
{
    struct step settings = {.sql = sql_store_session_settings};

    if (!arrive(&store->wire, &store->settings, &store->names, &store->arrival, err))
        return false;
    arrival_name_table(&store->arrival, &store->names);
    prepared_begin(&store->wire.prepared, store->wire.connection, store->arrival.pid);
    if (!store->arrival.own)
        return true;
    if (!pipeline_require(&store->wire, store_patience_ms(store), &settings, 1, err))
        return false;
    pipeline_clear(&settings, 1);
    return true;
}

// Behind a pooler the shape is read in a transaction, which can have the search_path.
bool
store_read_shape(struct store *store, struct shape *ret_shape, struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    struct step steps[] = {{.sql = "BEGIN READ ONLY"}, store_poll_settings(store, &params)};
    struct shape shape;
    struct error second;

    if (store->arrival.own)
        return shape_read(&store->wire, &store->settings, &store->names, ret_shape, err);
    if (!pipeline_require(&store->wire, store_patience_ms(store), steps, 2, err))
        return false;
    pipeline_clear(steps, 2);
    if (!shape_read(&store->wire, &store->settings, &store->names, &shape, err)) {
        bool ignored = store_rollback(store, &second);
        (void)ignored;
        return false;
    }
    if (!store_commit(store, err)) {
        shape_free(&shape);
        return false;
    }
    *ret_shape = shape;
    return true;
}
