// SPDX-License-Identifier: Apache-2.0
//
// Dead letters, page by page.
//
// A page is one transaction: the guard against a change of the table's version, a look at the
// table, and one statement that finds the rows, changes those that it can lock at once and says
// which. So a million rows hold nobody up, and a run that is cut short has done whole pages. Pages
// follow a key that no retry moves ahead of the bound taken at the start: each row is met once.
#include "dead_private.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "slot_holder.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Of a holder's description, so that the longest remedy has room behind it.
enum { WHO_BYTES = 120 };

// The transaction's settings, with who works in it; ret_user may be NULL.
static bool
apply_settings(struct dead *dead, char **ret_user, struct error *err)
{
    struct session_result *result;

    if (!visit_run(&dead->visit, sql_store_dead_settings, NULL, 0, VISIT_LOOK_MS, &result, err))
        return false;
    if (!session_expect(&result, "tt", 1, err))
        return false;
    if (ret_user != NULL)
        *ret_user = xstrdup(session_value(result, 0, 1));
    session_result_free(result);
    return true;
}

// As a rule that is a schema command, but every role can take the lock. The error is that of the
// wait; another transaction takes the place of the one that it failed. A name may be cut, a remedy
// that is cut is none.
static bool
name_guard_holder(struct visit *visit, struct error *err)
{
    const struct slot_range none = {0, -1};
    struct slot_holder holder = {0};
    struct error second;

    visit_rollback(visit);
    if (visit_begin(visit, DEAD_READ, VISIT_LOOK_MS, &second) &&
        slot_holder_look(visit, none, false, &holder, &second) && holder.found) {
        const bool fits = strlen(holder.who) <= WHO_BYTES;
        error_prefix(err, "%.*s%s has %s; if that is no schema command, end it: %s", WHO_BYTES,
                     holder.who, fits ? "" : "...", holder.lock, holder.remedy);
    }
    return error_prefix(err, "waiting for a schema command to change the table's version");
}

// From here to the transaction's end the table's version cannot change.
bool
dead_begin(struct dead *dead, const char *mode, char **ret_user, struct error *err)
{
    struct visit *visit = &dead->visit;
    const char *const guard[] = {visit->oid};

    if (dead->between != NULL)
        dead->between(dead->between_context);
    if (!visit_begin(visit, mode, dead->timeout_ms, err) || !apply_settings(dead, ret_user, err))
        return false;
    if (!visit_run(visit, sql_store_dead_guard, guard, 1, dead->guard_ms, NULL, err))
        return name_guard_holder(visit, err);
    if (!visit_look_within(visit, err))
        return false;
    if (visit->version != dead->version)
        return error_set(err, FAULT_CLUSTER, "CHANGED",
                         "the table's version changed from %d to %d meanwhile; run the command "
                         "again to go on",
                         dead->version, visit->version);
    return true;
}

static bool
read_bound(struct dead *dead, struct error *err)
{
    AUTOFREE char *sql = visit_expand(
        &dead->visit, dead->version == 2 ? sql_store_dead_bound_v2 : sql_store_dead_bound_v1, NULL,
        0);
    struct session_result *result = NULL;

    if (!dead_begin(dead, DEAD_READ, NULL, err) ||
        !visit_run(&dead->visit, sql, NULL, 0, dead->timeout_ms, &result, err) ||
        !visit_commit(&dead->visit, err)) {
        session_result_free(result);
        return false;
    }
    if (!session_expect(&result, "T", 1, err))
        return false;
    dead->bound = xstrdup_or_null(session_value(result, 0, 0));
    session_result_free(result);
    return true;
}

bool
dead_open(const struct store_settings *settings, struct dead **ret_dead, struct error *err)
{
    struct visit visit;

    if (!visit_open(settings, NULL, &visit, err))
        return false;
    struct dead *dead = xmalloc(sizeof *dead);
    *dead = (struct dead){
        .visit = visit,
        .topic = settings->topic,
        .timeout_ms = settings->statement_timeout_ms,
        .guard_ms =
            settings->lock_timeout_ms > VISIT_LOOK_MS ? settings->lock_timeout_ms : VISIT_LOOK_MS,
        .version = visit.version,
    };
    if (!read_bound(dead, err)) {
        dead_close(dead);
        return false;
    }
    *ret_dead = dead;
    return true;
}

void
dead_close(struct dead *dead)
{
    if (dead == NULL)
        return;
    visit_close(&dead->visit);
    unreadable_free(&dead->rows);
    unreadable_free(&dead->payloads);
    free(dead->bound);
    free(dead);
}

void
dead_between(struct dead *dead, dead_between_call *call, void *context)
{
    dead->between = call;
    dead->between_context = context;
}

// An array as PostgreSQL reads it; ids need no quoting. NULL for NULL.
char *
dead_format_ids(const struct message_id *ids, size_t count)
{
    struct text out = {0};
    char id[MESSAGE_ID_TEXT];

    if (ids == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        message_id_format(&ids[i], id);
        text_appendf(&out, "%s%s", i == 0 ? "{" : ",", id);
    }
    text_append(&out, count == 0 ? "{}" : "}");
    return out.data;
}

static size_t
find_id(const struct message_id *ids, size_t count, const char *text)
{
    struct message_id id;

    if (!message_id_parse(text, &id))
        return count;
    for (size_t i = 0; i < count; i++)
        if (memcmp(ids[i].bytes, id.bytes, sizeof id.bytes) == 0)
            return i;
    return count;
}

bool
dead_states(struct dead *dead, const struct message_id *ids, size_t count,
            enum dead_state *ret_states, struct error *err)
{
    AUTOFREE char *sql = visit_expand(&dead->visit, sql_store_dead_states, NULL, 0);
    AUTOFREE char *array = dead_format_ids(ids, count);
    const char *const params[] = {array};
    struct session_result *result;

    if (!visit_ask(&dead->visit, sql, params, 1, dead->timeout_ms, &result, err))
        return error_prefix(err, "looking for the rows that were named");
    if (!session_expect(&result, "ubb", 0, err))
        return false;
    for (size_t i = 0; i < count; i++)
        ret_states[i] = DEAD_ABSENT;
    for (size_t row = 0; row < session_rows(result); row++) {
        size_t i = find_id(ids, count, session_value(result, row, 0));
        if (i < count)
            ret_states[i] = !visit_is_true(result, row, 1)  ? DEAD_PUBLISHED
                            : visit_is_true(result, row, 2) ? DEAD_UNSELECTED
                                                            : DEAD_ALIVE;
    }
    session_result_free(result);
    return true;
}

bool
dead_find_nameless(struct dead *dead, struct dead_nameless *ret_nameless, struct error *err)
{
    const struct visit *visit = &dead->visit;
    AUTOFREE char *sql = visit_expand(visit, sql_store_dead_nameless, NULL, 0);
    const char *const params[] = {visit->oid, visit->names.columns[COLUMN_ID]};
    struct session_result *result;

    *ret_nameless = (struct dead_nameless){0};
    if (!visit_ask(&dead->visit, sql, params, 2, dead->timeout_ms, &result, err))
        return error_prefix(err, "looking for dead rows without an id");
    if (!session_expect(&result, "tt", 0, err))
        return false;
    if (session_rows(result) > 0)
        *ret_nameless = (struct dead_nameless){xstrdup(session_value(result, 0, 0)),
                                               xstrdup(session_value(result, 0, 1))};
    session_result_free(result);
    return true;
}
