// SPDX-License-Identifier: Apache-2.0
//
// What is in the table, for people.
//
// Reports read and never lock: they must not disturb the relay whose backlog they count. Each runs
// in a read-only transaction of its own with a deadline on both sides. The table is looked at again
// for every report, because its version may change between two of them, and a report is rare.
#include "outrider/store/report.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/names.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOK_TIMEOUT_MS = 10000,   // catalog and version
    COUNT_TIMEOUT_MS = 600000, // a full count of a large table
    GRACE_MS = 2000,           // for the server's own time-out to arrive first
};

#define PG_EPOCH_US INT64_C(946684800000000) // 2000-01-01 in Unix microseconds
// What format_utc and PostgreSQL both write with four digits for the year.
#define MOST_US  INT64_C(253402300799999999)
#define LEAST_US INT64_C(-62135596800000000)

struct report {
    struct session *session;
    struct names names;
    int count_timeout_ms; // for reports that stop at a limit
    char max_retries[16];
    char *version_table; // quoted
    char oid[24];
    bool nullable;    // published may be NULL
    bool keeps_order; // a row may hold back others
    int version;
};

// A statement for the table as it was last looked at. topic: the expression for {topic}, where the
// statement has one.
static char *
expand(const struct report *report, const char *sql, const char *topic)
{
    const bool v2 = report->version == 2;
    const char *unpublished = v2                 ? sql_store_report_unpublished_v2
                              : report->nullable ? sql_store_report_unpublished_v1_nullable
                                                 : sql_store_report_unpublished_v1;
    const struct placeholder placeholders[] = {
        {"max_retries", report->max_retries, false},
        {"unpublished", unpublished, true},
        {"dead", v2 ? sql_store_report_dead_v2 : sql_store_report_dead_v1, true},
        {"dead_rows", v2 ? sql_store_report_dead_rows_v2 : sql_store_report_dead_rows_v1, true},
        {"order", v2 ? "o.{seq}" : "o.{created_at}", true},
        {"topic", topic, false},
        {"version_table", report->version_table, false},
    };
    return names_expand(&report->names, sql, placeholders,
                        sizeof placeholders / sizeof placeholders[0]);
}

// One statement in a read-only transaction with a deadline.
static bool
ask(struct report *report, const char *sql, const char *const *params, size_t param_count,
    int timeout_ms, struct session_result **ret_result, struct error *err)
{
    char server_ms[16];
    const char *const settings[] = {server_ms};
    struct session_result *result = NULL;
    struct session *session = report->session;

    snprintf(server_ms, sizeof server_ms, "%d", timeout_ms);
    bool good =
        session_run(session, "BEGIN READ ONLY", NULL, 0, LOOK_TIMEOUT_MS, NULL, err) &&
        session_run(session, sql_store_report_settings, settings, 1, LOOK_TIMEOUT_MS, NULL, err) &&
        session_run(session, sql, params, param_count, timeout_ms + GRACE_MS, &result, err);
    if (good && !session_run(session, "COMMIT", NULL, 0, LOOK_TIMEOUT_MS, NULL, err)) {
        session_result_free(result);
        good = false;
    } else if (!good && session_alive(session)) {
        struct error second; // the first is the one to tell
        bool ignored = session_run(session, "ROLLBACK", NULL, 0, LOOK_TIMEOUT_MS, NULL, &second);
        (void)ignored;
    }
    if (good)
        *ret_result = result;
    return good;
}

// NULL counts as 0.
static int64_t
number(const struct session_result *result, size_t row, size_t column)
{
    const char *value = session_value(result, row, column);
    return value == NULL ? 0 : strtoll(value, NULL, 10);
}

// Booleans travel as "t" and "f".
static bool
is_true(const struct session_result *result, size_t row, size_t column)
{
    return str_equal(session_value(result, row, column), "t");
}

