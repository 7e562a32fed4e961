// SPDX-License-Identifier: Apache-2.0
//
// Questions about server and table.
//
// Each is asked in a read-only transaction of its own, so that one that fails, for want of a right
// or on an old server, spoils no other.
#include "outrider/store/inspect.h"

#include "outrider/base/xalloc.h"
#include "sql.h"
#include "visit.h"

#include <stdio.h>
#include <stdlib.h>

struct inspect {
    struct visit visit;
    struct store_settings settings; // the strings are the caller's
    struct inspect_by by;
};

static const char *const questions[INSPECT_QUESTIONS] = {
    [INSPECT_STANDBY] = sql_store_inspect_standby,
    [INSPECT_SERVER] = sql_store_inspect_server,
    [INSPECT_KIND] = sql_store_inspect_kind,
    [INSPECT_PERSISTENCE] = sql_store_inspect_persistence,
    [INSPECT_IDENTITY] = sql_store_inspect_identity,
    [INSPECT_RIGHTS] = sql_store_inspect_rights,
    [INSPECT_SCHEMAS] = sql_store_inspect_schemas,
    [INSPECT_ROW_SECURITY] = sql_store_inspect_row_security,
    [INSPECT_TRIGGERS] = sql_store_inspect_triggers,
    [INSPECT_RULES] = sql_store_inspect_rules,
    [INSPECT_REFERENCES] = sql_store_inspect_references,
    [INSPECT_UNPUBLISHED_INDEX] = sql_store_inspect_unpublished_index,
    [INSPECT_INVALID_INDEXES] = sql_store_inspect_invalid_indexes,
    [INSPECT_SEQUENCE_CACHE] = sql_store_inspect_sequence_cache,
    [INSPECT_UNORDERED] = sql_store_inspect_unordered,
    [INSPECT_AUTOVACUUM] = sql_store_inspect_autovacuum,
    [INSPECT_TIMEOUTS] = sql_store_inspect_timeouts,
    [INSPECT_CONNECTIONS] = sql_store_inspect_connections,
    [INSPECT_ACTIVITY] = sql_store_inspect_activity,
    [INSPECT_PREPARED] = sql_store_inspect_prepared,
    [INSPECT_REPLICATION_SLOTS] = sql_store_inspect_replication_slots,
    [INSPECT_COLUMNS] = sql_store_inspect_columns,
    [INSPECT_CLOCK] = sql_store_inspect_clock,
    [INSPECT_PID] = sql_store_inspect_pid,
    [INSPECT_PAYLOADS] = sql_store_inspect_payloads,
    [INSPECT_SENT_TOPICS] = sql_store_inspect_sent_topics,
};

bool
inspect_open(const struct store_settings *settings, const struct inspect_by *by,
             struct inspect **ret_inspect, struct error *err)
{
    struct visit visit;

    if (!visit_open(settings, NULL, &visit, err))
        return false;
    *ret_inspect = xmalloc(sizeof **ret_inspect);
    **ret_inspect = (struct inspect){.visit = visit, .settings = *settings, .by = *by};
    return true;
}

void
inspect_close(struct inspect *inspect)
{
    if (inspect == NULL)
        return;
    visit_close(&inspect->visit);
    free(inspect);
}

int
inspect_version(const struct inspect *inspect)
{
    return inspect->visit.version;
}

// The columns that the relay writes, as a literal of an array.
static char *
written_columns(const struct inspect *inspect)
{
    static const enum column written[] = {
        COLUMN_PUBLISHED,       COLUMN_PUBLISHED_AT, COLUMN_RETRY_COUNT, COLUMN_LAST_ERROR,
        COLUMN_NEXT_ATTEMPT_AT, COLUMN_ERROR_CLASS,  COLUMN_DEAD_AT,
    };
    const size_t v1 = 3, all = sizeof written / sizeof written[0];
    const char *names[sizeof written / sizeof written[0]];

    for (size_t i = 0; i < all; i++)
        names[i] = inspect->visit.names.columns[written[i]];
    AUTOFREE char *array = sql_array(names, inspect->visit.version == 2 ? all : v1);
    return sql_literal(array);
}

static char *
expand(const struct inspect *inspect, const char *sql)
{
    const struct visit *visit = &inspect->visit;
    AUTOFREE char *sequence = names_relation(&visit->names, "_outrider_seq");
    AUTOFREE char *sequence_literal = sql_literal(sequence);
    AUTOFREE char *id = sql_literal(visit->names.columns[COLUMN_ID]);
    AUTOFREE char *published = sql_literal(visit->names.columns[COLUMN_PUBLISHED]);
    AUTOFREE char *created_at = sql_literal(visit->names.columns[COLUMN_CREATED_AT]);
    const bool numbered = visit->version == 2;
    AUTOFREE char *order =
        sql_literal(visit->names.columns[numbered ? COLUMN_SEQ : COLUMN_CREATED_AT]);
    AUTOFREE char *written = written_columns(inspect);
    AUTOFREE char *topic = names_topic(&visit->names, inspect->by.topic);
    const bool deletes =
        inspect->settings.on_published == ON_PUBLISHED_DELETE || inspect->by.purges;
    char numbers[4][16];
    const struct placeholder first[] = {
        {"oid", visit->oid, false},
        {"table_oid", visit->oid, false},
        {"strangers", sql_store_strangers, true},
        {"sequence_literal", sequence_literal, false},
        {"written", written, false},
        {"topic", topic, false},
        {"id_name", id, false},
        {"published_name", published, false},
        {"created_at_name", created_at, false},
        {"order_name", order, false},
        {"version", numbered ? "2" : "1", false},
        {"deletes", deletes ? "true" : "false", false},
        {"held_seconds", numbers[0], false},
        {"lanes", numbers[1], false},
        {"window_ms", numbers[2], false},
        {"statement_ms", numbers[3], false},
        {"payload_text", visit->binary ? "o.{payload}" : "o.{payload}::text", true},
        {"order", numbered ? "o.{seq}" : "o.{created_at}", true},
    };

    snprintf(numbers[0], sizeof numbers[0], "%d", inspect->by.held_seconds);
    snprintf(numbers[1], sizeof numbers[1], "%d", inspect->by.lanes);
    snprintf(numbers[2], sizeof numbers[2], "%d", inspect->by.window_deadline_ms);
    snprintf(numbers[3], sizeof numbers[3], "%d", inspect->settings.statement_timeout_ms);
    return visit_expand(visit, sql, first, sizeof first / sizeof first[0]);
}

bool
inspect_ask(struct inspect *inspect, enum inspect_question question,
            struct session_result **ret_result, struct error *err)
{
    AUTOFREE char *sql = expand(inspect, questions[question]);

    return visit_ask(&inspect->visit, sql, NULL, 0, VISIT_LOOK_MS, ret_result, err);
}

bool
inspect_pooled(struct inspect *inspect, bool *ret_pooled, struct error *err)
{
    struct session_result *result;

    if (!inspect_ask(inspect, INSPECT_PID, &result, err))
        return false;
    *ret_pooled = visit_number(result, 0, 0) != session_server_pid(inspect->visit.session);
    session_result_free(result);
    return true;
}
