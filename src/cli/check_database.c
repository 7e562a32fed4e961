// SPDX-License-Identifier: Apache-2.0
//
// What `check` sees in PostgreSQL, with the rights of the relay and over its own DSN.
//
// Most of it is found by the rows of a question (finding_kinds.c). What is judged here needs the
// configuration's tables, the host or the relay's own statements.
#include "ask_holder.h"
#include "check.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/relay/relay.h"
#include "outrider/schema/schema.h"
#include "outrider/store/column_kind.h"
#include "outrider/store/column_type.h"
#include "outrider/store/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKEW_US = 60000000 }; // from here on other hosts refuse what this one says

struct looking {
    const struct settings *settings;
    struct findings *findings;
    struct inspect *inspect;
    char *table; // quoted
    bool fits;   // its columns: the relay can work on it
};

// Every row of the kind's question is a case of it.
static void
ask(struct looking *looking, enum finding finding)
{
    struct session_result *result;
    struct error err;

    if (!inspect_ask(looking->inspect, finding_kinds[finding].question, &result, &err)) {
        findings_skip(looking->findings, finding, err.text);
        return;
    }
    for (size_t row = 0; row < session_rows(result); row++) {
        const char *values[FINDING_VALUES] = {0};
        for (size_t column = 0; column < session_columns(result) && column < FINDING_VALUES;
             column++)
            values[column] = session_value(result, row, column);
        if (values[0] == NULL)
            findings_skip(looking->findings, finding, values[1] == NULL ? "" : values[1]);
        else
            findings_add(looking->findings, finding, values);
    }
    session_result_free(result);
}

// The row of a column's name, or the number of rows.
static size_t
find_column(const struct session_result *columns, const char *name)
{
    size_t row = 0;
    while (row < session_rows(columns) && !str_equal(session_value(columns, row, 0), name))
        row++;
    return row;
}

// What the relay writes can be written, and a row is not born with what only the relay may write.
static void
check_column_kind(struct looking *looking, const struct session_result *columns, size_t row,
                  enum column column)
{
    const bool not_null = str_equal(session_value(columns, row, 2), "t");
    const char *preset = session_value(columns, row, 5);
    AUTOFREE char *quoted = sql_identifier(session_value(columns, row, 0));
    struct column_defect defect;

    if (column_find_defect(column, not_null, *session_value(columns, row, 4), &defect)) {
        FIND(looking->findings, FINDING_COLUMN_KIND, looking->table, quoted, defect.why,
             defect.alter, column_name(column));
        looking->fits = false;
    }
    if (preset == NULL || str_starts_with(preset, "NULL"))
        return;
    if (column == COLUMN_DEAD_AT || (column == COLUMN_PUBLISHED && str_equal(preset, "true")))
        FIND(looking->findings, FINDING_COLUMN_DEFAULT, looking->table, quoted, preset,
             column == COLUMN_DEAD_AT ? "dead, and" : "published, and",
             column == COLUMN_DEAD_AT ? "NULL" : "false");
}

// A NULL in created_at has no place in version 1's order. Other columns may be NULL: published and
// retry_count count as false and 0 then, the others are sent as they are.
static void
check_column(struct looking *looking, const struct session_result *columns, enum column column,
             const char *name)
{
    const size_t row = find_column(columns, name);
    const int version = inspect_version(looking->inspect);

    if (row == session_rows(columns)) {
        FIND(looking->findings, FINDING_COLUMN_MISSING, looking->table, name, column_name(column));
        looking->fits = false;
        return;
    }
    const char *type = session_value(columns, row, 1);
    if (!column_type_fits(column, (uint32_t)strtoul(session_value(columns, row, 3), NULL, 10))) {
        FIND(looking->findings, FINDING_COLUMN_TYPE, looking->table, name, type,
             column_type_wanted(column), column_name(column));
        looking->fits = false;
    }
    check_column_kind(looking, columns, row, column);
    const bool must = column == COLUMN_ID || (column == COLUMN_CREATED_AT && version == 1);
    if (must && str_equal(session_value(columns, row, 2), "f")) {
        AUTOFREE char *quoted = sql_identifier(name);
        FIND(looking->findings, FINDING_COLUMN_NULLABLE, looking->table, quoted,
             column == COLUMN_ID ? "a row without an id cannot be marked"
                                 : "version 1 reads the queue in its order, and would never find "
                                   "such a row");
        looking->fits = false;
    }
}

