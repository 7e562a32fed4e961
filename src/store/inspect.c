// SPDX-License-Identifier: Apache-2.0
//
// Questions about server and table.
//
// Each is asked in a read-only transaction of its own, so that one that fails, for want of a right
// or on an old server, spoils no other.
#include "outrider/store/inspect.h"

#include "outrider/base/xalloc.h"
#include "outrider/store/column_kind.h"
#include "outrider/store/column_type.h"
#include "sql.h"
#include "sqlstate.h"
#include "unreadable.h"
#include "visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct inspect {
    struct visit visit;
    struct store_settings settings; // the strings are the caller's
    struct inspect_by by;
    struct unreadable unreadable; // rows that were found so
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
    [INSPECT_NUMBERS_AHEAD] = sql_store_inspect_numbers_ahead,
    [INSPECT_POSTPONED] = sql_store_inspect_postponed,
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

// Of those that are read by their columns: what is read, and of how many rows at least. The cases
// of the others are rows of texts, of which none must be there.
static const struct {
    const char *fields;
    int rows;
} answers[INSPECT_QUESTIONS] = {
    [INSPECT_COLUMNS] = {"ttbltT", 0}, [INSPECT_CLOCK] = {"l", 1},       [INSPECT_PID] = {"l", 1},
    [INSPECT_PAYLOADS] = {"TLlL", 0},  [INSPECT_SENT_TOPICS] = {"t", 0},
};

bool
inspect_open(const struct store_settings *settings, const struct inspect_by *by,
             struct inspect **ret_inspect, struct error *err)
{
    struct visit visit;

    if (!visit_open(settings, NULL, &visit, err))
        return false;
    visit.grace_ms = STORE_LONG_GRACE_MS; // a payload can be slow to read
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
    unreadable_free(&inspect->unreadable);
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
    const char *names[COLUMN_COUNT];
    size_t count = 0;

    for (enum column column = 0; column < COLUMN_COUNT; column++)
        if (column_is_written(column) && column_since(column) <= inspect->visit.version)
            names[count++] = inspect->visit.names.columns[column];
    AUTOFREE char *array = sql_array(names, count);
    return sql_literal(array);
}

// The bytes of a waiting row's payload as they are sent; those of a foreign one as they are kept.
static char *
payload_size(const struct inspect *inspect)
{
    const struct names *names = &inspect->visit.names;
    AUTOFREE char *kept = visit_payload_bytes(&inspect->visit);
    AUTOFREE char *sent =
        names_expand(names, "octet_length(textsend(o.{payload}::text))::bigint", NULL, 0);
    return unreadable_guard_text(&inspect->unreadable, names, inspect->visit.binary ? kept : sent,
                                 kept, "NULL");
}

// The bytes of a waiting row's other texts.
static char *
name_size(const struct inspect *inspect)
{
    const struct names *names = &inspect->visit.names;
    const char *headers = inspect->visit.version == 2 ? "o.{headers}::text" : "NULL::text";
    const struct placeholder of[] = {{"headers_text", headers, true}};
    AUTOFREE char *size = names_expand(names, sql_store_inspect_names, of, 1);
    return unreadable_guard_text(&inspect->unreadable, names, size, "NULL", "NULL");
}

// The topic as it is shown.
static char *
topic(const struct inspect *inspect)
{
    const struct names *names = &inspect->visit.names;
    AUTOFREE char *cut = unreadable_cut_topic(names, inspect->by.topic);
    return unreadable_show(&inspect->unreadable, names, cut, "NULL");
}

