// SPDX-License-Identifier: Apache-2.0
// From what Kafka said of a batch, or did not say, to an outcome that is each message's own.
//
// Two things hide whose fault a failure is. Silence: librdkafka has no deadline of its own here, so
// a message that nobody acknowledges stays pending until the relay's deadline passes. The cluster
// is asked then: when it does not answer, it is at fault; when it does, and others were
// acknowledged, or the message was alone, its topic is. And company: a broker refuses a batch as a
// whole, and librdkafka 2.0 fails every message of it with the code of the one that is bad. Those
// are sent again, each alone, before any is blamed.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/broker/broker_facts.h"

#include <stdlib.h>

enum {
    POLL_MS = 50,    // how long one wait for delivery reports lasts at most
    ASK_MS = 1000,   // how long the cluster may take to say that it is there, and its brokers
    PURGE_MS = 2000, // how long the reports of given-up messages are waited for
    LEAVE_MS = 500,  // and when told to leave at once
};

// Waits until the message is not pending; false when the deadline, or an order to leave at once,
// came first.
static bool
await_message(struct lane *lane, const struct message *message, struct mono deadline)
{
    while (message->outcome.state == OUTCOME_PENDING) {
        int left = mono_ms_until(deadline);
        if (left == 0 || atomic_load(&lane->shared->abort))
            return false;
        producer_poll(lane->producer, left < POLL_MS ? left : POLL_MS);
    }
    return true;
}

static bool
tries_its_topic(const struct lane *lane, const struct message *message)
{
    return message->topic &&
           breakers_probed_by(&lane->slot->breakers, message->topic, message->row.position);
}

// Waits until nothing of the batch is pending: the rows that try their topics come last, for their
// time is short, and nobody else's is to be.
static bool
await_batch(const struct window *window, const struct batch *batch)
{
    struct lane *lane = window->lane;

    producer_poll(lane->producer, 0); // what came while nobody looked
    for (size_t i = 0; i < batch->count; i++)
        if (!tries_its_topic(lane, &batch->messages[i]) &&
            !await_message(lane, &batch->messages[i], window->deadline))
            return false;
    for (size_t i = 0; i < batch->count; i++)
        if (!await_message(lane, &batch->messages[i], window->probe_deadline))
            return false;
    return true;
}

static bool
has(const struct batch *batch, enum outcome_state state)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->messages[i].outcome.state == state)
            return true;
    return false;
}

// Was anything of the window acknowledged, or can only one message be meant?
static bool
topic_is_at_fault(const struct window *window)
{
    return window->probing || window->published.count + window->claimed.count == 1 ||
           window->acknowledged > 0 || has(&window->published, OUTCOME_ACKNOWLEDGED) ||
           has(&window->claimed, OUTCOME_ACKNOWLEDGED);
}

void
window_give_up_producer(struct window *window)
{
    struct lane *lane = window->lane;

    producer_give_up(lane->producer, atomic_load(&lane->shared->abort) ? LEAVE_MS : PURGE_MS);
    window->given_up = lane->producer;
    lane->producer = NULL;
    lane->reachable = false;
}

// The cluster answers: says which of its brokers does not, at the address that it advertises.
static void
name_silent_broker(struct lane *lane, struct error *silence)
{
    const struct error said = *silence;
    struct broker_facts *list = NULL;
    size_t count = 0;
    struct error err;

    if (!broker_facts_read(lane->producer, ASK_MS, &list, &count, &err))
        return;
    for (size_t i = 0; i < count; i++) {
        if (list[i].answers)
            continue;
        error_set(silence, said.fault, said.code,
                  "%s; broker %d does not answer at %s, which it advertises "
                  "(advertised.listeners): that address must lead to it from this host (%s)",
                  said.text, list[i].id, list[i].address, list[i].why_not);
        break;
    }
    free(list);
}

// The deadline passed. The producer goes with what it holds: its sockets can still refer to the
// bytes of what was purged. It is closed when the marks are safe, for closing can take its time.
static void
give_up(struct window *window)
{
    struct lane *lane = window->lane;

    if (atomic_load(&lane->shared->abort))
        error_set(&window->silence, FAULT_CLUSTER, "ABORTED", "given up: told to stop at once");
    else if (producer_probe(lane->producer, ASK_MS, &window->silence)) {
        error_set(&window->silence, topic_is_at_fault(window) ? FAULT_TOPIC : FAULT_CLUSTER,
                  "NO_ANSWER", "Kafka answers, but did not acknowledge the message in time");
        name_silent_broker(lane, &window->silence);
    }
    window_give_up_producer(window);
}

// --- company

static bool
is_suspect(const struct message *message)
{
    return message->outcome.state == OUTCOME_FAILED && message->outcome.of_batch;
}

// The messages of the batch that are suspects, in the order of the rows. Caller frees.
static struct message **
list_suspects(const struct batch *batch, size_t *ret_count)
{
    struct message **suspects = xcalloc(batch->count + 1, sizeof *suspects);
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (is_suspect(&batch->messages[i]))
            suspects[count++] = &batch->messages[i];
    *ret_count = count;
    return suspects;
}

