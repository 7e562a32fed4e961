// SPDX-License-Identifier: Apache-2.0
//
// Reports' statements over many rows.
//
// One row that cannot be read makes such a statement fail, and the server does not say which. So
// the rows of all reports are gone through until it is found; then the statement is made anew, and
// counts that row without reading it.
#include "report_private.h"

#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"

#include <stdio.h>
#include <stdlib.h>

// A text that is shown, NULL of rows that cannot be read. Caller frees.
static char *
show(const struct report *report, const char *text)
{
    const struct names *names = &report->visit.names;
    AUTOFREE char *expanded = names_expand(names, text, NULL, 0);
    return unreadable_show(&report->unreadable, names, expanded, "NULL");
}

// The aggregate, which is compared only: it stays as it is while it can be read. Caller frees.
static char *
guard_aggregate(const struct report *report)
{
    const struct names *names = &report->visit.names;
    AUTOFREE char *aggregate = names_expand(names, sql_store_aggregate, NULL, 0);
    return unreadable_guard(&report->unreadable, names, aggregate, "NULL");
}

// Caller frees.
static char *
show_topic(const struct report *report, const struct template *topic)
{
    const struct names *names = &report->visit.names;
    AUTOFREE char *cut = unreadable_cut_topic(names, topic);
    return unreadable_show(&report->unreadable, names, cut, "'(unreadable)'");
}

char *
report_expand(const struct report *report, const char *sql, const struct template *topic)
{
    static const struct template no_topic;
    const bool v2 = report->visit.version == 2;
    AUTOFREE char *shown = show_topic(report, topic == NULL ? &no_topic : topic);
    AUTOFREE char *aggregate = guard_aggregate(report);
    AUTOFREE char *class = show(report, "left(o.{error_class}::text, 200) COLLATE \"C\"");
    AUTOFREE char *error = show(report, "left(o.{last_error}::text, 200) COLLATE \"C\"");
    const struct placeholder placeholders[] = {
        {"dead_rows", v2 ? sql_store_report_dead_rows_v2 : sql_store_report_dead_rows_v1, true},
        {"order", v2 ? "o.{seq}" : "o.{created_at}", true},
        {"lowest", sql_store_lowest, true},
        {"topic", shown, false},
        {"aggregate", aggregate, false},
        {"class", v2 ? class : "NULL::text", false},
        {"error", v2 ? error : "NULL::text", false},
    };
    return visit_expand(&report->visit, sql, placeholders,
                        sizeof placeholders / sizeof placeholders[0]);
}

// What a probe reads.
struct reading {
    struct report *report;
    const struct template *topic;
};

static bool
read_rows(void *context, const char *ids, struct error *err)
{
    struct reading *reading = context;
    struct report *report = reading->report;
    AUTOFREE char *sql = report_expand(report, sql_store_report_probe, reading->topic);
    const char *const params[] = {ids};
    struct session_result *result;

    if (!visit_ask(&report->visit, sql, params, 1, report->count_timeout_ms, &result, err))
        return false;
    session_result_free(result);
    return true;
}

// The rows of reports, in lists of an order each: those that wait, the oldest first, the dead, and,
// whether alive or dead, those that have no place in an order.
static const struct {
    const char *listed, *place_v1, *place_v2;
} lists[] = {
    {"NOT ({dead})", "o.{created_at}", "o.{seq}"},
    {"({dead})", "o.{created_at}", "o.{dead_at}"},
    {"{order} IS NULL", "0::bigint", "0::bigint"},
};

enum { LISTS = sizeof lists / sizeof lists[0] };

// How far a list has been read: the last row of a page, both NULL at the start.
struct bookmark {
    char *place, *id;
    bool ended;
};

// The next page of a list.
static bool
read_ids(struct report *report, size_t list, struct bookmark *at, struct session_result **ret_ids,
         struct error *err)
{
    enum { PAGE = 100000 };
    const bool v2 = report->visit.version == 2;
    const struct placeholder placeholders[] = {
        {"listed", lists[list].listed, true},
        {"place", v2 ? lists[list].place_v2 : lists[list].place_v1, true},
        {"order", v2 ? "o.{seq}" : "o.{created_at}", true},
    };
    AUTOFREE char *sql = visit_expand(&report->visit, sql_store_report_ids, placeholders, 3);
    char most[16];
    const char *const params[] = {at->place, at->id, most};
    struct session_result *ids;

    snprintf(most, sizeof most, "%d", PAGE);
    if (!visit_ask(&report->visit, sql, params, 3, REPORT_COUNT_MS, &ids, err) ||
        !session_expect(&ids, "uT", 0, err))
        return false;
    const size_t count = session_rows(ids);
    at->ended = count < PAGE;
    if (!at->ended) {
        free(at->place);
        free(at->id);
        at->place = xstrdup_or_null(session_value(ids, count - 1, 1));
        at->id = xstrdup(session_value(ids, count - 1, 0));
    }
    *ret_ids = ids;
    return true;
}

// Finds rows of a report that cannot be read: a page of each list in turn, until some are found or
// all lists are at their end.
static bool
isolate(struct report *report, const struct template *topic, bool *ret_found, struct error *err)
{
    struct reading reading = {report, topic};
    const struct unreadable_probe probe = {.read = read_rows, .context = &reading};
    const size_t before = report->unreadable.changes;
    struct bookmark at[LISTS] = {0};
    size_t ended = 0;
    bool good = true;

    for (size_t list = 0; good && ended < LISTS && report->unreadable.changes == before;
         list = (list + 1) % LISTS) {
        struct session_result *ids;
        if (at[list].ended)
            continue;
        good = read_ids(report, list, &at[list], &ids, err);
        if (!good)
            break;
        good = unreadable_find(&report->unreadable, &probe, ids, err);
        session_result_free(ids);
        ended += at[list].ended;
    }
    for (size_t list = 0; list < LISTS; list++) {
        free(at[list].place);
        free(at[list].id);
    }
    *ret_found = report->unreadable.changes > before;
    return good;
}

bool
report_ask(struct report *report, const char *statement, const struct template *topic,
           const char *const *params, size_t param_count, int timeout_ms,
           struct session_result **ret_result, struct error *err)
{
    struct error why;
    bool found;

    do {
        AUTOFREE char *sql = report_expand(report, statement, topic);
        if (visit_ask(&report->visit, sql, params, param_count, timeout_ms, ret_result, err))
            return true;
        if (!sqlstate_lies_in_data(err->code))
            return false;
        why = *err;
        if (!isolate(report, topic, &found, err))
            return false;
        *err = why;
    } while (found);
    return false;
}
