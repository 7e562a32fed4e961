// SPDX-License-Identifier: Apache-2.0
//
// What is in the table, for people.
//
// Reports read and never lock: they must not disturb the relay whose backlog they count.
#include "report_private.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "slot_holder.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define PG_EPOCH_US INT64_C(946684800000000) // 2000-01-01 in Unix microseconds
// What format_utc and PostgreSQL both write with four digits for the year.
#define MOST_US  INT64_C(253402300799999999)
#define LEAST_US INT64_C(-62135596800000000)

bool
report_open(const struct store_settings *settings, struct report **ret_report, struct error *err)
{
    return report_open_until(settings, NULL, ret_report, err);
}

// A session of its own: the relay's connections are the lanes'.
bool
report_open_until(const struct store_settings *settings, const atomic_bool *abort,
                  struct report **ret_report, struct error *err)
{
    struct visit visit;

    if (!visit_open(settings, abort, &visit, err))
        return false;
    *ret_report = xmalloc(sizeof **ret_report);
    **ret_report = (struct report){
        .visit = visit,
        .count_timeout_ms = settings->statement_timeout_ms,
        .keeps_order = settings->ordering == ORDERING_KEY,
        .application_name = settings->application_name,
    };
    return true;
}

void
report_close(struct report *report)
{
    if (report == NULL)
        return;
    visit_close(&report->visit);
    unreadable_free(&report->unreadable);
    free(report);
}

int
report_version(const struct report *report)
{
    return report->visit.version;
}

int
report_slots(const struct report *report)
{
    return report->keeps_order ? report->visit.slots : 1;
}

// Sums are made here: the server has grouped by topic already.
static void
read_topics(const struct session_result *result, struct backlog *backlog)
{
    size_t rows = session_rows(result);

    *backlog = (struct backlog){.topics = xcalloc(rows, sizeof *backlog->topics),
                                .count = rows,
                                .oldest_age_ms = BACKLOG_AGELESS};
    for (size_t i = 0; i < rows; i++) {
        struct backlog_topic *topic = &backlog->topics[i];
        *topic = (struct backlog_topic){
            .topic = xstrdup(session_value(result, i, 0)),
            .messages = visit_number(result, i, 1),
            .dead = visit_number(result, i, 2),
            .oldest_age_ms =
                session_value(result, i, 3) == NULL ? BACKLOG_AGELESS : visit_number(result, i, 3),
            .spent = visit_number(result, i, 4),
        };
        backlog->messages += topic->messages;
        backlog->spent += topic->spent;
        backlog->dead += topic->dead;
        if (backlog->oldest_age_ms < topic->oldest_age_ms)
            backlog->oldest_age_ms = topic->oldest_age_ms;
    }
}

bool
report_backlog(struct report *report, const struct template *topic, int64_t limit,
               struct backlog *ret_backlog, struct error *err)
{
    char limit_text[24];
    const char *const params[] = {limit_text};
    struct session_result *result;

    snprintf(limit_text, sizeof limit_text, "%" PRId64, limit);
    if (!visit_look(&report->visit, err))
        return false;
    if (!report_ask(report, sql_store_report_backlog, topic, params, 1,
                    limit > 0 ? report->count_timeout_ms : REPORT_COUNT_MS, &result, err))
        return error_prefix(err, "counting the backlog");
    if (!session_expect(&result, "tllLl", 0, err))
        return false;
    read_topics(result, ret_backlog);
    session_result_free(result);
    // Version 1 looks for the dead among as many rows as the limit says.
    int64_t seen = report->visit.version == 1 ? ret_backlog->messages + ret_backlog->dead : 0;
    ret_backlog->capped = limit > 0 && (ret_backlog->messages >= limit ||
                                        ret_backlog->dead >= limit || seen >= limit);
    return true;
}