// Sends one message with no other under way: what is said of the batch is said of it. False when
// it could not be tried in time.
static bool
send_alone(struct window *window, struct message *message)
{
    struct lane *lane = window->lane;

    message->outcome = (struct outcome){0};
    while (!producer_send(lane->producer, message)) {
        if (mono_passed(window->deadline) || atomic_load(&lane->shared->abort))
            return false;
        producer_poll(lane->producer, POLL_MS);
    }
    producer_push(lane->producer);
    if (!await_batch(window, &window->published))
        return false;
    message->outcome.of_batch = false;
    return true;
}

// What could not be tried in time is nobody's fault.
static const struct outcome untried = {
    .state = OUTCOME_FAILED,
    .fault = FAULT_CLUSTER,
    .code = "UNTRIED",
    .text = "Kafka refused a batch, and its messages could not be sent one by one in time",
};

// An innocent arrives behind those of its aggregate that were accepted before it was sent alone.
static void
count_overtaken(struct window *window, const struct batch *batch, const struct message *late)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct message *message = &batch->messages[i];
        if (message->outcome.state == OUTCOME_ACKNOWLEDGED &&
            bytes_equal(message->row.aggregate_id, late->row.aggregate_id) &&
            position_compare(&message->row.position, &late->row.position) > 0)
            atomic_fetch_add(&window->lane->shared->stats.order_breaks, 1);
    }
}

// Tries one suspect. One that is found guilty holds back the later ones of its aggregate.
static bool
try_suspect(struct window *window, struct message *message)
{
    struct holds *holds = &window->lane->slot->holds;
    const struct row *row = &message->row;
    bool order = window_keeps_order(window);

    if (order && holds_back(holds, row->aggregate_id, row->position)) {
        message->outcome = (struct outcome){.state = OUTCOME_HELD};
        return true;
    }
    if (!send_alone(window, message))
        return false;
    if (order && message->outcome.state == OUTCOME_ACKNOWLEDGED) {
        count_overtaken(window, &window->published, message);
        count_overtaken(window, &window->claimed, message);
    } else if (order && window_holds_followers(window, &message->outcome)) {
        holds_add_window(holds, row->aggregate_id, row->position);
    }
    return true;
}

static void
try_suspects(struct window *window)
{
    struct lane *lane = window->lane;
    size_t count;
    AUTOFREE struct message **suspects = list_suspects(&window->published, &count);

    if (count == 0)
        return;
    LOG(LOG_WARN, "batch_refused", LOG_INT("lane", lane->number), LOG_INT("messages", count),
        LOG_STR("code", suspects[0]->outcome.code), LOG_STR("error", suspects[0]->outcome.text),
        LOG_STR("next", "each is sent alone, to find the one that is meant"));
    bool in_time = await_batch(window, &window->claimed);
    for (size_t i = 0; i < count; i++) {
        in_time = in_time && try_suspect(window, suspects[i]);
        if (suspects[i]->outcome.state == OUTCOME_NONE) // no room for it in the queue
            suspects[i]->outcome = untried;
    }
}

// Suspects of a batch whose deadline passed stay untried.
static void
leave_suspects(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (is_suspect(&batch->messages[i]))
            batch->messages[i].outcome = untried;
}

// The messages of a topic that are doubted, of those before the end-th.
static size_t
count_doubted(const struct batch *batch, size_t end, const char *topic)
{
    size_t count = 0;

    for (size_t i = 0; i < end; i++)
        count += batch->messages[i].outcome.doubted && str_equal(batch->messages[i].topic, topic);
    return count;
}

// A refusal that may be the topic's fault is none of the row's until the topic takes another row.
// One line a topic.
static void
doubt_refusals(struct lane *lane, struct batch *batch)
{
    struct error why;
    size_t untold = doubts_judge(&lane->doubts, batch);

    for (size_t i = 0; untold > 0; i++) {
        const struct message *message = &batch->messages[i];
        const struct outcome *outcome = &message->outcome;
        if (!outcome->doubted || count_doubted(batch, i, message->topic) > 0)
            continue;
        const size_t count = count_doubted(batch, batch->count, message->topic);
        untold -= count;
        error_set(&why, FAULT_TOPIC, outcome->code, "%s", outcome->text);
        LOG(LOG_WARN, "refusal_doubted", LOG_INT("lane", lane->number), LOG_INT("messages", count),
            LOG_STR("topic", message->topic), LOG_FAULT(&why),
            LOG_STR("next",
                    "these rows wait and no attempt is counted, until the topic takes another "
                    "row; if it refuses all: are its cleanup.policy, schema or policy right?"));
    }
}

void
window_hear(struct window *window)
{
    struct lane *lane = window->lane;
    struct batch *batch = &window->published;

    if (lane->producer && await_batch(window, batch))
        try_suspects(window);
    if (lane->producer && has(batch, OUTCOME_PENDING))
        give_up(window);
    leave_suspects(batch);
    doubt_refusals(lane, batch);
}
