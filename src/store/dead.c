// SPDX-License-Identifier: Apache-2.0
//
// Dead letters, page by page.
//
// A page is one transaction: the guard against a change of the table's version, a look at the
// table, and one statement that finds the rows, changes those that it can lock at once and says
// which. So a million rows hold nobody up, and a run that is cut short has done whole pages. Pages
// follow a key that no retry moves ahead of the bound taken at the start: each row is met once.
#include "outrider/store/dead.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "slot_holder.h"
#include "sql.h"
#include "visit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ  "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"
#define WRITE "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

struct dead {
    struct visit visit;
    struct template topic; // borrowed from the settings
    int timeout_ms;
    int guard_ms; // for the guard: lock_timeout has to come first
    int version;
    char *bound; // the last position of all; NULL: nothing is dead
};

// The columns of a page, as sql/store/dead_page.sql has them, and what its statements add.
enum {
    ID,
    POSITION,
    TOPIC,
    AGGREGATE_TYPE,
    AGGREGATE_ID,
    EVENT_TYPE,
    RETRY_COUNT,
    CLASS,
    ERROR_TEXT,
    CREATED_US,
    DEAD_US,
    DEAD_FOR_MS,
    PAYLOAD_BYTES,
    CHANGED,
    HEADERS,
    PAYLOAD,
    PAYLOAD_JSON,
};

static char *
copy(const char *text)
{
    return text == NULL ? NULL : xstrdup(text);
}

// The transaction's settings, with who works in it; ret_user may be NULL.
static bool
apply_settings(struct dead *dead, char **ret_user, struct error *err)
{
    struct session_result *result;

    if (!visit_run(&dead->visit, sql_store_dead_settings, NULL, 0, VISIT_LOOK_MS, &result, err))
        return false;
    if (ret_user != NULL)
        *ret_user = copy(session_value(result, 0, 3));
    session_result_free(result);
    return true;
}

// As a rule that is a schema command, but every role can take the lock. The error is that of the
// wait; another transaction takes the place of the one that it failed.
static bool
name_guard_holder(struct visit *visit, struct error *err)
{
    const struct slot_range none = {0, -1};
    struct slot_holder holder = {0};
    struct error second;

    visit_rollback(visit);
    if (visit_begin(visit, READ, VISIT_LOOK_MS, &second) &&
        slot_holder_look(visit, none, false, &holder, &second) && holder.found)
        error_prefix(err, "%s has %s; if that is no schema command, end it: %s", holder.who,
                     holder.lock, holder.remedy);
    return error_prefix(err, "waiting for a schema command to change the table's version");
}

// From here to the transaction's end the table's version cannot change.
static bool
begin(struct dead *dead, const char *mode, char **ret_user, struct error *err)
{
    struct visit *visit = &dead->visit;
    const char *const guard[] = {visit->oid};

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

    if (!begin(dead, READ, NULL, err) ||
        !visit_run(&dead->visit, sql, NULL, 0, dead->timeout_ms, &result, err) ||
        !visit_commit(&dead->visit, err)) {
        session_result_free(result);
        return false;
    }
    dead->bound = copy(session_value(result, 0, 0));
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
    free(dead->bound);
    free(dead);
}

int
dead_version(const struct dead *dead)
{
    return dead->version;
}

static const char *
statement_of(enum dead_action action)
{
    switch (action) {
    case DEAD_SHOW:
        return sql_store_dead_show;
    case DEAD_RETRY:
    case DEAD_DISCARD:
        return sql_store_dead_change;
    case DEAD_LOOK:
    case DEAD_MEASURE:
        break;
    }
    return sql_store_dead_look;
}

// Payloads are read only where somebody asks for their size: a thousand large ones take a while.
static const char *
payload_bytes_of(const struct dead *dead, enum dead_action action)
{
    if (action != DEAD_MEASURE && action != DEAD_SHOW)
        return "NULL::bigint";
    return dead->visit.binary ? "octet_length(o.{payload})::bigint"
                              : "octet_length(o.{payload}::text)::bigint";
}

static char *
expand(const struct dead *dead, enum dead_action action)
{
    AUTOFREE char *topic = names_topic(&dead->visit.names, &dead->topic);
    const bool v2 = dead->version == 2;
    const char *retry = v2 ? sql_store_dead_retry_v2 : sql_store_dead_retry_v1;
    const struct placeholder placeholders[] = {
        {"dead_page", sql_store_dead_page, true},
        {"position", v2 ? "o.{dead_at}" : "o.{created_at}", true},
        {"topic", topic, false},
        {"class", v2 ? "o.{error_class}::text" : "NULL::text", true},
        {"error", v2 ? "o.{last_error}::text" : "NULL::text", true},
        {"died", v2 ? "o.{dead_at}" : "NULL::timestamptz", true},
        {"payload_bytes", payload_bytes_of(dead, action), true},
        {"headers_text", v2 ? "o.{headers}::text" : "NULL::text", true},
        {"change", action == DEAD_DISCARD ? sql_store_dead_discard : retry, true},
    };
    return visit_expand(&dead->visit, statement_of(action), placeholders,
                        sizeof placeholders / sizeof placeholders[0]);
}

// An array as PostgreSQL reads it; ids need no quoting. NULL for NULL.
static char *
format_ids(const struct message_id *ids, size_t count)
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

// PostgreSQL's bigint in microseconds keeps the infinities at its ends, as Unix microseconds do.
static bool
read_number(const struct session_result *result, size_t row, size_t column, int64_t *ret)
{
    *ret = visit_number(result, row, column);
    return session_value(result, row, column) != NULL;
}

