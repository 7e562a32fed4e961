// SPDX-License-Identifier: Apache-2.0
// A page of dead letters.
//
// A page is one statement, and one row can make it fail: a column that is corrupt or cannot be
// printed, or a constraint, a trigger or an index that refuses the change. So after a failure that
// lies in data the rows that cannot be read are found and shown without those columns. A page that
// is to be changed is read first, to tell the two apart: when that succeeds, the change is refused,
// and the page is halved, down to the one row that is refused, which is named and left. The pages
// after it double again.
#include "dead_private.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "sqlstate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    LEFT_OUT = CHANGED + 1, // of a page that is changed
};

// What a page's rows are made of, in that order.
#define LOOKED_AT "utTTTTlTTLLLLb"
#define SHOWN     LOOKED_AT "TTT"
#define WRITTEN   LOOKED_AT "b"

static bool
writes(enum dead_action action)
{
    return action == DEAD_RETRY || action == DEAD_DISCARD;
}

// PostgreSQL's bigint in microseconds keeps the infinities at its ends, as Unix microseconds do.
static bool
read_number(const struct session_result *result, size_t row, size_t column, int64_t *ret)
{
    *ret = visit_number(result, row, column);
    return session_value(result, row, column) != NULL;
}

static void
read_letter(const struct session_result *result, size_t row, enum dead_action action,
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
    if (writes(action) && visit_is_true(result, row, LEFT_OUT))
        letter.skip = DEAD_SKIP_KEPT;
    if (action == DEAD_SHOW) {
        letter.headers = session_value(result, row, HEADERS);
        letter.payload = session_value(result, row, PAYLOAD);
        letter.payload_json = session_value(result, row, PAYLOAD_JSON);
    }
    *ret_letter = letter;
}

// Takes ownership of the result.
static void
fill_page(struct session_result *result, size_t limit, enum dead_action action,
          struct dead_page *page)
{
    page->result = result;
    page->count = session_rows(result);
    page->last = page->count < limit;
    page->letters = xcalloc(page->count + 1, sizeof *page->letters);
    for (size_t i = 0; i < page->count; i++)
        read_letter(result, i, action, &page->letters[i]);
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

// A page's statement: where it begins, what is asked for, and how much of it.
struct page_request {
    const struct dead_page *behind;
    const struct dead_selection *selection;
    enum dead_action action;
    size_t limit;
};

// In the transaction in hand. ids: NULL: those of the selection.
static bool
run(struct dead *dead, const struct page_request *request, const char *sql, const char *ids,
    struct session_result **ret_result, struct error *err)
{
    enum { OF_ANY_ROW = 7 }; // parameters that dead_ids has too
    const struct dead_selection *selection = request->selection;
    const struct dead_page *behind = request->behind;
    AUTOFREE char *statement = dead_statement(dead, sql, request->action);
    AUTOFREE char *selected = dead_format_ids(selection->ids, selection->id_count);
    char limit[24], since_ms[24];
    const char *const params[] = {
        behind->position,
        behind->id,
        dead->bound,
        limit,
        ids == NULL ? selected : ids,
        selection->since_ms > 0 ? since_ms : NULL,
        selection->since,
        selection->topic,
        selection->aggregate,
        selection->error,
    };

