// SPDX-License-Identifier: Apache-2.0
// From outcomes to the table: what may be marked, what is counted against a row, what costs it
// nothing.
//
// An acknowledged message is marked, unless an earlier one of its aggregate was lost to a fault
// that is not its own: then both go again, in order. A message that failed by its own fault costs
// its row an attempt. A topic that refused one is blocked, which costs nobody anything: its rows
// stay, the window goes on. Whatever else went wrong is the cluster's fault, costs nobody anything
// either, and ends the window.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "skew.h"

#include <assert.h>
#include <stdlib.h>

enum { WAITS = 2 }; // of topic_retry, for a row whose copy could not be sent

// How long a row waits that no attempt is counted against.
static int64_t
postponement_ms(const struct relay_settings *settings)
{
    return WAITS * (int64_t)settings->topic_retry_ms;
}

int64_t
relay_longest_wait_ms(const struct relay_settings *settings)
{
    const int64_t postponed_ms = postponement_ms(settings);

    return postponed_ms > settings->retry_backoff_max_ms ? postponed_ms
                                                         : settings->retry_backoff_max_ms;
}

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

// --- topics

// Topic and aggregate as one name: Kafka orders nothing across topics, so what a topic refused
// holds back only the later rows of both. No topic that is sent to has a slash in it.
static struct text
topic_and_aggregate(const struct message *message)
{
    struct text name = {0};
    struct bytes aggregate = message->row.aggregate_id;

    text_append(&name, message->topic);
    text_append_char(&name, '/');
    text_append_bytes(&name, aggregate.data ? aggregate.data : "", aggregate.len);
    return name;
}

// Was an earlier row of this topic and aggregate refused in this window?
static bool
is_behind_refused(const struct lane *lane, const struct message *message)
{
    if (lane->refused.count == 0 || !message->row.aggregate_id.data)
        return false;
    __attribute__((cleanup(text_free))) struct text name = topic_and_aggregate(message);
    struct bytes bytes = {name.data, name.len};
    return holds_back(&lane->refused, bytes, message->row.position);
}

// Kafka refused a message, and did not write it: later ones of its topic and aggregate that it took
// have overtaken it.
static void
note_refused(struct lane *lane, const struct message *message)
{
    if (!message->row.aggregate_id.data) // has no order to keep
        return;
    __attribute__((cleanup(text_free))) struct text name = topic_and_aggregate(message);
    holds_add_window(&lane->refused, (struct bytes){name.data, name.len}, message->row.position);
}

// Says why the topic is blocked, in the log and as the lane's trouble.
static void
tell_blocked(struct lane *lane, struct breaker *breaker, const struct message *message,
             const struct error *why)
{
    struct error whole = *why;

    if (message->outcome.by_clock)
        skew_explain(lane->store, &whole);
    LOG(LOG_WARN, "topic_blocked", LOG_INT("lane", lane->number), LOG_STR("topic", message->topic),
        LOG_FAULT(&whole),
        LOG_STR("next", "its rows wait and cost nothing, all others go on; it is tried again "
                        "every few seconds"));
    error_prefix(&whole, "topic %s", message->topic);
    breakers_explain(breaker, &whole);
    lane_show_blocked(lane);
}

bool
window_block_topic(struct window *window, const struct message *message, const struct error *why)
{
    struct lane *lane = window->lane;
    bool known = breakers_find(&lane->slot->breakers, message->topic) != NULL;
    struct breaker *breaker =
        breakers_open(&lane->slot->breakers, message->topic, window->claim.since, mono_now());

    if (!breaker && !lane->told_full)
        LOG(LOG_ERROR, "topics_blocked_limit", LOG_INT("lane", lane->number),
            LOG_INT("limit", BREAKERS_MAX), LOG_STR("topic", message->topic), LOG_FAULT(why),
            LOG_STR("next", "rows of further topics wait in the table, each for itself; does "
                            "message.topic make a topic of every id?"));
    lane->told_full = !breaker;
    if (!breaker)
        return false;
    breaker->silences += message->outcome.given_up;
    if (!known) {
        atomic_fetch_add(&lane->shared->stats.errors[FAULT_TOPIC], 1);
        tell_blocked(lane, breaker, message, why);
    }
    note_refused(lane, message);
    return true;
}

