// SPDX-License-Identifier: Apache-2.0
// One window: claim, publish, settle, commit.
//
// A window is one transaction over several batches. Batch n is published before batch n-1 is
// settled, so Kafka acknowledges one while PostgreSQL claims and marks the other. Row locks are the
// only claim on a message, and they go with the transaction, so there is nothing to clean up after
// a crash: what was published and not marked is published again.
//
// What may be marked is decided here and nowhere else (see settle_message): an acknowledged
// message, unless an earlier one of its aggregate was not.
//
// Later claims of a window are bounded by the newest number drawn when it began. A row that commits
// late, behind a position that the window has passed, may then be overtaken by no later row of its
// aggregate: that one drew its number after the late one's commit.
#include "lane.h"

#include "outrider/base/log.h"
#include "outrider/base/xalloc.h"
#include "outrider/relay/envelope.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_BATCHES = 8,    // a crash sends at most this many batches again
    WINDOW_MS = 1000,      // and nobody who waits for our locks waits for much longer
    LOCKED_RETRY_MS = 250, // how often a row that somebody else holds is looked at again
    POLL_MS = 50,          // how long one wait for delivery reports lasts at most
    PURGE_MS = 2000,       // how long the reports of given-up messages are waited for
};

struct window {
    struct lane *lane;
    struct view view;
    struct claim claim;
    struct mono began;
    struct mono deadline;    // for the outcomes of what is published
    struct batch claimed;    // the newest batch, not published yet
    struct batch published;  // not settled yet
    struct position reached; // of the last row claimed
    bool exhausted;          // the last claim met the end of the queue
    int batches;
    bool committed;
    int64_t reserved; // of the drain's limit
    uint64_t marked;
    uint64_t marked_bytes;
    uint64_t failed;
    uint64_t dead;
    bool faulted; // a message met no fault of its own: `fault` says which
    struct error fault;
};

struct claim
window_first_claim(const struct lane *lane, int limit)
{
    const struct relay_settings *settings = lane->shared->settings;

    return (struct claim){
        .after = lane->floor.start,
        .until = lane->until,
        .limit = limit,
        .batch_bytes = (size_t)settings->batch_bytes,
        .max_payload_bytes = lane->producer ? producer_max_message_bytes(lane->producer) : 0,
        .held = lane->holds.aggregates,
        .held_count = lane->holds.count,
        .waiting = lane->waiting,
    };
}

static bool
keeps_order(const struct window *window)
{
    return window->lane->shared->store_settings->ordering == ORDERING_KEY;
}

static bool
is_version_2(const struct window *window)
{
    return store_version(window->lane->store) >= 2;
}

// How many rows to ask for: as many as batch_bytes can hold by the running mean size, and as the
// drain's limits leave.
static int
claim_limit(struct lane *lane)
{
    const struct relay_settings *settings = lane->shared->settings;
    const struct relay_goal *goal = &lane->shared->goal;
    int64_t limit = settings->batch_size;
    int64_t by_bytes = settings->batch_bytes / lane->mean_bytes + 1;

    if (limit > by_bytes)
        limit = by_bytes;
    if (goal->rate > 0) { // small steps, twenty a second
        int64_t by_rate = (int64_t)goal->rate / settings->lanes / 20 + 1;
        limit = limit < by_rate ? limit : by_rate;
    }
    if (goal->max_messages > 0) {
        int64_t left = atomic_load(&lane->shared->messages_left);
        limit = limit < left ? limit : left;
    }
    return (int)limit;
}

// Takes rows off the drain's limit; false when none is left.
static bool
reserve(struct window *window, int limit)
{
    struct shared *shared = window->lane->shared;

    if (shared->goal.max_messages == 0)
        return true;
    if (limit > 0 && atomic_fetch_sub(&shared->messages_left, limit) >= limit) {
        window->reserved += limit;
        return true;
    }
    atomic_fetch_add(&shared->messages_left, limit);
    return false;
}

// What was reserved and not published in the end.
static void
give_back(const struct window *window)
{
    int64_t used = window->committed ? (int64_t)window->marked : 0;

    if (window->lane->shared->goal.max_messages > 0)
        atomic_fetch_add(&window->lane->shared->messages_left, window->reserved - used);
}