// ids: an array of the rows that alone are looked at; NULL: all.
static char *
expand(const struct inspect *inspect, const char *sql, const char *ids)
{
    const struct visit *visit = &inspect->visit;
    AUTOFREE char *sequence = names_relation(&visit->names, "_outrider_seq");
    AUTOFREE char *sequence_literal = sql_literal(sequence);
    AUTOFREE char *id = sql_literal(visit->names.columns[COLUMN_ID]);
    AUTOFREE char *published = sql_literal(visit->names.columns[COLUMN_PUBLISHED]);
    AUTOFREE char *next_attempt_at = sql_literal(visit->names.columns[COLUMN_NEXT_ATTEMPT_AT]);
    AUTOFREE char *created_at = sql_literal(visit->names.columns[COLUMN_CREATED_AT]);
    const bool numbered = visit->version == 2;
    AUTOFREE char *order =
        sql_literal(visit->names.columns[numbered ? COLUMN_SEQ : COLUMN_CREATED_AT]);
    AUTOFREE char *written = written_columns(inspect);
    AUTOFREE char *shown_topic = topic(inspect);
    AUTOFREE char *among = ids == NULL ? NULL : sql_literal(ids);
    AUTOFREE char *payload_bytes = payload_size(inspect);
    AUTOFREE char *name_bytes = name_size(inspect);
    const bool deletes =
        inspect->settings.on_published == ON_PUBLISHED_DELETE || inspect->by.purges;
    char numbers[4][16], longest_wait_ms[24];
    const struct placeholder first[] = {
        {"oid", visit->oid, false},
        {"table_oid", visit->oid, false},
        {"strangers", sql_store_strangers, true},
        {"sequence_literal", sequence_literal, false},
        {"written", written, false},
        {"topic", shown_topic, false},
        {"id_name", id, false},
        {"published_name", published, false},
        {"created_at_name", created_at, false},
        {"next_attempt_at_name", next_attempt_at, false},
        {"order_name", order, false},
        {"version", numbered ? "2" : "1", false},
        {"deletes", deletes ? "true" : "false", false},
        {"held_seconds", numbers[0], false},
        {"lanes", numbers[1], false},
        {"window_ms", numbers[2], false},
        {"statement_ms", numbers[3], false},
        {"longest_wait_ms", longest_wait_ms, false},
        {"payload_bytes", payload_bytes, false},
        {"name_bytes", name_bytes, false},
        {"among", ids == NULL ? "" : sql_store_inspect_among, true},
        {"ids", ids == NULL ? "" : among, false},
        {"order", numbered ? "o.{seq}" : "o.{created_at}", true},
        {"last_number", numbered ? sql_store_last_number : sql_store_last_number_none, true},
        {"lowest", numbered ? sql_store_lowest : "false", true},
        {"ahead", numbered ? sql_store_ahead : "false", true},
        {"next_attempt", numbered ? "o.{next_attempt_at}" : "NULL::timestamptz", true},
        {"sequence", sequence, false},
    };

    snprintf(numbers[0], sizeof numbers[0], "%d", inspect->by.held_seconds);
    snprintf(numbers[1], sizeof numbers[1], "%d", inspect->by.lanes);
    snprintf(numbers[2], sizeof numbers[2], "%d", inspect->by.window_deadline_ms);
    snprintf(numbers[3], sizeof numbers[3], "%d", inspect->settings.statement_timeout_ms);
    snprintf(longest_wait_ms, sizeof longest_wait_ms, "%" PRId64, inspect->by.longest_wait_ms);
    return visit_expand(visit, sql, first, sizeof first / sizeof first[0]);
}

bool
inspect_ask(struct inspect *inspect, enum inspect_question question,
            struct session_result **ret_result, struct error *err)
{
    AUTOFREE char *sql = expand(inspect, questions[question], NULL);

    return visit_ask(&inspect->visit, sql, NULL, 0, VISIT_LOOK_MS, ret_result, err) &&
           (answers[question].fields == NULL ||
            session_expect(ret_result, answers[question].fields, answers[question].rows, err));
}

static bool
read_rows(void *context, const char *ids, struct error *err)
{
    struct inspect *inspect = context;
    AUTOFREE char *sql = expand(inspect, sql_store_inspect_payloads, ids);
    struct session_result *result;

    if (!visit_ask(&inspect->visit, sql, NULL, 0, VISIT_LOOK_MS, &result, err))
        return false;
    session_result_free(result);
    return true;
}

bool
inspect_payloads(struct inspect *inspect, struct session_result **ret_result, struct error *err)
{
    const struct unreadable_probe probe = {.read = read_rows, .context = inspect};
    AUTOFREE char *sql = expand(inspect, sql_store_inspect_waiting, NULL);
    struct session_result *ids;
    size_t before;

    do {
        before = inspect->unreadable.changes;
        if (inspect_ask(inspect, INSPECT_PAYLOADS, ret_result, err))
            return true;
        if (!sqlstate_lies_in_data(err->code) ||
            !visit_ask(&inspect->visit, sql, NULL, 0, VISIT_LOOK_MS, &ids, err) ||
            !session_expect(&ids, "u", 0, err))
            return false;
        const bool good = unreadable_find(&inspect->unreadable, &probe, ids, err);
        session_result_free(ids);
        if (!good)
            return false;
    } while (inspect->unreadable.changes > before);
    return false;
}

const char *
inspect_unreadable(const struct inspect *inspect, size_t i, const char **ret_why)
{
    if (i >= inspect->unreadable.count)
        return NULL;
    *ret_why = inspect->unreadable.rows[i].why;
    return inspect->unreadable.rows[i].id;
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
