// SPDX-License-Identifier: Apache-2.0
// Dead letters go to outbox.dead_topic before their rows are made dead.
//
// In that order nothing is lost: a row is dead in the table only when its copy was acknowledged, or
// when no copy of it can be. As long as the dead topic cannot be written its rows wait, which costs
// them no attempt.
#include "window.h"

#include "dead_letter.h"
#include "outrider/base/log.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>

enum {
    BURY_MS = 2000, // how long copies of a batch are begun: the transaction's time is nearly up
    COPY_MS = 2000, // how long one may take
    LOOK_MS = 1000, // and the question whether the topic is there
    MADE_MS = 500,  // and the making of a topic that brokers create by themselves
    POLL_MS = 50,
};

bool
window_holds_followers(const struct window *window, const struct outcome *outcome)
{
    return outcome->state == OUTCOME_FAILED &&
           (!outcome->permanent || window->lane->shared->settings->dead_topic);
}

// Asks for the topic, for a while when it is missing: the question can make brokers create it.
static bool
look_at_topic(struct producer *producer, const char *topic, struct error *err)
{
    const struct mono deadline = mono_add_ms(mono_now(), MADE_MS);
    int in_sync;

    while (!producer_look_at_topic(producer, topic, LOOK_MS, &in_sync, err)) {
        if (err->fault != FAULT_TOPIC || mono_passed(deadline))
            return false;
        producer_poll(producer, POLL_MS);
    }
    return true;
}

// Is the dead topic there? A copy to one that is missing would stay with librdkafka until the
// producer is given up, with all that it has in hand. Asked once a window; when nobody answers, the
// copy is to find out.
static bool
is_there(struct window *window, struct batch *batch, struct message *copy)
{
    struct error why;

    if (window->dead_topic_seen || look_at_topic(window->lane->producer, copy->topic, &why) ||
        why.fault != FAULT_TOPIC) {
        window->dead_topic_seen = true;
        return true;
    }
    copy->outcome = (struct outcome){.state = OUTCOME_FAILED,
                                     .fault = FAULT_TOPIC,
                                     .code = batch_copy(batch, why.code),
                                     .text = batch_copy(batch, why.text)};
    return false;
}

// Sends the copy of one, and waits for it: alone in its batch, what is said of that is said of it.
// OUTCOME_NONE: its topic is blocked, or the time is over.
static struct message *
send_copy(struct window *window, struct batch *batch, const struct message *message,
          struct mono deadline)
{
    struct lane *lane = window->lane;
    const char *topic = lane->shared->settings->dead_topic;
    size_t room = lane->producer ? producer_max_message_bytes(lane->producer) : 0;
    struct message *copy =
        dead_letter(batch, message, window_attempts_made(window, message), topic, room);

    if (!lane->producer || mono_passed(deadline) ||
        !breakers_admit(&lane->slot->breakers, topic, copy->row.position, &window->probing) ||
        !is_there(window, batch, copy))
        return copy;
    deadline = mono_add_ms(mono_now(), COPY_MS);
    while (!producer_send(lane->producer, copy) && !mono_passed(deadline))
        producer_poll(lane->producer, POLL_MS);
    producer_push(lane->producer);
    while (copy->outcome.state == OUTCOME_PENDING && !mono_passed(deadline) &&
           !atomic_load(&lane->shared->abort))
        producer_poll(lane->producer, POLL_MS);
    if (copy->outcome.state == OUTCOME_PENDING) {
        error_set(&window->silence, FAULT_CLUSTER, "NO_ANSWER",
                  "outbox.dead_topic did not acknowledge in time");
        window_give_up_producer(window);
    }
    return copy;
}

static void
tell_uncopied(const struct message *copy)
{
    char id[MESSAGE_ID_TEXT];

    message_id_format(&copy->row.id, id);
    LOG(LOG_WARN, "dead_letter_uncopied", LOG_STR("id", id), LOG_STR("topic", copy->topic),
        LOG_STR("code", copy->outcome.code), LOG_STR("error", copy->outcome.text),
        LOG_STR("next", "the row is made dead without a copy"));
}

