// SPDX-License-Identifier: Apache-2.0
//
// Why rows of a page of dead letters were not changed.
//
// A row that the statement locked and did not change was left out by a trigger, or by row security
// for the change. One that it could not lock is another session's, is not dead any more, or is kept
// by a policy for UPDATE: such a policy hides a row from FOR UPDATE too. The last two look alike to
// SKIP LOCKED, so each row is asked for with NOWAIT, which fails for a lock alone.
#include "dead_private.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"

#include <stdlib.h>

static bool
is_open(const struct dead_letter *letter)
{
    return !letter->changed && letter->skip == DEAD_SKIP_UNKNOWN;
}

// The ids that could not be locked, as an array. NULL: none. Caller frees.
static char *
list_open(const struct dead_page *page)
{
    struct text out = {0};

    for (size_t i = 0; i < page->count; i++)
        if (is_open(&page->letters[i]))
            text_appendf(&out, "%c%s", out.len == 0 ? '{' : ',', page->letters[i].id);
    if (out.len > 0)
        text_append(&out, "}");
    return out.data;
}

// In a transaction of its own, which takes nothing.
static enum dead_skip
try_lock(struct dead *dead, const char *id)
{
    AUTOFREE char *sql = visit_expand(&dead->visit, sql_store_dead_try_lock, NULL, 0);
    enum dead_skip skip = DEAD_SKIP_UNKNOWN;
    struct session_result *result = NULL;
    struct error err;

    if (visit_begin(&dead->visit, DEAD_WRITE, dead->timeout_ms, &err) &&
        visit_run(&dead->visit, sql, &id, 1, dead->timeout_ms, &result, &err))
        skip = session_rows(result) > 0 ? DEAD_SKIP_LOCKED : DEAD_SKIP_KEPT;
    else if (str_equal(err.code, "55P03"))
        skip = DEAD_SKIP_LOCKED;
    session_result_free(result);
    visit_rollback(&dead->visit);
    return skip;
}

static size_t
find_row(const struct session_result *result, const char *id)
{
    size_t row = 0;

    while (row < session_rows(result) && !str_equal(session_value(result, row, 0), id))
        row++;
    return row;
}

void
dead_explain_skipped(struct dead *dead, struct dead_page *page)
{
    AUTOFREE char *ids = list_open(page);
    AUTOFREE char *table = ids ? names_relation(&dead->visit.names, NULL) : NULL;
    AUTOFREE char *literal = ids ? sql_literal(table) : NULL;
    const struct placeholder placeholders[] = {{"table_literal", literal, false}};
    AUTOFREE char *sql =
        ids ? visit_expand(&dead->visit, sql_store_dead_skipped, placeholders, 1) : NULL;
    const char *const params[] = {ids};
    struct session_result *result;
    struct error err;

    if (!ids || page->refused.code[0] != '\0' ||
        !visit_ask(&dead->visit, sql, params, 1, dead->timeout_ms, &result, &err) ||
        !session_expect(&result, "ub", 0, &err))
        return;
    for (size_t i = 0; i < page->count; i++) {
        struct dead_letter *letter = &page->letters[i];
        if (!is_open(letter))
            continue;
        const size_t row = find_row(result, letter->id);
        if (row == session_rows(result))
            letter->skip = DEAD_SKIP_GONE;
        else if (!visit_is_true(result, row, 1))
            letter->skip = DEAD_SKIP_LOCKED;
        else
            letter->skip = try_lock(dead, letter->id);
    }
    session_result_free(result);
}