static void
check_columns(struct looking *looking)
{
    struct session_result *columns;
    struct error err;

    looking->fits = false;
    if (!inspect_ask(looking->inspect, INSPECT_COLUMNS, &columns, &err)) {
        findings_skip(looking->findings, FINDING_COLUMN_MISSING, err.text);
        return;
    }
    looking->fits = true;
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        const char *mapped = looking->settings->store.columns[column];
        if (column_since(column) <= inspect_version(looking->inspect))
            check_column(looking, columns, column, mapped == NULL ? column_name(column) : mapped);
    }
    session_result_free(columns);
}

// The answer was made between the two looks at our clock, if both clocks agree.
static void
check_clock(struct looking *looking, int64_t *ret_ahead_us)
{
    struct session_result *result;
    struct error err;
    struct text skew __attribute__((cleanup(text_free))) = {0};
    const int64_t before = wall_us();

    if (!inspect_ask(looking->inspect, INSPECT_CLOCK, &result, &err)) {
        findings_skip(looking->findings, FINDING_CLOCK_SKEW, err.text);
        return;
    }
    const int64_t after = wall_us();
    const int64_t server = strtoll(session_value(result, 0, 0), NULL, 10);
    session_result_free(result);
    *ret_ahead_us = wall_ahead_us(before, server, after);
    const int64_t off = llabs(*ret_ahead_us);
    if (off < WALL_TOLERANCE_US)
        return;
    text_appendf(&skew, "%.1f s", (double)off / 1e6);
    FIND(looking->findings, off < SKEW_US ? FINDING_CLOCK_DRIFT : FINDING_CLOCK_SKEW,
         text_str(&skew), *ret_ahead_us > 0 ? "ahead of" : "behind");
}

static void
check_pooler(struct looking *looking)
{
    const struct store_settings *store = &looking->settings->store;
    struct error err;
    bool pooled;

    if (!inspect_pooled(looking->inspect, &pooled, &err))
        findings_skip(looking->findings, FINDING_POOLER_DIRECT, err.text);
    else if (pooled && store->direct_dsn == NULL)
        FIND(looking->findings, FINDING_POOLER_DIRECT, "database.dsn");
    if (store->direct_dsn == NULL)
        return;
    struct store_settings direct = *store;
    direct.dsn = store->direct_dsn;
    const struct inspect_by by = {.topic = &store->topic};
    struct inspect *inspect;
    if (!inspect_open(&direct, &by, &inspect, &err)) {
        FIND(looking->findings, FINDING_DIRECT_AWAY, err.text);
        return;
    }
    if (inspect_pooled(inspect, &pooled, &err) && pooled)
        FIND(looking->findings, FINDING_POOLER_DIRECT, "database.direct_dsn");
    inspect_close(inspect);
}

// What schema status says: a table of version 1 is one finding, whatever is pending for it.
static int
check_schema(struct looking *looking)
{
    struct schema_status status;
    struct error err;

    if (!schema_status(&looking->settings->store, SCHEMA_LATEST, &status, &err)) {
        findings_skip(looking->findings, FINDING_SCHEMA_PENDING, err.text);
        return 1;
    }
    const int slots = status.version > 1 ? status.slots : 1;
    char *rest = status.pending.data, *line;
    if (status.version < SCHEMA_LATEST)
        FIND(looking->findings, FINDING_SCHEMA_VERSION, status.table);
    else
        while ((line = strsep(&rest, "\n")) != NULL)
            if (*line != '\0')
                FIND(looking->findings, FINDING_SCHEMA_PENDING, status.table, line);
    schema_status_free(&status);
    return slots;
}