// The row can be missing while a revert is under way: the table is of version 1 then, as relays see
// it too.
static bool
read_version(struct report *report, struct error *err)
{
    AUTOFREE char *sql = expand(report, sql_store_version, "");
    struct session_result *result;

    if (!ask(report, sql, NULL, 0, LOOK_TIMEOUT_MS, &result, err))
        return error_prefix(err, "reading the table's version");
    report->version = session_rows(result) == 1 && number(result, 0, 0) >= 2 ? 2 : 1;
    session_result_free(result);
    return true;
}

// The table as it is now.
static bool
look(struct report *report, struct error *err)
{
    AUTOFREE char *table = names_relation(&report->names, NULL);
    const char *const params[] = {table, report->version_table,
                                  report->names.columns[COLUMN_PUBLISHED]};
    struct session_result *result;

    if (!ask(report, sql_store_report_shape, params, 3, LOOK_TIMEOUT_MS, &result, err))
        return false;
    // The result is read out before anything else is asked.
    const bool found = session_rows(result) == 1;
    const bool versioned = found && is_true(result, 0, 2);
    if (found) {
        snprintf(report->oid, sizeof report->oid, "%s", session_value(result, 0, 0));
        report->nullable = is_true(result, 0, 1);
        report->version = 1;
    }
    session_result_free(result);
    if (!found)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "there is no table %s in this database; `outrider schema apply` makes it",
                         table);
    return !versioned || read_version(report, err);
}

// A session of its own: the relay's connections are the lanes'.
bool
report_open(const struct store_settings *settings, struct report **ret_report, struct error *err)
{
    struct report *report = xcalloc(1, sizeof *report);

    if (!names_init(&report->names, settings->table, settings->columns, err)) {
        free(report);
        return false;
    }
    report->count_timeout_ms = settings->statement_timeout_ms;
    report->keeps_order = settings->ordering == ORDERING_KEY;
    snprintf(report->max_retries, sizeof report->max_retries, "%d", settings->max_retries);
    report->version_table = names_relation(&report->names, "_outrider");
    if (!session_open(settings, false, NULL, &report->session, err) || !look(report, err)) {
        report_close(report);
        return false;
    }
    *ret_report = report;
    return true;
}

void
report_close(struct report *report)
{
    if (report == NULL)
        return;
    session_close(report->session);
    names_free(&report->names);
    free(report->version_table);
    free(report);
}

int
report_version(const struct report *report)
{
    return report->version;
}

// Sums are made here: the server has grouped by topic already.
static void
read_topics(const struct session_result *result, struct backlog *backlog)
{
    size_t rows = session_rows(result);

    *backlog = (struct backlog){.topics = xcalloc(rows, sizeof *backlog->topics), .count = rows};
    for (size_t i = 0; i < rows; i++) {
        struct backlog_topic *topic = &backlog->topics[i];
        *topic = (struct backlog_topic){
            .topic = xstrdup(session_value(result, i, 0)),
            .messages = number(result, i, 1),
            .dead = number(result, i, 2),
            .oldest_age_ms = number(result, i, 3),
        };
        backlog->messages += topic->messages;
        backlog->dead += topic->dead;
        if (backlog->oldest_age_ms < topic->oldest_age_ms)
            backlog->oldest_age_ms = topic->oldest_age_ms;
    }
}

bool
report_backlog(struct report *report, const struct template *topic, int64_t limit,
               struct backlog *ret_backlog, struct error *err)
{
    AUTOFREE char *expression = names_topic(&report->names, topic);
    char limit_text[24];
    const char *const params[] = {limit_text};
    struct session_result *result;

    snprintf(limit_text, sizeof limit_text, "%" PRId64, limit);
    if (!look(report, err))
        return false;
    AUTOFREE char *sql = expand(report, sql_store_report_backlog, expression);
    if (!ask(report, sql, params, 1, limit > 0 ? report->count_timeout_ms : COUNT_TIMEOUT_MS,
             &result, err))
        return error_prefix(err, "counting the backlog");
    read_topics(result, ret_backlog);
    session_result_free(result);
    // Version 1 looks for the dead among as many rows as the limit says.
    int64_t seen = report->version == 1 ? ret_backlog->messages + ret_backlog->dead : 0;
    ret_backlog->capped = limit > 0 && (ret_backlog->messages >= limit ||
                                        ret_backlog->dead >= limit || seen >= limit);
    return true;
}