static void
read_letter(const struct session_result *result, size_t row, bool shown,
            struct dead_letter *ret_letter)
{
    struct dead_letter letter = {
        .id = session_value(result, row, ID),
        .topic = session_value(result, row, TOPIC),
        .aggregate_type = session_value(result, row, AGGREGATE_TYPE),
        .aggregate_id = session_value(result, row, AGGREGATE_ID),
        .event_type = session_value(result, row, EVENT_TYPE),
        .error_class = session_value(result, row, CLASS),
        .error = session_value(result, row, ERROR_TEXT),
        .retry_count = visit_number(result, row, RETRY_COUNT),
        .dead_for_ms = visit_number(result, row, DEAD_FOR_MS),
        .changed = visit_is_true(result, row, CHANGED),
    };
    letter.has_created_at = read_number(result, row, CREATED_US, &letter.created_at_us);
    letter.has_dead_at = read_number(result, row, DEAD_US, &letter.dead_at_us);
    letter.has_payload_bytes = read_number(result, row, PAYLOAD_BYTES, &letter.payload_bytes);
    if (shown) {
        letter.headers = session_value(result, row, HEADERS);
        letter.payload = session_value(result, row, PAYLOAD);
        letter.payload_json = session_value(result, row, PAYLOAD_JSON);
    }
    *ret_letter = letter;
}

// Takes ownership of the result.
static void
fill_page(struct session_result *result, size_t limit, bool shown, struct dead_page *page)
{
    page->result = result;
    page->count = session_rows(result);
    page->last = page->count < limit;
    page->letters = xcalloc(page->count + 1, sizeof *page->letters);
    for (size_t i = 0; i < page->count; i++)
        read_letter(result, i, shown, &page->letters[i]);
    if (page->count == 0)
        return;
    page->position = xstrdup(session_value(result, page->count - 1, POSITION));
    page->id = xstrdup(session_value(result, page->count - 1, ID));
}

// A COMMIT that was answered by an error is a rollback; one that was not answered at all may have
// been done, and so may one whose answer says no more than that: a pooler lost the server (class
// 08), or the server does not know (40003). An SQLSTATE has five characters, the words of the
// connection's own failures another number.
static bool
is_unclear(const char *code)
{
    return strlen(code) != 5 || str_starts_with(code, "08") || str_equal(code, "40003");
}

static bool
commit(struct dead *dead, struct dead_page *page, struct error *err)
{
    if (visit_run(&dead->visit, "COMMIT", NULL, 0, dead->timeout_ms, NULL, err))
        return true;
    page->unclear = is_unclear(err->code);
    return error_prefix(err, page->unclear ? "whether the last rows were changed is not known; "
                                             "the log names them, and running it again is safe"
                                           : "committing");
}

// The page's statement, in the transaction in hand.
static bool
run(struct dead *dead, const struct dead_selection *selection, enum dead_action action,
    size_t limit, const struct dead_page *behind, struct session_result **ret_result,
    struct error *err)
{
    AUTOFREE char *sql = expand(dead, action);
    AUTOFREE char *ids = format_ids(selection->ids, selection->id_count);
    char limit_text[24], since_ms[24];
    const char *const params[] = {
        behind->position == NULL ? "-infinity" : behind->position,
        behind->id == NULL ? "00000000-0000-0000-0000-000000000000" : behind->id,
        dead->bound,
        limit_text,
        ids,
        selection->topic,
        selection->aggregate,
        selection->error,
        selection->since_ms > 0 ? since_ms : NULL,
        selection->since,
    };

    snprintf(limit_text, sizeof limit_text, "%zu", limit);
    snprintf(since_ms, sizeof since_ms, "%" PRId64, selection->since_ms);
    return visit_run(&dead->visit, sql, params, sizeof params / sizeof params[0], dead->timeout_ms,
                     ret_result, err);
}

static bool
check_version(const struct dead *dead, const struct dead_selection *selection, struct error *err)
{
    if (dead->version > 1 ||
        (selection->error == NULL && selection->since == NULL && selection->since_ms == 0))
        return true;
    return error_set(err, FAULT_CLUSTER, "VERSION",
                     "version 1 of the table keeps neither a row's error nor the time of its "
                     "death, so nothing can be selected by them; `outrider schema apply` brings "
                     "version 2");
}

bool
dead_next(struct dead *dead, const struct dead_selection *selection, enum dead_action action,
          size_t limit, struct dead_page *page, struct error *err)
{
    const bool writes = action == DEAD_RETRY || action == DEAD_DISCARD;
    struct dead_page next = {0};
    struct session_result *result;

    bool good = check_version(dead, selection, err) &&
                begin(dead, writes ? WRITE : READ, &next.database_user, err) &&
                run(dead, selection, action, limit, page, &result, err);
    if (good) {
        fill_page(result, limit, action == DEAD_SHOW, &next);
        good = commit(dead, &next, err);
    }
    if (!good) {
        visit_rollback(&dead->visit);
        if (!next.unclear)
            dead_page_free(&next);
    }
    dead_page_free(page);
    *page = next;
    return good;
}

void
dead_page_free(struct dead_page *page)
{
    session_result_free(page->result);
    free(page->letters);
    free(page->database_user);
    free(page->position);
    free(page->id);
    *page = (struct dead_page){0};
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
    AUTOFREE char *array = format_ids(ids, count);
    const char *const params[] = {array};
    struct session_result *result;

    if (!visit_ask(&dead->visit, sql, params, 1, dead->timeout_ms, &result, err))
        return error_prefix(err, "looking for the rows that were named");
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