static void
check_lanes(struct looking *looking, int slots)
{
    const struct settings *settings = looking->settings;
    char lanes[16], can[16], wanted[16];
    int power = 1;

    if (settings->store.ordering != ORDERING_KEY)
        return;
    while (power < settings->relay.lanes)
        power *= 2;
    snprintf(lanes, sizeof lanes, "%d", settings->relay.lanes);
    snprintf(can, sizeof can, "%d", slots);
    snprintf(wanted, sizeof wanted, "%d", power);
    if (slots > 1 && settings->relay.envelope.key != COLUMN_AGGREGATE_ID)
        FIND(looking->findings, FINDING_SLOT_KEY, can, column_name(settings->relay.envelope.key));
    if (settings->relay.lanes > slots)
        FIND(looking->findings, FINDING_LANES_IDLE, lanes, can, wanted);
}

// check reports every holder but another relay.
static void
check_slot_holder(struct looking *looking)
{
    struct store_settings store = looking->settings->store;
    struct report *report = NULL;
    struct slot_holder holder;
    enum holder_kind kind;
    struct error err;

    store.standby_will_do = true;
    if (!report_open(&store, &report, &err) ||
        !ask_holder(report, looking->settings, &holder, &kind, &err))
        findings_skip(looking->findings, FINDING_SLOT_TAKEN, err.text);
    else if (kind != HOLDER_RELAY)
        FIND(looking->findings, FINDING_SLOT_TAKEN, holder.who, holder.lock, holder_reason(kind),
             holder_advice(kind), holder.remedy);
    report_close(report);
}

// What is wrong with a plan, NULL when nothing is: under the node that locks, rows should come in
// the claim's order from an index, and from a part of it. Incremental Sort only orders those of one
// instant; what is sorted above the locks is a batch.
static const char *
plan_problem(const char *plan)
{
    const char *below = strstr(plan, "LockRows");

    if (below == NULL || strstr(below, "Seq Scan") != NULL)
        return "it reads the whole table";
    if (strstr(below, "->  Sort\n") != NULL)
        return "it reads all that waits and sorts it";
    if (strstr(below, "Index Cond:") == NULL)
        return "it reads a whole index";
    return NULL;
}

static void
check_plan(struct looking *looking, struct store *store)
{
    const struct settings *settings = looking->settings;
    const struct claim claim = {
        .after = {.major = INT64_MIN},
        .since = {.major = INT64_MIN},
        .until = POSITION_LAST,
        .limit = settings->relay.batch_size,
        .batch_bytes = (size_t)settings->relay.batch_bytes,
        .max_row_bytes = INT32_MAX,
    };
    struct text plan __attribute__((cleanup(text_free))) = {0};
    struct error err;
    char limit[32];

    if (!store_explain_claim(store, &claim, &plan, &err)) {
        findings_skip(looking->findings, FINDING_PLAN, err.text);
    } else {
        const char *problem = plan_problem(text_str(&plan));
        snprintf(limit, sizeof limit, "%d rows", claim.limit);
        if (problem != NULL)
            FIND(looking->findings, FINDING_PLAN, looking->table, limit, problem);
    }
}

// What only a lane's own connection can tell.
static void
check_as_lane(struct looking *looking)
{
    struct store *store = check_open(looking->settings, looking->findings);

    if (store == NULL)
        return;
    check_plan(looking, store);
    check_trial(looking->settings, store, looking->table, looking->findings);
    store_close(store);
}

// The first few of the rows that wait and cannot be read.
static void
check_unreadable(struct looking *looking)
{
    enum { FEW = 10 };
    const char *id, *why;

    for (size_t i = 0; i < FEW && (id = inspect_unreadable(looking->inspect, i, &why)) != NULL; i++)
        FIND(looking->findings, FINDING_ROW_UNREADABLE, looking->table, id, why);
}

