// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL refuses to write of single rows.
//
// The lane blames a row only when PostgreSQL writes another one: a trigger that raises for every
// row, a missing replica identity or a wrong policy refuses all of them, which is the table's fault
// and costs no row an attempt. The lane finds another row in three steps:
//
// 1. it takes a row of the same set that was written, or one that any lane marked since the first
//    refusal;
// 2. else it lets PostgreSQL mark other waiting rows on trial, each alone, until one can be;
// 3. while that proves nothing, it leaves a few refused rows alone, which costs them nothing. Many
//    of them mean that the table refuses all, and so does the first one whose code is mostly the
//    server's matter: the lane ends the window.
#include "window.h"

#include "outrider/base/backoff.h"
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>

#define NO_RIGHT "42501" // mostly the role's matter; of one row when a policy refuses that alone

enum {
    REFUSED_MAX = 8,   // so many rows are left alone before the table is thought to refuse all
    DOUBTED_TIMES = 3, // so often a row is refused beside others before a doubtful code blames it
};

// Leaves the row alone for a while, the longer the more often it was refused.
static struct quarantined *
leave_alone(struct window *window, const struct refusal *refusal)
{
    struct lane *lane = window->lane;
    const struct relay_settings *settings = lane->shared->settings;
    struct quarantined *row = quarantine_add(&lane->slot->quarantine, &refusal->id);

    row->alone += refusal->alone;
    row->until =
        mono_add_ms(mono_now(), backoff_delay_ms(settings->retry_backoff_ms,
                                                 settings->retry_backoff_max_ms, row->refusals));
    lane_show_quarantined(lane);
    return row;
}

// Its aggregate waits with the row.
static void
hold(struct window *window, struct quarantined *row, const struct message *message)
{
    row->position = message->row.position;
    holds_add(&window->lane->slot->holds, message->row.aggregate_id, row->position, row->until);
}

bool
window_is_quarantined(struct window *window, const struct row *row)
{
    struct lane *lane = window->lane;
    struct quarantined *known = quarantine_find(&lane->slot->quarantine, &row->id);

    if (!known)
        return false;
    known->position = row->position;
    if (!mono_passed(known->until) ||
        !quarantine_admit(&lane->slot->quarantine, known, mono_now())) {
        holds_add(&lane->slot->holds, row->aggregate_id, row->position, known->until);
        return true;
    }
    if (window->careful)
        return false;
    holds_add_window(&lane->slot->holds, row->aggregate_id, row->position);
    lane->careful = 1; // it is tried by a window that marks first, and the claims go back to it
    window_release(window, position_before(row->position));
    return true;
}

// The rows that were refused since any row was marked, with the latest.
static size_t
count_refused_since(const struct lane *lane, const struct refusals *latest)
{
    const int64_t marked_ns = atomic_load(&lane->shared->marked_ns);
    size_t count = latest->count;

    for (int i = 0; i < lane->slots.count; i++) {
        const struct quarantine *quarantine = &lane->slots.list[i].quarantine;
        for (size_t k = 0; k < quarantine->count; k++)
            count += quarantine->list[k].since.ns > marked_ns &&
                     !refusals_find(latest, &quarantine->list[k].id);
    }
    return count;
}

// A code that is mostly the server's matter: a full disk, a statement that took too long. But a
// trigger can raise it for one row.
static bool
is_doubtful(const struct error *why)
{
    return why->fault != FAULT_MESSAGE && !refusal_is_of_others(why->code);
}

// What is known of other rows. False with err: no row can be marked.
static bool
judge(struct window *window, const struct refusals *refused, size_t count,
      enum mark_trial *ret_trial, struct error *err)
{
    struct lane *lane = window->lane;

    *ret_trial = MARK_TRIAL_GOOD;
    if (refused->count < count) {
        atomic_store(&lane->shared->marked_ns, mono_now().ns);
        return true;
    }
    if (!store_try_mark(lane->store, refused, ret_trial, err))
        return false;
    if (*ret_trial == MARK_TRIAL_GOOD) // as if it had been marked: so many more may be refused
        atomic_store(&lane->shared->marked_ns, mono_now().ns);
    if (*ret_trial == MARK_TRIAL_GOOD ||
        (count_refused_since(lane, refused) <= REFUSED_MAX &&
         !str_equal(refused->list[0].why.code, NO_RIGHT) && !is_doubtful(&refused->list[0].why)))
        return true;
    if (count == 1)
        leave_alone(window, &refused->list[0])->since = mono_now(); // another is tried next
    char id[MESSAGE_ID_TEXT];
    message_id_format(&refused->list[0].id, id);
    return error_set(err, FAULT_CLUSTER, refused->list[0].why.code,
                     "no row can be marked, such as %s: %s", id, refused->list[0].why.text);
}

// Is the row at fault, and not the table or another session?
static bool
is_guilty(const struct window *window, const struct quarantined *row, const struct refusal *refusal,
          enum mark_trial trial)
{
    const struct error *why = &refusal->why;

    return refusal->alone &&
           (why->fault == FAULT_MESSAGE || (is_doubtful(why) && row->alone >= DOUBTED_TIMES)) &&
           (trial == MARK_TRIAL_GOOD ||
            atomic_load(&window->lane->shared->marked_ns) > row->since.ns);
}

// Once for each row.
static void
tell(bool *logged, const char *event, const struct refusal *refusal, const char *next)
{
    char id[MESSAGE_ID_TEXT];

    if (*logged)
        return;
    *logged = true;
    message_id_format(&refusal->id, id);
    LOG(LOG_ERROR, event, LOG_STR("id", id), LOG_STR("code", refusal->why.code),
        LOG_STR("error", refusal->why.text), LOG_STR("next", next));
}