static void
update_mean(struct lane *lane, const struct batch *batch)
{
    int64_t total = 0;

    for (size_t i = 0; i < batch->count; i++)
        total += batch->messages[i].row.payload_bytes;
    int64_t latest = total / (int64_t)batch->count + 1;
    lane->mean_bytes = latest > lane->mean_bytes ? latest : (3 * lane->mean_bytes + latest) / 4;
}

// Notes what a claim brought.
static void
note_claimed(struct window *window)
{
    struct batch *batch = &window->claimed;

    window->exhausted = !batch->full;
    if (batch->count == 0)
        return;
    window->reached = batch->messages[batch->count - 1].row.position;
    update_mean(window->lane, batch);
    atomic_fetch_add(&window->lane->shared->stats.claimed, batch->count);
}

// Says who holds a row's lock, once for the row that was met last.
static bool
tell_locked(struct window *window, const struct message *message, struct error *err)
{
    struct lane *lane = window->lane;
    char id[MESSAGE_ID_TEXT];
    int pid = 0;

    if (memcmp(&lane->told_locked, &message->row.id, sizeof message->row.id) == 0)
        return true;
    if (!store_lock_holder(lane->store, &message->row.id, &pid, err))
        return false;
    lane->told_locked = message->row.id;
    message_id_format(&message->row.id, id);
    LOG(LOG_WARN, "row_locked", LOG_STR("id", id), LOG_INT("holder_pid", pid),
        LOG_STR("next", "its aggregate waits until the lock is released, the others go on"));
    return true;
}

// Rows that somebody else holds locked keep their aggregates back.
static bool
hold_locked(struct window *window, struct error *err)
{
    struct batch *batch = &window->claimed;
    struct mono until = mono_add_ms(mono_now(), LOCKED_RETRY_MS);

    for (size_t i = 0; batch->holes && i < batch->count; i++) {
        const struct row *row = &batch->messages[i].row;
        if (row->taken)
            continue;
        if (!tell_locked(window, &batch->messages[i], err))
            return false;
        holds_add(&window->lane->holds, row->aggregate_id, row->position, until);
    }
    return true;
}

// Claims again in a way that fits what is known now: around locked rows, or with waiting heads.
static bool
claim_again(struct window *window, bool around, struct error *err)
{
    struct store *store = window->lane->store;
    bool row_locked = around;

    batch_free(&window->claimed);
    if (!around && !store_claim(store, &window->claim, &window->claimed, &row_locked, err))
        return false;
    if (row_locked && !store_claim_around(store, &window->claim, &window->claimed, err))
        return false;
    return hold_locked(window, err);
}

// The view tells whether rows wait, and whether one is due below the floor; the first claim was
// sent before that was known.
static bool
adapt_to_view(struct window *window, bool row_locked, struct error *err)
{
    struct lane *lane = window->lane;
    const struct view *view = &window->view;
    bool again = row_locked;

    if (view->waiting && !window->claim.waiting)
        again = window->claim.waiting = true;
    lane->waiting = view->waiting;
    if (view->due && position_compare(&view->due_after, &window->claim.after) < 0) {
        floor_lower(&lane->floor, view->due_after);
        window->claim.after = view->due_after;
        again = true;
    }
    if (!again)
        return true;
    return claim_again(window, row_locked, err);
}

// Begins the transaction and claims the first batch: WINDOW_SHORT when there is one.
static enum window_end
begin(struct window *window, struct error *err)
{
    struct lane *lane = window->lane;
    bool row_locked = false;

    lane_enter(lane, LANE_CLAIM);
    if (!store_begin(lane->store, &window->claim, lane->shared->goal.wait_for_slot, &window->view,
                     &window->claimed, &row_locked, err))
        return WINDOW_FAILED;
    if (window->view.changed || !window->view.active) {
        if (!store_rollback(lane->store, err))
            return WINDOW_FAILED;
        return window->view.changed ? WINDOW_CHANGED : WINDOW_STANDBY;
    }
    floor_view(&lane->floor, window->view.xmin, window->view.xmax);
    if (!adapt_to_view(window, row_locked, err))
        return WINDOW_FAILED;
    note_claimed(window);
    return window->claimed.count > 0 ? WINDOW_SHORT : WINDOW_EMPTY;
}