static void
check_payloads(struct looking *looking, struct check_topics *topics)
{
    const int64_t most = check_property_number(looking->settings, "message.max.bytes");
    struct session_result *result;
    struct error err;
    char limit[24];

    snprintf(limit, sizeof limit, "%" PRId64, most);
    if (!inspect_payloads(looking->inspect, &result, &err)) {
        findings_skip(looking->findings, FINDING_PAYLOAD_TOO_LARGE, err.text);
        return;
    }
    check_unreadable(looking);
    for (size_t row = 0; row < session_rows(result); row++) {
        const char *topic = session_value(result, row, 0), *bytes = session_value(result, row, 1);
        const int64_t payload = bytes == NULL ? 0 : strtoll(bytes, NULL, 10);
        if (topic == NULL)
            continue;
        check_topics_add(topics, topic, payload);
        check_topic_name(looking->settings, topic, looking->findings);
        if (payload > most)
            FIND(looking->findings, FINDING_PAYLOAD_TOO_LARGE, topic, bytes, limit);
    }
    session_result_free(result);
}

// Whose replicas and limits are worth a look though nothing waits, as on most days.
static void
check_sent_topics(struct looking *looking, struct check_topics *topics)
{
    struct session_result *result;
    struct error err;

    if (!inspect_ask(looking->inspect, INSPECT_SENT_TOPICS, &result, &err)) {
        findings_skip(looking->findings, FINDING_REPLICATION_ONE, err.text);
        return;
    }
    for (size_t row = 0; row < session_rows(result); row++)
        check_topics_add(topics, session_value(result, row, 0), CHECK_ONLY_SENT);
    session_result_free(result);
}

// What an error of the first look means.
static enum finding
of_error(const struct error *err)
{
    if (str_starts_with(err->code, "TABLE") && strstr(err->text, "version table") != NULL)
        return FINDING_VERSION_LOST;
    if (str_starts_with(err->code, "TABLE"))
        return FINDING_TABLE_MISSING;
    if (strstr(err->text, "statement pooling") != NULL)
        return FINDING_POOLER_MODE;
    return FINDING_DATABASE_AWAY;
}

static void
look(struct looking *looking, struct check_topics *topics)
{
    for (enum finding finding = 0; finding < FINDING_COUNT; finding++)
        if (finding_kinds[finding].question != INSPECT_NOTHING)
            ask(looking, finding);
    check_clock(looking, &topics->clock_ahead_us);
    check_pooler(looking);
    check_columns(looking);
    check_lanes(looking, check_schema(looking));
    check_slot_holder(looking);
    check_as_lane(looking);
    if (!looking->fits)
        return;
    check_payloads(looking, topics);
    check_sent_topics(looking, topics);
}

void
check_database(const struct settings *settings, int held_seconds, struct findings *findings,
               struct check_topics *topics)
{
    const struct inspect_by by = {
        .topic = &settings->relay.envelope.topic,
        .held_seconds = held_seconds,
        .lanes = settings->relay.lanes,
        .window_deadline_ms = settings->relay.window_deadline_ms,
        .longest_wait_ms = relay_longest_wait_ms(&settings->relay),
        .purges = settings->relay.retention_ms > 0,
    };
    struct looking looking = {.settings = settings, .findings = findings};
    struct store_settings store = settings->store;
    struct names names = {0};
    struct error err;

    store.standby_will_do = true; // to say that it is one
    if (!inspect_open(&store, &by, &looking.inspect, &err)) {
        if (str_equal(err.code, "42501")) {
            error_prefix(&err, "what is looked at first");
            FIND(findings, FINDING_RIGHT_MISSING, "a right", err.text,
                 "-- as the owner: GRANT USAGE on the schema, SELECT on the version table");
        } else {
            FIND(findings, of_error(&err), err.text);
        }
        return;
    }
    if (names_init(&names, store.table, store.columns, &err))
        looking.table = names_relation(&names, NULL);
    look(&looking, topics);
    inspect_close(looking.inspect);
    names_free(&names);
    free(looking.table);
}