void
window_release(struct window *window, struct position since)
{
    if (!window->released || position_compare(&since, &window->released_since) < 0)
        window->released_since = since;
    window->released = true;
}

void
window_note_answer(struct window *window, const struct message *message)
{
    struct lane *lane = window->lane;
    struct breaker *breaker =
        breakers_probed_by(&lane->slot->breakers, message->topic, message->row.position);

    if (!breaker)
        return;
    window_release(window, breaker->since);
    breakers_close(&lane->slot->breakers, breaker);
    lane_show_blocked(lane);
}

// --- what each outcome means

struct settlement {
    struct failure *failures;
    const struct message **failed; // of each failure
    size_t count;
};

static void
add_due(struct window *window, const struct row *row)
{
    if (window->due_count == window->due_room) {
        window->due_room = 2 * window->due_room + 64;
        window->due = xreallocarray(window->due, window->due_room, sizeof *window->due);
        window->due_at = xreallocarray(window->due_at, window->due_room, sizeof *window->due_at);
    }
    window->due[window->due_count] = row->id;
    window->due_at[window->due_count++] = row->position;
}

// Most rows go where the one before them went.
static void
count_topic(struct window *window, const char *topic)
{
    if (!str_equal(topic_index_name(window->topic), topic))
        window->topic = topic_index(topic);
    window->topics[window->topic]++;
}

static void
settle_acknowledged(struct window *window, const struct message *message, int64_t now_us)
{
    struct stats *stats = &window->lane->shared->stats;
    const struct row *row = &message->row;
    bool order = window_keeps_order(window);

    window_note_answer(window, message);
    bool behind = order && holds_back(&window->lane->slot->holds, row->aggregate_id, row->position);
    bool overtook = order && is_behind_refused(window->lane, message);
    atomic_fetch_add(&stats->order_breaks, overtook);
    if ((behind && window->faulted) || overtook) {
        // An earlier one did not arrive: both go again.
        atomic_fetch_add(&stats->possible_duplicates, 1);
        return;
    }
    if (behind)
        atomic_fetch_add(&stats->order_breaks, 1);
    add_due(window, row);
    unburied_drop(&window->lane->slot->unburied, &row->id);
    if (window->careful) // no other sends a row that was refused
        window_forget_written(window, &row->id, true);
    window->acknowledged++;
    window->marked++;
    count_topic(window, message->topic);
    window->marked_bytes += row->payload.len;
    if (row->created_at_us >= 0 && row->created_at_us != UTC_INFINITY) // infinities have no age
        histogram_add(&stats->delivery, now_us - row->created_at_us);
}

bool
window_is_dead(const struct window *window, const struct message *message)
{
    const struct outcome *outcome = &message->outcome;

    return outcome->state == OUTCOME_FAILED && outcome->fault == FAULT_MESSAGE &&
           !outcome->doubted &&
           (outcome->permanent ||
            window_attempts_made(window, message) >= window->lane->shared->settings->max_retries);
}

// Its later rows wait for a row that waits. Version 1 has no place for it in the table.
static void
hold_aggregate(struct window *window, const struct row *row, int64_t delay_ms)
{
    struct holds *holds = &window->lane->slot->holds;

    if (!window_is_version_2(window))
        holds_add(holds, row->aggregate_id, row->position, mono_add_ms(mono_now(), delay_ms));
    else if (window_keeps_order(window))
        holds_add_window(holds, row->aggregate_id, row->position);
}

// A message failed by its own fault: an attempt is counted against it. `postponed`: none is, it
// only waits.
static void
settle_blamed(struct window *window, const struct message *message, struct settlement *settlement,
              bool postponed)
{
    const struct relay_settings *settings = window->lane->shared->settings;
    const struct outcome *outcome = &message->outcome;
    bool dead = !postponed && window_is_dead(window, message);
    int64_t delay_ms =
        postponed ? postponement_ms(settings)
                  : backoff_delay_ms(settings->retry_backoff_ms, settings->retry_backoff_max_ms,
                                     message->row.retry_count + !outcome->spent);

    if (message->topic)
        window_note_answer(window, message);
    if (!dead)
        hold_aggregate(window, &message->row, delay_ms);
    if (postponed && !window_is_version_2(window))
        return;
    settlement->failed[settlement->count] = message;
    settlement->failures[settlement->count++] = (struct failure){
        .id = message->row.id,
        .delay_ms = delay_ms,
        .dead = dead,
        .postponed = postponed,
        .spent = outcome->spent,
        .error_class = fault_name(outcome->fault),
        .code = outcome->code,
        .text = outcome->text,
    };
}

