// SPDX-License-Identifier: Apache-2.0
//
// Deletes published rows, batch by batch.
//
// The way to them is an index on (published, created_at), version 1's own, when the table has it: a
// row is published after it was created, so all that is old enough lies in one range of it. The
// range is walked once, from where the last batch ended, for the entries in front of that are of
// rows that are gone and not yet vacuumed away. Without such an index the table itself is walked,
// page by page, which reads all of it but also each page only once. Both ways a statement's cost
// does not depend on how much was deleted before.
//
// SKIP LOCKED, so nobody is waited for, several purges share the work, and none can be in a
// deadlock with another.
#include "outrider/store/purge.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "pace.h"
#include "sql.h"
#include "visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define READ  "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
#define WRITE "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

enum { COUNT_TIMEOUT_MS = 600000 }; // a full count of a large table

// Rows, by the index; or pages of the table.
static const struct pace rows_pace = {.amount = 500, .least = 10, .most = 5000};
static const struct pace pages_pace = {.amount = 50, .least = 1, .most = 2000};

struct purge {
    struct visit visit;
    struct pace pace;
    int64_t rate;
    int timeout_ms;
    char *before;
    bool indexed;
    char *position; // indexed: created_at up to which rows are gone
    int64_t page;   // else: the next one
    int64_t pages;
};

// Takes ownership of the old text.
static void
replace(char **place, const char *text)
{
    char *copy = xstrdup(text);
    free(*place);
    *place = copy;
}

static bool
begin(struct purge *purge, const char *mode, int timeout_ms, struct error *err)
{
    return visit_begin(&purge->visit, mode, timeout_ms, err) &&
           visit_run(&purge->visit, sql_store_purge_settings, NULL, 0, VISIT_LOOK_MS, NULL, err);
}

// One statement as a transaction of its own.
static bool
ask(struct purge *purge, const char *mode, const char *sql, const char *const *params,
    size_t param_count, int timeout_ms, struct session_result **ret_result, struct error *err)
{
    struct session_result *result = NULL;

    if (begin(purge, mode, timeout_ms, err) &&
        visit_run(&purge->visit, sql, params, param_count, timeout_ms, &result, err) &&
        visit_commit(&purge->visit, err)) {
        *ret_result = result;
        return true;
    }
    session_result_free(result);
    visit_rollback(&purge->visit);
    return false;
}

// Until when rows are old enough, and which way leads to them.
static bool
look(struct purge *purge, int64_t older_than_ms, struct error *err)
{
    const struct names *names = &purge->visit.names;
    char older_than[24];
    const char *const params[] = {purge->visit.oid, older_than, names->columns[COLUMN_PUBLISHED],
                                  names->columns[COLUMN_CREATED_AT]};
    struct session_result *result;

    snprintf(older_than, sizeof older_than, "%" PRId64, older_than_ms);
    if (!ask(purge, READ, sql_store_purge_look, params, 4, VISIT_LOOK_MS, &result, err))
        return false;
    if (!session_expect(&result, "tbL", 1, err))
        return false;
    replace(&purge->before, session_value(result, 0, 0));
    purge->indexed = visit_is_true(result, 0, 1);
    bool walkable = session_value(result, 0, 2) != NULL;
    purge->pages = visit_number(result, 0, 2);
    session_result_free(result);
    purge->pace = purge->indexed ? rows_pace : pages_pace;
    if (purge->indexed || walkable)
        return true;
    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "a table that is no ordinary one needs an index on (\"%s\", \"%s\") to be "
                     "purged",
                     names->columns[COLUMN_PUBLISHED], names->columns[COLUMN_CREATED_AT]);
}

bool
purge_open(const struct store_settings *settings, const struct purge_limits *limits,
           const atomic_bool *abort, struct purge **ret_purge, struct error *err)
{
    struct visit visit;

    if (!visit_open(settings, abort, &visit, err))
        return false;
    struct purge *purge = xmalloc(sizeof *purge);
    *purge = (struct purge){
        .visit = visit,
        .rate = limits->rate,
        .timeout_ms = settings->statement_timeout_ms,
        .position = xstrdup("-infinity"),
    };
    if (!look(purge, limits->older_than_ms, err)) {
        purge_close(purge);
        return false;
    }
    *ret_purge = purge;
    return true;
}

void
purge_close(struct purge *purge)
{
    if (purge == NULL)
        return;
    visit_close(&purge->visit);
    free(purge->before);
    free(purge->position);
    free(purge);
}

const char *
purge_before(const struct purge *purge)
{
    return purge->before;
}

bool
purge_is_indexed(const struct purge *purge)
{
    return purge->indexed;
}

// A statement for rows that are old enough. Caller frees.
static char *
expand(const struct purge *purge, const char *sql)
{
    const struct placeholder placeholders[] = {
        {"published_before", sql_store_purge_published_before, true},
        {"old", purge->indexed ? sql_store_purge_by_index : sql_store_purge_by_pages, true},
    };
    return visit_expand(&purge->visit, sql, placeholders,
                        sizeof placeholders / sizeof placeholders[0]);
}

bool
purge_count(struct purge *purge, int64_t *ret_rows, struct error *err)
{
    AUTOFREE char *sql = expand(purge, sql_store_purge_count);
    const char *const params[] = {purge->before};
    struct session_result *result;

    if (!ask(purge, READ, sql, params, 1, COUNT_TIMEOUT_MS, &result, err))
        return error_prefix(err, "counting published rows");
    if (!session_expect(&result, "l", 1, err))
        return false;
    *ret_rows = visit_number(result, 0, 0);
    session_result_free(result);
    return true;
}

// One batch; what it locked and what of that it deleted.
static bool
delete_batch(struct purge *purge, int64_t *ret_locked, int64_t *ret_deleted, struct error *err)
{
    AUTOFREE char *sql = expand(purge, sql_store_purge_batch);
    char page[24], amount[24];
    const char *const params[] = {purge->before, purge->indexed ? purge->position : page, amount};
    struct session_result *result;

    snprintf(page, sizeof page, "%" PRId64, purge->page);
    snprintf(amount, sizeof amount, "%" PRId64, purge->pace.amount);
    if (!ask(purge, WRITE, sql, params, 3, purge->timeout_ms, &result, err))
        return false;
    if (!session_expect(&result, "llT", 1, err))
        return false;
    *ret_locked = visit_number(result, 0, 0);
    *ret_deleted = visit_number(result, 0, 1);
    if (session_value(result, 0, 2) != NULL)
        replace(&purge->position, session_value(result, 0, 2));
    session_result_free(result);
    return true;
}

bool
purge_next(struct purge *purge, struct purged *ret_purged, struct error *err)
{
    const struct mono before = mono_now();
    const int64_t asked = purge->pace.amount;
    int64_t locked, deleted;

    if (!delete_batch(purge, &locked, &deleted, err))
        return error_prefix(err, "deleting published rows");
    if (deleted < locked)
        return error_set(err, FAULT_CLUSTER, "SHORT",
                         "of %" PRId64 " published rows that could be locked only %" PRId64
                         " could be deleted; does a trigger or a rule keep them?",
                         locked, deleted);
    purge->page += asked;
    const int64_t took_ms = mono_diff_ns(mono_now(), before) / 1000000;
    *ret_purged = (struct purged){
        .rows = deleted,
        .last = purge->indexed ? deleted < asked : purge->page >= purge->pages,
        .pause_ms = pace_pause_ms(took_ms, deleted, purge->rate),
    };
    pace_adapt(&purge->pace, took_ms);
    return true;
}