static bool
claim_next(struct window *window, struct error *err)
{
    struct lane *lane = window->lane;
    bool row_locked = false;
    int limit = claim_limit(lane);

    if (!reserve(window, limit)) {
        window->exhausted = false;
        return true; // the limit is used up: the batch stays empty
    }
    lane_enter(lane, LANE_CLAIM);
    window->claim.limit = limit;
    window->claim.after = window->reached;
    window->claim.held = lane->holds.aggregates;
    window->claim.held_count = lane->holds.count;
    if (keeps_order(window) && is_version_2(window) && window->claim.until > window->view.last_seq)
        window->claim.until = window->view.last_seq;
    if (!store_claim(lane->store, &window->claim, &window->claimed, &row_locked, err) ||
        (row_locked && !claim_again(window, true, err)))
        return false;
    note_claimed(window);
    return true;
}

// Hands one message to the producer; waits for room in its queue.
static void
publish_message(struct window *window, struct batch *batch, struct message *message)
{
    struct lane *lane = window->lane;
    const struct envelope_settings *envelope = &lane->shared->settings->envelope;

    if (!message->row.taken ||
        (keeps_order(window) &&
         holds_back(&lane->holds, message->row.aggregate_id, message->row.position))) {
        message->outcome.state = OUTCOME_HELD;
        return;
    }
    envelope_fill(envelope, batch, message, producer_max_message_bytes(lane->producer));
    while (message->outcome.state == OUTCOME_NONE && !producer_send(lane->producer, message)) {
        if (mono_passed(window->deadline) || atomic_load(&lane->shared->abort))
            message->outcome = (struct outcome){.state = OUTCOME_FAILED,
                                                .fault = FAULT_CLUSTER,
                                                .code = "QUEUE_FULL",
                                                .text = "Kafka takes messages too slowly"};
        else
            producer_poll(lane->producer, POLL_MS);
    }
    if (message->outcome.state == OUTCOME_FAILED && keeps_order(window) &&
        !message->outcome.permanent)
        holds_add_window(&lane->holds, message->row.aggregate_id, message->row.position);
}

static void
publish(struct window *window, struct batch *batch)
{
    lane_enter(window->lane, LANE_PUBLISH);
    window->deadline = mono_add_ms(mono_now(), window->lane->shared->settings->window_deadline_ms);
    for (size_t i = 0; i < batch->count; i++)
        publish_message(window, batch, &batch->messages[i]);
    producer_push(window->lane->producer);
}

// Waits for every outcome of the batch. When the deadline passes, what is left is given up.
static void
await(struct window *window, struct batch *batch)
{
    struct lane *lane = window->lane;
    struct mono deadline = window->deadline;
    bool purged = false;

    for (size_t i = 0; i < batch->count; i++) {
        while (batch->messages[i].outcome.state == OUTCOME_PENDING) {
            int left = mono_ms_until(deadline);
            bool over = left == 0 || atomic_load(&lane->shared->abort);
            if (over && purged) { // librdkafka answers no more: closing settles what is left
                producer_close(lane->producer);
                lane->producer = NULL;
                lane->reachable = false;
                return;
            }
            if (over) {
                producer_purge(lane->producer);
                purged = true;
                deadline = mono_add_ms(mono_now(), PURGE_MS);
                continue;
            }
            producer_poll(lane->producer, left < POLL_MS ? left : POLL_MS);
        }
    }
}

struct settlement {
    struct message_id *ids; // to be marked
    size_t marked;
    struct failure *failures;
    size_t failed;
};

static void
settle_acknowledged(struct window *window, const struct message *message,
                    struct settlement *settlement, int64_t now_us)
{
    struct stats *stats = &window->lane->shared->stats;

    if (keeps_order(window) &&
        holds_back(&window->lane->holds, message->row.aggregate_id, message->row.position)) {
        if (window->faulted) { // an earlier one of its aggregate did not arrive: both go again
            atomic_fetch_add(&stats->possible_duplicates, 1);
            return;
        }
        atomic_fetch_add(&stats->order_breaks, 1);
    }
    settlement->ids[settlement->marked++] = message->row.id;
    window->marked_bytes += message->row.payload.len;
    histogram_add(&stats->delivery, now_us - message->row.created_at_us);
}