bool
report_activity(struct report *report, struct activity *ret_activity, struct error *err)
{
    const char *const params[] = {report->visit.oid};
    struct session_result *result;

    if (!visit_ask(&report->visit, sql_store_report_activity, params, 1, VISIT_LOOK_MS, &result,
                   err))
        return error_prefix(err, "reading the table's statistics");
    if (!session_expect(&result, "lll", 1, err))
        return false;
    *ret_activity = (struct activity){
        .inserted = visit_number(result, 0, 0),
        .updated = visit_number(result, 0, 1),
        .deleted = visit_number(result, 0, 2),
    };
    session_result_free(result);
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

bool
report_dead_reasons(struct report *report, const struct template *topic, int64_t limit, int most,
                    struct dead_reasons *ret_reasons, struct error *err)
{
    char limit_text[24], most_text[16];
    const char *const params[] = {limit_text, most_text};
    struct session_result *result;

    snprintf(limit_text, sizeof limit_text, "%" PRId64, limit);
    snprintf(most_text, sizeof most_text, "%d", most);
    if (!visit_look(&report->visit, err))
        return false;
    const char *statement =
        report->visit.version == 2 ? sql_store_report_reasons_v2 : sql_store_report_reasons_v1;
    if (!report_ask(report, statement, topic, params, 2, report->count_timeout_ms, &result, err))
        return error_prefix(err, "counting dead letters by reason");
    if (!session_expect(&result, "tTTll", 0, err))
        return false;
    const size_t rows = session_rows(result);
    *ret_reasons = (struct dead_reasons){xcalloc(rows, sizeof *ret_reasons->list), rows};
    for (size_t i = 0; i < rows; i++)
        ret_reasons->list[i] = (struct dead_reason){
            .topic = xstrdup(session_value(result, i, 0)),
            .error_class = xstrdup_or_null(session_value(result, i, 1)),
            .error = xstrdup_or_null(session_value(result, i, 2)),
            .messages = visit_number(result, i, 3),
            .last_dead_ms = visit_number(result, i, 4),
        };
    session_result_free(result);
    return true;
}

void
dead_reasons_free(struct dead_reasons *reasons)
{
    for (size_t i = 0; i < reasons->count; i++) {
        free(reasons->list[i].topic);
        free(reasons->list[i].error_class);
        free(reasons->list[i].error);
    }
    free(reasons->list);
    *reasons = (struct dead_reasons){0};
}

bool
report_fellows(struct report *report, const char *own_pids, struct fellows *ret_fellows,
               struct error *err)
{
    const char *const params[] = {report->application_name, own_pids, report->visit.oid};
    struct session_result *result;

    if (!visit_ask(&report->visit, sql_store_report_fellows, params, 3, VISIT_LOOK_MS, &result,
                   err))
        return error_prefix(err, "looking for other relays");
    if (!session_expect(&result, "tllb", 0, err))
        return false;
    const size_t rows = session_rows(result);
    *ret_fellows = (struct fellows){xcalloc(rows, sizeof *ret_fellows->list), rows};
    for (size_t i = 0; i < rows; i++)
        ret_fellows->list[i] = (struct fellow){
            .host = xstrdup(session_value(result, i, 0)),
            .sessions = visit_number(result, i, 1),
            .age_ms = visit_number(result, i, 2),
            .works = visit_is_true(result, i, 3),
        };
    session_result_free(result);
    return true;
}

void
fellows_free(struct fellows *fellows)
{
    for (size_t i = 0; i < fellows->count; i++)
        free(fellows->list[i].host);
    free(fellows->list);
    *fellows = (struct fellows){0};
}

// Full counts: a drain's progress and its promise are by them, so they have no limit but a
// deadline.
bool
report_end(struct report *report, int64_t *ret_until, int64_t *ret_messages, struct error *err)
{
    struct session_result *result;

    if (!visit_look(&report->visit, err))
        return false;
    AUTOFREE char *sql = report_expand(
        report, report->visit.version == 2 ? sql_store_report_end_v2 : sql_store_report_end_v1,
        NULL);
    if (!visit_ask(&report->visit, sql, NULL, 0, REPORT_COUNT_MS, &result, err))
        return error_prefix(err, "counting the backlog");
    if (!session_expect(&result, "ll", 1, err))
        return false;
    *ret_until = visit_number(result, 0, 0);
    *ret_messages = visit_number(result, 0, 1);
    session_result_free(result);
    return true;
}

// The position as its column's type reads it. created_at without time zone ignores the Z.
static void
format_until(const struct report *report, int64_t until, char out[static 40])
{
    int64_t unix_us;
    if (report->visit.version == 2)
        snprintf(out, 40, "%" PRId64, until);
    else if (__builtin_add_overflow(until, PG_EPOCH_US, &unix_us) || unix_us > MOST_US)
        snprintf(out, 40, "infinity");
    else if (unix_us < LEAST_US)
        snprintf(out, 40, "-infinity");
    else
        format_utc(unix_us, 6, out);
}

// The row of a count, whose columns are messages, waiting, next_attempt_ms and, with `reasons`, the
// rest of struct remaining.
static void
read_remaining(const struct session_result *result, bool reasons, struct remaining *ret_remaining)
{
    struct remaining remaining = {
        .messages = visit_number(result, 0, 0),
        .waiting = visit_number(result, 0, 1),
        .next_attempt_ms = visit_number(result, 0, 2),
    };
    if (reasons) {
        remaining.locked = visit_number(result, 0, 3);
        remaining.locked_pid = (int)visit_number(result, 0, 4);
        remaining.held = visit_number(result, 0, 5);
        remaining.blocked = visit_number(result, 0, 6);
        const char *gid = session_value(result, 0, 7);
        snprintf(remaining.locked_gid, sizeof remaining.locked_gid, "%s", gid == NULL ? "" : gid);
    }
    remaining.claimable = remaining.messages - remaining.waiting - remaining.locked -
                          remaining.held - remaining.blocked;
    *ret_remaining = remaining;
}

bool
report_remaining(struct report *report, int64_t until, const struct template *topic,
                 const char *const *blocked, size_t blocked_count, struct remaining *ret_remaining,
                 struct error *err)
{
    AUTOFREE char *topics = sql_array(blocked, blocked_count);
    char position[40];
    const char *const params[] = {position, report->keeps_order ? "t" : "f", topics};
    struct session_result *result;

    if (!visit_look(&report->visit, err))
        return false;
    format_until(report, until, position);
    const char *statement =
        report->visit.version == 2 ? sql_store_report_remaining_v2 : sql_store_report_remaining_v1;
    if (!report_ask(report, statement, topic, params, 3, REPORT_COUNT_MS, &result, err))
        return error_prefix(err, "counting what is left");
    if (!session_expect(&result, "lllllllT", 1, err))
        return false;
    read_remaining(result, true, ret_remaining);
    session_result_free(result);
    return true;
}

bool
report_count(struct report *report, int64_t until, struct remaining *ret_remaining,
             struct error *err)
{
    char position[40];
    const char *const params[] = {position};
    struct session_result *result;

    if (!visit_look(&report->visit, err))
        return false;
    format_until(report, until, position);
    AUTOFREE char *sql = report_expand(
        report, report->visit.version == 2 ? sql_store_report_count_v2 : sql_store_report_count_v1,
        NULL);
    if (!visit_ask(&report->visit, sql, params, 1, REPORT_COUNT_MS, &result, err))
        return error_prefix(err, "counting what is left");
    if (!session_expect(&result, "lll", 1, err))
        return false;
    read_remaining(result, false, ret_remaining);
    session_result_free(result);
    return true;
}

// Between two windows no session holds a slot, so an answer without a holder does not mean that no
// relay runs.
bool
report_slot_holder(struct report *report, struct slot_holder *ret_holder, struct error *err)
{
    const struct slot_range every = {0, STORE_SLOTS_MAX - 1};
    struct visit *visit = &report->visit;

    if (visit_begin(visit, "BEGIN READ ONLY", VISIT_LOOK_MS, err) &&
        slot_holder_look(visit, every, report->keeps_order, ret_holder, err) &&
        visit_commit(visit, err))
        return true;
    visit_rollback(visit);
    return error_prefix(err, "looking for the session that holds a slot");
}