// Did the dead topic fail the copy, and not the copy itself? A refusal that can be a setting's
// counts as the topic's: it would cost every dead row its copy.
static bool
is_topics_fault(const struct outcome *outcome)
{
    return outcome->state == OUTCOME_FAILED &&
           (outcome->fault != FAULT_MESSAGE || outcome->doubtful);
}

// Is the row to be dead now? No copy of it can be made when Kafka says that it never takes it.
static bool
is_buried(struct window *window, const struct message *copy)
{
    const struct outcome *outcome = &copy->outcome;
    struct error why;
    char id[MESSAGE_ID_TEXT];

    if (outcome->state == OUTCOME_NONE) // not sent
        return false;
    if (is_topics_fault(outcome)) {
        const bool silent = outcome->given_up && window->silence.code[0] != '\0';
        message_id_format(&copy->row.id, id);
        error_set(&why, FAULT_TOPIC, silent ? window->silence.code : outcome->code,
                  "%s; it is outbox.dead_topic, and row %s waits for its copy there",
                  silent ? window->silence.text : outcome->text, id);
        bool known = window_block_topic(window, copy, &why);
        (void)known; // or it is tried again with each batch
        return false;
    }
    window_note_answer(window, copy);
    if (outcome->state == OUTCOME_FAILED)
        tell_uncopied(copy);
    return true;
}

// A row that cannot be made dead waits in memory, and no copy of it is sent.
static void
keep_refused(struct window *window, struct batch *batch, const struct refusals *refused)
{
    for (size_t i = 0; i < batch->count && refused->count > 0; i++) {
        struct message *message = &batch->messages[i];
        const struct refusal *refusal = refusals_find(refused, &message->row.id);
        if (!refusal)
            continue;
        window_keep_unwritten(window, refusal, message, true);
        message->outcome.state = OUTCOME_HELD;
    }
}

// After a failure, it is first made sure that the rows can be made dead at all: a row that cannot
// be would send another copy at each try. They are marked, and a row that is cannot be dead.
static bool
try_first(struct window *window, struct batch *batch, struct error *err)
{
    struct refusals refused = {0};
    struct store *store = window->lane->store;
    AUTOFREE struct failure *failures = xcalloc(batch->count + 1, sizeof *failures);
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (window_is_dead(window, &batch->messages[i]))
            failures[count++] = (struct failure){
                .id = batch->messages[i].row.id,
                .dead = true,
                .spent = batch->messages[i].outcome.spent,
                .error_class = fault_name(FAULT_MESSAGE),
                .code = batch->messages[i].outcome.code,
                .text = batch->messages[i].outcome.text,
            };
    if (count == 0)
        return true;
    if (window->marked_first > 0 && !store_unmark(store, err))
        return error_prefix(err, "taking marks back");
    window->marked_first = 0;
    const bool good = store_try_fail(store, failures, count, &refused, err) ||
                      error_prefix(err, "making rows dead before they are copied");
    if (good)
        keep_refused(window, batch, &refused);
    refusals_free(&refused);
    return good;
}

bool
window_bury(struct window *window, bool *postponed, struct error *err)
{
    struct batch *batch = &window->published;
    struct mono deadline = mono_add_ms(mono_now(), BURY_MS);

    if (!window->lane->shared->settings->dead_topic)
        return true;
    if (window->careful && !try_first(window, batch, err))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (window_is_dead(window, &batch->messages[i])) {
            postponed[i] =
                !is_buried(window, send_copy(window, batch, &batch->messages[i], deadline));
            if (postponed[i])
                unburied_add(&window->lane->slot->unburied, &batch->messages[i].row.id);
            else
                unburied_drop(&window->lane->slot->unburied, &batch->messages[i].row.id);
        }
    return true;
}