// A message failed by its own fault: an attempt is counted against it.
static void
settle_blamed(struct window *window, const struct message *message, struct settlement *settlement)
{
    struct lane *lane = window->lane;
    const struct relay_settings *settings = lane->shared->settings;
    const struct outcome *outcome = &message->outcome;
    bool dead = outcome->permanent || message->row.retry_count + 1 >= settings->max_retries;
    int64_t delay_ms = backoff_delay_ms(settings->retry_backoff_ms, settings->retry_backoff_max_ms,
                                        message->row.retry_count + 1);
    char id[MESSAGE_ID_TEXT];

    settlement->failures[settlement->failed++] = (struct failure){
        .id = message->row.id,
        .delay_ms = delay_ms,
        .dead = dead,
        .error_class = fault_name(FAULT_MESSAGE),
        .text = outcome->text,
    };
    window->dead += dead;
    if (dead)
        ;
    else if (!is_version_2(window)) // the table has no place for it: remembered here
        holds_add(&lane->holds, message->row.aggregate_id, message->row.position,
                  mono_add_ms(mono_now(), delay_ms));
    else if (keeps_order(window))
        holds_add_window(&lane->holds, message->row.aggregate_id, message->row.position);
    message_id_format(&message->row.id, id);
    LOG(dead ? LOG_ERROR : LOG_WARN, dead ? "message_dead" : "message_failed", LOG_STR("id", id),
        LOG_STR("topic", message->topic), LOG_INT("attempt", message->row.retry_count + 1),
        LOG_STR("code", outcome->code), LOG_STR("error", outcome->text),
        LOG_STR("next", dead ? "left alone" : "retried"), LOG_INT("retry_ms", dead ? 0 : delay_ms));
}

// A message failed by no fault of its own: nothing is written, and the window ends.
static void
settle_innocent(struct window *window, const struct message *message)
{
    const struct outcome *outcome = &message->outcome;

    holds_add_window(&window->lane->holds, message->row.aggregate_id, message->row.position);
    if (outcome->possibly_persisted)
        atomic_fetch_add(&window->lane->shared->stats.possible_duplicates, 1);
    if (!window->faulted || outcome->fault == FAULT_CLUSTER)
        error_set(&window->fault, outcome->fault, outcome->code, "%s%s%s", outcome->text,
                  message->topic ? "; topic " : "", message->topic ? message->topic : "");
    window->faulted = true;
}

static void
settle_message(struct window *window, const struct message *message, struct settlement *settlement,
               int64_t now_us)
{
    switch (message->outcome.state) {
    case OUTCOME_ACKNOWLEDGED:
        settle_acknowledged(window, message, settlement, now_us);
        break;
    case OUTCOME_FAILED:
        if (message->outcome.fault == FAULT_MESSAGE)
            settle_blamed(window, message, settlement);
        else
            settle_innocent(window, message);
        break;
    case OUTCOME_HELD:
        break;
    case OUTCOME_NONE:
    case OUTCOME_PENDING:
        assert(!"every outcome is known when a batch is settled");
    }
}

static bool
settle(struct window *window, struct batch *batch, struct error *err)
{
    AUTOFREE struct message_id *ids = xcalloc(batch->count + 1, sizeof *ids);
    AUTOFREE struct failure *failures = xcalloc(batch->count + 1, sizeof *failures);
    struct settlement settlement = {.ids = ids, .failures = failures};
    struct lane *lane = window->lane;

    if (batch->count == 0)
        return true;
    lane_enter(lane, LANE_SETTLE);
    await(window, batch);
    int64_t now_us = wall_us();
    for (size_t i = 0; i < batch->count; i++)
        settle_message(window, &batch->messages[i], &settlement, now_us);
    if (settlement.marked > 0 && !store_mark(lane->store, ids, settlement.marked, err))
        return error_prefix(err, "marking published rows");
    if (settlement.failed > 0 && !store_fail(lane->store, failures, settlement.failed, err))
        return error_prefix(err, "counting failed attempts");
    window->marked += settlement.marked;
    window->failed += settlement.failed;
    batch_free(batch);
    window->batches++;
    return true;
}