// Whose fault it is that a message was not acknowledged. A row that tries its topic has a short
// deadline: others that missed it say nothing of theirs.
static void
explain(const struct window *window, const struct message *message, struct error *ret_why)
{
    const struct outcome *outcome = &message->outcome;
    const struct breakers *breakers = &window->lane->slot->breakers;

    if (!outcome->given_up || window->silence.code[0] == '\0') { // or librdkafka's own purge
        error_set(ret_why, outcome->fault, outcome->code, "%s", outcome->text);
        return;
    }
    *ret_why = window->silence;
    if (window->probing && !breakers_probed_by(breakers, message->topic, message->row.position))
        ret_why->fault = FAULT_CLUSTER;
}

// Says once that a code is none of those that somebody has classified.
static void
tell_unlisted(struct lane *lane, const struct outcome *outcome)
{
    atomic_fetch_add(&lane->shared->stats.unlisted, 1);
    if (str_equal(lane->told_code, outcome->code))
        return;
    lane->told_code = outcome->code;
    LOG(LOG_WARN, "kafka_code_unlisted", LOG_STR("code", outcome->code),
        LOG_STR("error", outcome->text),
        LOG_STR("next", "taken as the cluster's fault: no row is blamed; please report it"));
}

// A message failed by no fault of its own: nothing is written. Its topic is blocked, or the window
// ends.
static void
settle_innocent(struct window *window, const struct message *message, struct settlement *settlement)
{
    struct lane *lane = window->lane;
    struct error why;

    explain(window, message, &why);
    if (message->outcome.possibly_persisted)
        atomic_fetch_add(&lane->shared->stats.possible_duplicates, 1);
    if (message->outcome.unlisted)
        tell_unlisted(lane, &message->outcome);
    if (why.fault == FAULT_TOPIC) {
        if (!window_block_topic(window, message, &why))
            settle_blamed(window, message, settlement, true);
        return;
    }
    if (!message->outcome.possibly_persisted)
        note_refused(lane, message);
    holds_add_window(&lane->slot->holds, message->row.aggregate_id, message->row.position);
    if (!window->faulted)
        error_set(&window->fault, FAULT_CLUSTER, why.code, "%s; topic %s", why.text,
                  message->topic);
    window->faulted = true;
}

static void
settle_message(struct window *window, const struct message *message, struct settlement *settlement,
               bool postponed, int64_t now_us)
{
    switch (message->outcome.state) {
    case OUTCOME_ACKNOWLEDGED:
        settle_acknowledged(window, message, now_us);
        break;
    case OUTCOME_FAILED:
        if (message->outcome.fault == FAULT_MESSAGE)
            settle_blamed(window, message, settlement, postponed || message->outcome.doubted);
        else
            settle_innocent(window, message, settlement);
        break;
    case OUTCOME_HELD:
        break;
    case OUTCOME_NONE:
    case OUTCOME_PENDING:
        assert(!"every outcome is known when a batch is settled");
    }
}

// The messages are done with. Their bytes may still be lent to a producer that was given up.
static void
retire(struct window *window)
{
    struct batch *batch = &window->published;

    if (window->given_up)
        window->spent[window->spent_count++] = *batch;
    else
        batch_free(batch);
    *batch = (struct batch){0};
}

bool
window_mark(struct window *window, struct error *err)
{
    struct store *store = window->lane->store;
    struct refusals refused = {0};
    const size_t count = window->due_count, first = window->marked_first;

    window->due_count = window->marked_first = 0;
    if (first > 0 && first == count)
        return true;
    if (first > 0 && !store_unmark(store, err))
        return error_prefix(err, "taking marks back");
    if (count > 0 && !store_mark(store, window->due, count, &refused, err)) {
        refusals_free(&refused);
        return error_prefix(err, "marking published rows");
    }
    return window_take_refusals(window, &refused, count, err);
}