void
backlog_free(struct backlog *backlog)
{
    for (size_t i = 0; i < backlog->count; i++)
        free(backlog->topics[i].topic);
    free(backlog->topics);
    *backlog = (struct backlog){0};
}

// Full counts: a drain's progress and its promise are by them, so they have no limit but a
// deadline.
bool
report_end(struct report *report, int64_t *ret_until, int64_t *ret_messages, struct error *err)
{
    struct session_result *result;

    if (!look(report, err))
        return false;
    AUTOFREE char *sql = expand(
        report, report->version == 2 ? sql_store_report_end_v2 : sql_store_report_end_v1, "");
    if (!ask(report, sql, NULL, 0, COUNT_TIMEOUT_MS, &result, err))
        return error_prefix(err, "counting the backlog");
    *ret_until = number(result, 0, 0);
    *ret_messages = number(result, 0, 1);
    session_result_free(result);
    return true;
}

// The position as its column's type reads it. created_at without time zone ignores the Z.
static void
format_until(const struct report *report, int64_t until, char out[static 40])
{
    int64_t unix_us;
    if (report->version == 2)
        snprintf(out, 40, "%" PRId64, until);
    else if (__builtin_add_overflow(until, PG_EPOCH_US, &unix_us) || unix_us > MOST_US)
        snprintf(out, 40, "infinity");
    else if (unix_us < LEAST_US)
        snprintf(out, 40, "-infinity");
    else
        format_utc(unix_us, 6, out);
}

// Counts by a statement whose columns are messages, waiting, next_attempt_ms and what else it has.
static bool
count(struct report *report, int64_t until, bool reasons, struct remaining *ret_remaining,
      struct error *err)
{
    static const char *const statements[2][2] = {
        {sql_store_report_count_v1, sql_store_report_count_v2},
        {sql_store_report_remaining_v1, sql_store_report_remaining_v2},
    };
    char position[40];
    const char *const params[] = {position, report->keeps_order ? "t" : "f"};
    struct session_result *result;

    if (!look(report, err))
        return false;
    format_until(report, until, position);
    AUTOFREE char *sql = expand(report, statements[reasons][report->version - 1], "");
    if (!ask(report, sql, params, reasons ? 2 : 1, COUNT_TIMEOUT_MS, &result, err))
        return error_prefix(err, "counting what is left");
    struct remaining remaining = {
        .messages = number(result, 0, 0),
        .waiting = number(result, 0, 1),
        .next_attempt_ms = number(result, 0, 2),
    };
    if (reasons) {
        remaining.locked = number(result, 0, 3);
        remaining.locked_pid = (int)number(result, 0, 4);
        remaining.held = number(result, 0, 5);
    }
    remaining.claimable =
        remaining.messages - remaining.waiting - remaining.locked - remaining.held;
    *ret_remaining = remaining;
    session_result_free(result);
    return true;
}

bool
report_remaining(struct report *report, int64_t until, struct remaining *ret_remaining,
                 struct error *err)
{
    return count(report, until, true, ret_remaining, err);
}

bool
report_count(struct report *report, int64_t until, struct remaining *ret_remaining,
             struct error *err)
{
    return count(report, until, false, ret_remaining, err);
}

// Only a look: between two windows nobody holds the slot, so 0 does not mean that no relay runs.
bool
report_slot_holder(struct report *report, int *ret_pid, struct error *err)
{
    const char *const params[] = {report->oid};
    struct session_result *result;

    if (!ask(report, sql_store_report_slot_holder, params, 1, LOOK_TIMEOUT_MS, &result, err))
        return false;
    *ret_pid = session_rows(result) > 0 ? (int)number(result, 0, 0) : 0;
    session_result_free(result);
    return true;
}