static bool
wants_more(const struct window *window)
{
    return !window->exhausted && !window->faulted && window->batches + 1 < WINDOW_BATCHES &&
           mono_diff_ns(mono_now(), window->began) < WINDOW_MS * INT64_C(1000000) &&
           window->lane->shared->goal.rate == 0 && window->lane->producer &&
           !lane_stopping(window->lane);
}

// The loop that the file's head describes.
static bool
relay_batches(struct window *window, struct error *err)
{
    for (;;) {
        publish(window, &window->claimed);
        if (!settle(window, &window->published, err))
            return false;
        window->published = window->claimed;
        window->claimed = (struct batch){0};
        if (!wants_more(window))
            break;
        if (!claim_next(window, err))
            return false;
        if (window->claimed.count == 0)
            break;
    }
    return settle(window, &window->published, err);
}

static void
count_window(struct window *window)
{
    struct stats *stats = &window->lane->shared->stats;

    atomic_fetch_add(&stats->published, window->marked);
    atomic_fetch_add(&stats->published_bytes, window->marked_bytes);
    atomic_fetch_add(&stats->failed_attempts, window->failed);
    atomic_fetch_add(&stats->dead, window->dead);
    atomic_fetch_add(&stats->errors[FAULT_MESSAGE], window->failed);
    atomic_fetch_add(&stats->batches, (uint64_t)window->batches);
    atomic_fetch_add(&stats->windows, 1);
}

// goal.rate: the next window may begin when this one's messages have had their time.
static void
pay_rate(struct window *window)
{
    struct lane *lane = window->lane;
    int64_t rate = (int64_t)lane->shared->goal.rate;

    if (rate > 0)
        lane->not_before.ns = window->began.ns + (int64_t)window->marked * INT64_C(1000000000) /
                                                     rate * lane->shared->settings->lanes;
}

static enum window_end
finish(struct window *window, struct error *err)
{
    struct lane *lane = window->lane;

    lane_enter(lane, LANE_COMMIT);
    if (!store_commit(lane->store, err)) {
        error_prefix(err, "committing");
        return WINDOW_FAILED;
    }
    if (!window->faulted)
        floor_end(&lane->floor, window->reached, window->exhausted);
    window->committed = true;
    count_window(window);
    pay_rate(window);
    lane->waiting |= window->failed > 0 && is_version_2(window);
    if (window->faulted) {
        *err = window->fault;
        return WINDOW_FAILED;
    }
    return window->exhausted ? WINDOW_SHORT : WINDOW_FULL;
}

// Every batch gives its memory back; the producer first gives up what it still borrows of it.
static void
abandon(struct window *window)
{
    struct lane *lane = window->lane;

    if (lane->producer && producer_pending(lane->producer) > 0) {
        producer_close(lane->producer);
        lane->producer = NULL;
        lane->reachable = false;
    }
    batch_free(&window->published);
    batch_free(&window->claimed);
}

enum window_end
window_run(struct lane *lane, struct error *err)
{
    int limit = claim_limit(lane);
    struct window window = {.lane = lane, .began = mono_now(), .reached = lane->floor.start};
    struct position lowest;

    if (!reserve(&window, limit))
        return WINDOW_EMPTY;
    if (holds_expire(&lane->holds, window.began, &lowest))
        floor_lower_before(&lane->floor, lowest);
    window.claim = window_first_claim(lane, limit);
    window.reached = window.claim.after;

    enum window_end end = begin(&window, err);
    if (end == WINDOW_SHORT && !relay_batches(&window, err))
        end = WINDOW_FAILED;
    if (end == WINDOW_SHORT || end == WINDOW_EMPTY) {
        enum window_end finished = finish(&window, err);
        end = finished == WINDOW_FAILED || end == WINDOW_SHORT ? finished : end;
    }
    if (holds_end_window(&lane->holds, &lowest))
        floor_lower_before(&lane->floor, lowest);
    give_back(&window);
    abandon(&window);
    return end;
}
