// SPDX-License-Identifier: Apache-2.0
// From claimed rows to messages that Kafka has: what is sent, what is kept back, and what is not
// sent because it could not arrive.
//
// Careful windows begin with one row, and mark first: whatever is wrong with the database shows
// before a copy is out, and whatever is wrong with Kafka costs one message's wait. Each that goes
// well is followed by one of twice as many rows: some faults, such as a disk that is nearly full,
// show with many only.
#include "window.h"

#include "outrider/base/xalloc.h"
#include "outrider/relay/envelope.h"

#include <stdlib.h>

enum {
    POLL_MS = 50,      // how long one wait for room in the producer's queue lasts
    CAREFUL_MS = 6500, // how long a careful row may take: longer than librdkafka looks for a topic
    PROBE_MS = 2000,   // and a row that tries its topic, for which the others wait; doubles
    SILENCES_MAX = 4,  // so often, when nobody answered: a slow topic must not stay blocked
};

// A row of version 2 whose attempts were used up by another hand or under another max_retries is
// not sent: it is made dead, which version 2 has a column for.
static const struct outcome exhausted = {
    .state = OUTCOME_FAILED,
    .fault = FAULT_MESSAGE,
    .permanent = true,
    .spent = true,
    .code = "EXHAUSTED",
    .text = "its attempts were used up before (outbox.max_retries)",
};

// Does an earlier row, its lock, or its topic keep this one back?
static bool
is_held(struct window *window, const struct message *message)
{
    const struct row *row = &message->row;

    return !row->taken || window_is_quarantined(window, row) ||
           (window_keeps_order(window) &&
            holds_back(&window->lane->slot->holds, row->aggregate_id, row->position));
}

// Was its topic found blocked after it was prepared?
static bool
is_blocked(const struct window *window, const struct message *message)
{
    const struct breakers *breakers = &window->lane->slot->breakers;
    const struct breaker *breaker =
        breakers->count > 0 ? breakers_find(breakers, message->topic) : NULL;

    return breaker && breaker->state == BREAKER_OPEN;
}

// May it be sent to its topic? A row that tries one waits the longer the more before it got no
// answer.
static bool
admit(struct window *window, const struct message *message)
{
    struct breakers *breakers = &window->lane->slot->breakers;
    const struct row *row = &message->row;

    if (!breakers_admit(breakers, message->topic, row->position, &window->probing))
        return false;
    const struct breaker *tried = breakers_probed_by(breakers, message->topic, row->position);
    if (tried && tried->silences > window->silences)
        window->silences = tried->silences;
    return true;
}

// Makes the row a message, or says why it is not sent.
static void
prepare(struct window *window, struct batch *batch, struct message *message)
{
    struct lane *lane = window->lane;
    const struct relay_settings *settings = lane->shared->settings;

    if (is_held(window, message)) {
        message->outcome.state = OUTCOME_HELD;
        return;
    }
    if (message->row.retry_count >= settings->max_retries) {
        message->outcome = exhausted;
        envelope_name_topic(&settings->envelope, batch, message);
    } else if (message->outcome.state == OUTCOME_NONE) {
        envelope_fill(&settings->envelope, batch, message,
                      producer_max_message_bytes(lane->producer));
    }
    if (message->outcome.state == OUTCOME_NONE && !admit(window, message))
        message->outcome.state = OUTCOME_HELD;
}

// Hands a message to the producer; waits for room in its queue.
static void
send_message(struct window *window, struct message *message)
{
    struct lane *lane = window->lane;

    while (!producer_send(lane->producer, message)) {
        if (mono_passed(window->deadline) || atomic_load(&lane->shared->abort)) {
            message->outcome = (struct outcome){.state = OUTCOME_FAILED,
                                                .fault = FAULT_CLUSTER,
                                                .code = "QUEUE_FULL",
                                                .text = "Kafka takes messages too slowly"};
            return;
        }
        producer_poll(lane->producer, POLL_MS);
    }
}

// A message that failed at once keeps its followers back at once: those of its aggregate, or those
// of its topic. So does one that waited for its copy in outbox.dead_topic, and is tried again.
static void
hold_followers(struct window *window, const struct message *message)
{
    const struct outcome *outcome = &message->outcome;
    struct error why;

    if (outcome->state == OUTCOME_NONE &&
        !unburied_has(&window->lane->slot->unburied, &message->row.id))
        return;
    if (outcome->state != OUTCOME_NONE && !window_holds_followers(window, outcome))
        return;
    if (outcome->state == OUTCOME_FAILED && outcome->fault == FAULT_TOPIC) {
        error_set(&why, FAULT_TOPIC, outcome->code, "%s", outcome->text);
        if (window_block_topic(window, message, &why))
            return;
    }
    if (window_keeps_order(window))
        holds_add_window(&window->lane->slot->holds, message->row.aggregate_id,
                         message->row.position);
}

// Sends what was prepared, unless what failed since then keeps it back.
static void
send_prepared(struct window *window, struct message *message)
{
    if (message->outcome.state != OUTCOME_NONE)
        return;
    if (is_held(window, message) || is_blocked(window, message)) {
        message->outcome.state = OUTCOME_HELD;
        return;
    }
    send_message(window, message);
    hold_followers(window, message);
}

// Marks what will be sent. A row that cannot be marked is not sent.
static bool
mark_first(struct window *window, struct batch *batch, struct error *err)
{
    struct refusals refused = {0};
    AUTOFREE struct message_id *ids = xcalloc(batch->count + 1, sizeof *ids);
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (batch->messages[i].outcome.state == OUTCOME_NONE)
            ids[count++] = batch->messages[i].row.id;
    if (count > 0 && !store_mark_first(window->lane->store, ids, count, &refused, err)) {
        refusals_free(&refused);
        return error_prefix(err, "marking rows before they are published");
    }
    window->marked_first = count - refused.count;
    const bool any = refused.count > 0;
    if (!window_refuse_unmarkable(window, batch, &refused, count, err))
        return false;
    for (size_t i = 0; i < batch->count && any; i++)
        hold_followers(window, &batch->messages[i]);
    return true;
}

static int
patience_ms(const struct window *window)
{
    int patience_ms = window->lane->shared->settings->window_deadline_ms;

    return window->careful && patience_ms > CAREFUL_MS ? CAREFUL_MS : patience_ms;
}

// What tries a topic is waited for no longer, and the others of its window as long as ever: the
// transaction is idle meanwhile, and PostgreSQL ends one that is so for too long.
static int
probe_patience_ms(const struct window *window)
{
    int longest_ms = window->lane->shared->settings->window_deadline_ms;
    int doubled = window->silences < SILENCES_MAX ? window->silences : SILENCES_MAX;

    return PROBE_MS << doubled < longest_ms ? PROBE_MS << doubled : longest_ms;
}

bool
window_publish(struct window *window, struct error *err)
{
    struct batch *batch = &window->claimed;

    lane_enter(window->lane, LANE_PUBLISH);
    for (size_t i = 0; i < batch->count; i++) {
        prepare(window, batch, &batch->messages[i]);
        hold_followers(window, &batch->messages[i]);
    }
    if (window->careful && !mark_first(window, batch, err))
        return false;
    window->deadline = mono_add_ms(mono_now(), patience_ms(window));
    window->probe_deadline = mono_add_ms(mono_now(), probe_patience_ms(window));
    for (size_t i = 0; i < batch->count; i++)
        send_prepared(window, &batch->messages[i]);
    producer_push(window->lane->producer);
    return true;
}
