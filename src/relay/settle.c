// SPDX-License-Identifier: Apache-2.0
// From outcomes to the table: what may be marked, what is counted against a row, what costs it
// nothing.
//
// An acknowledged message is marked, unless an earlier one of its aggregate was lost to a fault
// that is not its own: then both go again, in order. A message that failed by its own fault costs
// its row an attempt. Whatever else went wrong costs nobody anything and ends the window.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

enum {
    POLL_MS = 50,    // how long one wait for delivery reports lasts at most
    PURGE_MS = 2000, // how long the reports of given-up messages are waited for
};

bool
window_keeps_order(const struct window *window)
{
    return window->lane->shared->store_settings->ordering == ORDERING_KEY;
}

bool
window_is_version_2(const struct window *window)
{
    return store_version(window->lane->store) >= 2;
}

// Waits for every outcome of the batch; false when the deadline, or an order to leave at once, came
// first.
static bool
await_until(struct lane *lane, const struct batch *batch, struct mono deadline)
{
    for (size_t i = 0; i < batch->count; i++) {
        while (batch->messages[i].outcome.state == OUTCOME_PENDING) {
            int left = mono_ms_until(deadline);
            if (left == 0 || atomic_load(&lane->shared->abort))
                return false;
            producer_poll(lane->producer, left < POLL_MS ? left : POLL_MS);
        }
    }
    return true;
}

// Waits for every outcome of the batch. When the deadline passes, what is left is given up, and the
// producer with it: its sockets can still hold references to the bytes of what was purged.
static void
await(struct window *window, const struct batch *batch)
{
    struct lane *lane = window->lane;

    if (await_until(lane, batch, window->deadline))
        return;
    producer_purge(lane->producer);
    (void)await_until(lane, batch, mono_add_ms(mono_now(), PURGE_MS));
    producer_close(lane->producer); // settles what librdkafka never answered
    lane->producer = NULL;
    lane->reachable = false;
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

    if (window_keeps_order(window) &&
        holds_back(&window->lane->holds, message->row.aggregate_id, message->row.position)) {
        if (window->faulted) { // an earlier one of its aggregate did not arrive: both go again
            atomic_fetch_add(&stats->possible_duplicates, 1);
            return;
        }
        atomic_fetch_add(&stats->order_breaks, 1);
    }
    settlement->ids[settlement->marked++] = message->row.id;
    window->marked_bytes += message->row.payload.len;
    if (message->row.created_at_us >= 0) // -infinity has no age
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
    else if (!window_is_version_2(window)) // the table has no place for it: remembered here
        holds_add(&lane->holds, message->row.aggregate_id, message->row.position,
                  mono_add_ms(mono_now(), delay_ms));
    else if (window_keeps_order(window))
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

bool
window_settle(struct window *window, struct batch *batch, struct error *err)
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