// A failure is counted, and logged when it is committed.
static void
note_failure(struct window *window, const struct failure *failure, const struct message *message)
{
    if (failure->postponed)
        return;
    window->dead += failure->dead;
    window->attempts += !failure->spent;
    if (window->note_count == window->note_room) {
        window->note_room = 2 * window->note_room + 16;
        window->notes = xreallocarray(window->notes, window->note_room, sizeof *window->notes);
    }
    window->notes[window->note_count++] = (struct note){
        .id = failure->id,
        .topic = message->topic ? xstrdup(message->topic) : NULL,
        .code = xstrdup(failure->code),
        .text = xstrdup(failure->text),
        .attempt = window_attempts_made(window, message),
        .dead = failure->dead,
        .delay_ms = failure->dead ? 0 : failure->delay_ms,
    };
}

void
window_tell_failures(const struct window *window)
{
    char id[MESSAGE_ID_TEXT];

    for (size_t i = 0; i < window->note_count; i++) {
        const struct note *note = &window->notes[i];
        message_id_format(&note->id, id);
        LOG(note->dead ? LOG_ERROR : LOG_WARN, note->dead ? "message_dead" : "message_failed",
            LOG_STR("id", id), LOG_STR("topic", note->topic), LOG_INT("attempt", note->attempt),
            LOG_STR("code", note->code), LOG_STR("error", note->text),
            LOG_STR("next", note->dead ? "left alone" : "retried"),
            note->dead ? LOG_STR("retry_ms", NULL) : LOG_INT("retry_ms", note->delay_ms));
    }
}

// Writes the failures. A row whose failure the table refuses waits in memory.
static bool
write_failures(struct window *window, const struct settlement *settlement, struct error *err)
{
    struct refusals refused = {0};
    bool good = store_fail(window->lane->store, settlement->failures, settlement->count,
                           window->careful, &refused, err) ||
                error_prefix(err, "counting failed attempts");

    for (size_t i = 0; i < settlement->count && good; i++) {
        const struct failure *failure = &settlement->failures[i];
        const struct refusal *refusal = refusals_find(&refused, &failure->id);
        if (refusal) {
            window_keep_unwritten(window, refusal, settlement->failed[i], !failure->postponed);
        } else {
            note_failure(window, failure, settlement->failed[i]);
            window_forget_written(window, &failure->id, failure->dead);
        }
    }
    window->failed += settlement->count - refused.count;
    refusals_free(&refused);
    return good;
}

bool
window_settle(struct window *window, struct error *err)
{
    struct batch *batch = &window->published;
    AUTOFREE bool *postponed = xcalloc(batch->count + 1, sizeof *postponed);
    AUTOFREE struct failure *failures = xcalloc(batch->count + 1, sizeof *failures);
    AUTOFREE const struct message **failed = xcalloc(batch->count + 1, sizeof *failed);
    struct settlement settlement = {.failures = failures, .failed = failed};
    struct lane *lane = window->lane;

    if (batch->count == 0)
        return true;
    lane_enter(lane, LANE_SETTLE);
    window_hear(window);
    if (!window_bury(window, postponed, err))
        return false;
    int64_t now_us = wall_us();
    for (size_t i = 0; i < batch->count; i++)
        settle_message(window, &batch->messages[i], &settlement, postponed[i], now_us);
    // Marks that were made first may be taken back by this, with all that was written since.
    const bool good = ((!window->careful && settlement.count == 0) || window_mark(window, err)) &&
                      (settlement.count == 0 || write_failures(window, &settlement, err));
    retire(window); // also when it was not written: what became of its messages is counted
    if (!good)
        return false;
    window->batches++;
    lane_count_times(lane);
    return true;
}

void
window_count(struct window *window)
{
    struct stats *stats = &window->lane->shared->stats;

    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        if (window->topics[i] > 0)
            atomic_fetch_add(&stats->topics[i], window->topics[i]);
    atomic_fetch_add(&stats->published, window->marked);
    atomic_fetch_add(&stats->published_bytes, window->marked_bytes);
    atomic_fetch_add(&stats->failed_attempts, window->attempts);
    atomic_fetch_add(&stats->dead, window->dead);
    atomic_fetch_add(&stats->errors[FAULT_MESSAGE], window->attempts);
    atomic_fetch_add(&stats->batches, (uint64_t)window->batches);
    atomic_fetch_add(&stats->windows, 1);
}