// The guilty rows, which Kafka has, wait in the table. Their attempts are counted by the windows
// that try them next, and those mark before they send.
static bool
let_wait(struct window *window, const struct refusals *refused, enum mark_trial trial,
         struct error *err)
{
    const struct lane *lane = window->lane;
    AUTOFREE struct failure *failures = xcalloc(refused->count + 1, sizeof *failures);
    struct refusals unwritten = {0};
    size_t count = 0;

    for (size_t i = 0; i < refused->count; i++) {
        const struct refusal *refusal = &refused->list[i];
        const struct quarantined *row = quarantine_find(&lane->slot->quarantine, &refusal->id);
        if (!row || !is_guilty(window, row, refusal, trial))
            continue;
        failures[count++] = (struct failure){
            .id = refusal->id,
            .delay_ms = mono_ms_until(row->until),
            .postponed = true,
            .error_class = fault_name(FAULT_MESSAGE),
            .code = refusal->why.code,
            .text = refusal->why.text,
        };
    }
    const bool good =
        count == 0 || store_fail(lane->store, failures, count, window->careful, &unwritten, err);
    window->failed += count - unwritten.count;
    refusals_free(&unwritten); // those wait in memory alone
    return good;
}

static void
leave_sent(struct window *window, const struct refusal *refusal, struct position position)
{
    struct quarantined *row = leave_alone(window, refusal);

    row->position = position;
    window->unmarked++;
    tell(&row->logged_mark, "mark_refused", refusal,
         "Kafka has the message; the row is not sent again before it can be marked");
}

bool
window_take_refusals(struct window *window, struct refusals *refused, size_t count,
                     struct error *err)
{
    enum mark_trial trial;
    bool good = count == 0 || judge(window, refused, count, &trial, err);

    for (size_t i = 0; i < count && refused->count > 0 && good; i++) {
        const struct refusal *refusal = refusals_find(refused, &window->due[i]);
        if (refusal)
            leave_sent(window, refusal, window->due_at[i]);
    }
    if (good && refused->count > 0 && window_is_version_2(window)) // version 1 has no place for it
        good = let_wait(window, refused, trial, err);
    refusals_free(refused);
    return good;
}

// A message whose row cannot be marked is not sent.
static void
refuse(struct window *window, struct batch *batch, struct message *message,
       const struct refusal *refusal, enum mark_trial trial)
{
    struct quarantined *row = leave_alone(window, refusal);
    struct error why = refusal->why;

    error_prefix(&why, "PostgreSQL refuses to mark the row (%s)", why.code);
    tell(&row->logged_mark, "mark_refused", refusal, "the row is not sent before it can be marked");
    row->position = message->row.position;
    message->outcome = (struct outcome){
        .state = OUTCOME_FAILED,
        .fault = FAULT_MESSAGE,
        .code = batch_copy(batch, refusal->why.code),
        .text = batch_copy(batch, why.text),
    };
    if (is_guilty(window, row, refusal, trial))
        return;
    message->outcome.state = OUTCOME_HELD; // whose fault it is is not known
    if (trial == MARK_TRIAL_REFUSED)
        row->since = mono_now();
    hold(window, row, message);
}

// The row can be marked now.
static void
forget_mark(struct quarantine *quarantine, const struct message_id *id)
{
    struct quarantined *known = quarantine_find(quarantine, id);

    if (known)
        quarantine_refund(quarantine);
    if (known && known->unwritten == 0)
        quarantine_drop(quarantine, id);
    else if (known)
        known->logged_mark = false;
}

bool
window_refuse_unmarkable(struct window *window, struct batch *batch, struct refusals *refused,
                         size_t count, struct error *err)
{
    struct quarantine *quarantine = &window->lane->slot->quarantine;
    enum mark_trial trial = MARK_TRIAL_GOOD;
    const bool shown = quarantine->count > 0 || refused->count > 0;
    bool good = count == 0 || judge(window, refused, count, &trial, err);

    for (size_t i = 0; i < batch->count && good; i++) {
        struct message *message = &batch->messages[i];
        const struct refusal *refusal = refusals_find(refused, &message->row.id);
        if (refusal)
            refuse(window, batch, message, refusal, trial);
        else if (message->outcome.state == OUTCOME_NONE)
            forget_mark(quarantine, &message->row.id);
    }
    if (shown)
        lane_show_quarantined(window->lane);
    refusals_free(refused);
    return good;
}

void
window_keep_unwritten(struct window *window, const struct refusal *refusal,
                      const struct message *message, bool counts)
{
    struct quarantined *row = leave_alone(window, refusal);

    row->unwritten += counts;
    tell(&row->logged_failure, "failure_unwritten", refusal,
         "the row and its aggregate wait in the relay's memory, and it is tried again; let the "
         "table take the row's retry_count and last_error");
    hold(window, row, message);
}

int64_t
window_attempts_made(const struct window *window, const struct message *message)
{
    const struct row *row = &message->row;
    const struct quarantined *known = quarantine_find(&window->lane->slot->quarantine, &row->id);

    return (int64_t)row->retry_count + (known ? known->unwritten : 0) + !message->outcome.spent;
}

void
window_forget_written(struct window *window, const struct message_id *id, bool done)
{
    struct quarantine *quarantine = &window->lane->slot->quarantine;
    struct quarantined *known = quarantine_find(quarantine, id);

    if (!known)
        return;
    known->unwritten = 0;
    if (done || !known->logged_mark) // else it is to be marked before it is sent, still
        quarantine_drop(quarantine, id);
    lane_show_quarantined(window->lane);
}