    snprintf(limit, sizeof limit, "%zu", request->limit);
    snprintf(since_ms, sizeof since_ms, "%" PRId64, selection->since_ms);
    return visit_run(&dead->visit, statement, params,
                     sql == sql_store_dead_ids ? OF_ANY_ROW : sizeof params / sizeof params[0],
                     dead->timeout_ms, ret_result, err);
}

static bool
is_ascii(const char *text)
{
    while (text != NULL && *text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return text == NULL || *text == '\0';
}

// Whether the database's encoding has the texts of the selection: without, no row fits, and a
// statement would fail whichever rows it reads.
static bool
look_for_texts(struct dead *dead, const struct dead_selection *selection, bool *ret_known,
               struct error *err)
{
    const char *const texts[] = {selection->topic, selection->aggregate, selection->error};
    struct session_result *result;

    *ret_known = true;
    if (is_ascii(texts[0]) && is_ascii(texts[1]) && is_ascii(texts[2]))
        return true;
    if (visit_ask(&dead->visit, sql_store_dead_asked, texts, 3, dead->timeout_ms, &result, err)) {
        session_result_free(result);
        return true;
    }
    *ret_known = false;
    return sqlstate_lies_in_encoding(err->code);
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

// A statement that changes nothing, in a transaction of its own.
static bool
read_only(struct dead *dead, const struct page_request *request, const char *sql, const char *ids,
          struct session_result **ret_result, struct error *err)
{
    struct session_result *result = NULL;

    if (dead_begin(dead, DEAD_READ, NULL, err) && run(dead, request, sql, ids, &result, err) &&
        visit_commit(&dead->visit, err)) {
        *ret_result = result;
        return true;
    }
    session_result_free(result);
    visit_rollback(&dead->visit);
    return false;
}

// What a probe reads.
struct reading {
    struct dead *dead;
    struct page_request request;
};

static bool
read_rows(void *context, const char *ids, struct error *err)
{
    struct reading *reading = context;
    struct session_result *result;

    if (!read_only(reading->dead, &reading->request, statement_of(reading->request.action), ids,
                   &result, err))
        return false;
    session_result_free(result);
    return true;
}

// How often a row was found that cannot be read.
static size_t
changes(const struct dead *dead)
{
    return dead->rows.changes + dead->payloads.changes;
}

// Which of the rows have texts that cannot be read, or, when there is none that is not known, a
// payload that the action cannot read.
static bool
find_unreadable(struct dead *dead, const struct page_request *request,
                const struct session_result *ids, struct error *err)
{
    struct reading reading = {.dead = dead, .request = *request};
    const struct unreadable_probe probe = {
        .read = read_rows, .context = &reading, .in_time = request->action == DEAD_SHOW};

    reading.request.action = DEAD_LOOK;
    reading.request.limit = session_rows(ids);
    const size_t before = dead->rows.changes;
    if (!unreadable_find(&dead->rows, &probe, ids, err))
        return false;
    if (dead->rows.changes > before || writes(request->action) || request->action == DEAD_LOOK)
        return true;
    reading.request.action = request->action;
    return unreadable_find(&dead->payloads, &probe, ids, err);
}

// Looks behind the page for rows that cannot be read, until further ones are found or there are no
// more.
static bool
isolate(struct dead *dead, const struct page_request *request, bool *ret_found, struct error *err)
{
    const size_t before = changes(dead);
    struct page_request next = *request;
    struct dead_page behind = {.position = xstrdup_or_null(request->behind->position),
                               .id = xstrdup_or_null(request->behind->id)};
    struct session_result *ids = NULL;
    size_t count = request->limit;
    bool good = true;

    next.behind = &behind;
    while (good && count == request->limit && changes(dead) == before) {
        good = read_only(dead, &next, sql_store_dead_ids, NULL, &ids, err) &&
               session_expect(&ids, "ut", 0, err) && find_unreadable(dead, request, ids, err);
        count = good ? session_rows(ids) : 0;
        if (count == request->limit) {
            free(behind.position);
            free(behind.id);
            behind.position = xstrdup_or_null(session_value(ids, count - 1, 1));
            behind.id = xstrdup_or_null(session_value(ids, count - 1, 0));
        }
        session_result_free(ids);
        ids = NULL;
    }
    dead_page_free(&behind);
    *ret_found = changes(dead) > before;
    return good;
}

// Says of the rows that could not be read why.
static void
note_unreadable(const struct dead *dead, struct dead_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        struct dead_letter *letter = &page->letters[i];
        letter->unreadable = unreadable_why(&dead->rows, letter->id);
        if (letter->unreadable == NULL)
            letter->unreadable = unreadable_why(&dead->payloads, letter->id);
    }
}

// The page in one transaction.
static bool
turn(struct dead *dead, const struct page_request *request, struct dead_page *ret_page,
     struct error *err)
{
    const enum dead_action action = request->action;
    const char *form = action == DEAD_SHOW ? SHOWN : writes(action) ? WRITTEN : LOOKED_AT;
    struct dead_page next = {0};
    struct session_result *result;

    *ret_page = next;
    if (!dead_begin(dead, writes(action) ? DEAD_WRITE : DEAD_READ, &next.database_user, err) ||
        !run(dead, request, statement_of(action), NULL, &result, err) ||
        !session_expect(&result, form, 0, err)) {
        visit_rollback(&dead->visit);
        dead_page_free(&next);
        return false;
    }
    fill_page(result, request->limit, action, &next);
    note_unreadable(dead, &next);
    const bool good = commit(dead, &next, err);
    if (!good && !next.unclear) // a COMMIT that was refused has ended the transaction
        dead_page_free(&next);
    *ret_page = next;
    return good;
}

// The first row behind, which alone the table refuses to have changed: it is met, and left as it
// is.
static bool
turn_refused(struct dead *dead, const struct page_request *request, const struct error *why,
             struct dead_page *ret_page, struct error *err)
{
    struct page_request look = *request;

    look.action = DEAD_LOOK;
    if (!turn(dead, &look, ret_page, err))
        return false;
    ret_page->refused = *why;
    for (size_t i = 0; i < ret_page->count; i++)
        ret_page->letters[i].changed = false;
    return true;
}

// So that the statements do not grow without end; what is met again is found again.
static void
forget(struct dead *dead)
{
    enum { KEPT = 500 };

    if (dead->rows.count + dead->payloads.count <= KEPT)
        return;
    unreadable_free(&dead->payloads);
    unreadable_free(&dead->rows);
}

// A page that was not read in time is looked at without the sizes of its payloads.
static bool
leave_sizes(struct page_request *request, const struct error *why)
{
    if (request->action != DEAD_MEASURE || !str_equal(why->code, SQLSTATE_QUERY_CANCELED))
        return false;
    request->action = DEAD_LOOK;
    return true;
}

static bool
may_lie_in_row(enum dead_action action, const struct error *why)
{
    return sqlstate_lies_in_data(why->code) ||
           (action == DEAD_SHOW && str_equal(why->code, SQLSTATE_QUERY_CANCELED)) ||
           (writes(action) && !sqlstate_lies_in_server(why->code)); // a trigger's, or a rule's
}

// What made a page fail.
enum cause {
    CAUSE_UNKNOWN,
    CAUSE_UNREADABLE, // rows, which are known now
    CAUSE_REFUSED,    // the change of a row: the page can be read, and so can each part of it
};

// Only a page that cannot be read is worth the search for unreadable rows, which goes through all
// the dead when there are none.
static bool
find_cause(struct dead *dead, const struct page_request *request, enum cause *ret_cause,
           struct error *err)
{
    struct page_request look = *request;
    struct session_result *result;
    bool found;

    if (writes(request->action)) {
        look.action = DEAD_LOOK;
        if (read_only(dead, &look, statement_of(DEAD_LOOK), NULL, &result, err)) {
            session_result_free(result);
            *ret_cause = CAUSE_REFUSED;
            return true;
        }
        if (!sqlstate_lies_in_data(err->code))
            return false;
    }
    if (!isolate(dead, request, &found, err))
        return false;
    *ret_cause = found ? CAUSE_UNREADABLE : CAUSE_UNKNOWN;
    return true;
}

// The rows of the next page: after a refusal few, and twice as many with each page, so that rows
// that are refused close together cost no whole page each.
static size_t
page_limit(const struct dead *dead, enum dead_action action, size_t limit)
{
    return writes(action) && dead->room > 0 && dead->room < limit ? dead->room : limit;
}

bool
dead_next(struct dead *dead, const struct dead_selection *selection, enum dead_action action,
          size_t limit, struct dead_page *page, struct error *err)
{
    struct page_request request = {page, selection, action, page_limit(dead, action, limit)};
    struct dead_page next = {0};
    enum cause cause = CAUSE_UNKNOWN;
    bool known = true;
    bool good = check_version(dead, selection, err) && look_for_texts(dead, selection, &known, err);

    forget(dead);
    dead->visit.grace_ms = writes(action) ? STORE_CLIENT_GRACE_MS
                                          : STORE_LONG_GRACE_MS; // a payload can be slow to read
    next.last = !known;
    while (good && known && !(good = turn(dead, &request, &next, err))) {
        const struct error why = *err;
        if (leave_sizes(&request, &why)) {
            good = true;
            continue;
        }
        if (next.unclear || !may_lie_in_row(action, &why) ||
            (cause != CAUSE_REFUSED && !find_cause(dead, &request, &cause, err)))
            break;
        *err = why;
        good = cause != CAUSE_UNKNOWN;
        if (cause == CAUSE_REFUSED && request.limit == 1) {
            good = turn_refused(dead, &request, &why, &next, err);
            break;
        }
        if (cause == CAUSE_REFUSED)
            request.limit /= 2;
    }
    if (writes(action)) {
        dead_explain_skipped(dead, &next);
        dead->room = request.limit < limit ? request.limit * 2 : 0;
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
