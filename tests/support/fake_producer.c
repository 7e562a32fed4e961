// SPDX-License-Identifier: Apache-2.0
//
// A producer out of a test's script; see the header.
#include "tests/support/fake_producer.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/broker/broker_facts.h"
#include "tests/support/journal.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PENDING_MAX = 20000 };

struct fake_producer fake_producer;

struct pending {
    struct message *message;
    struct fate fate;
    size_t send; // its place in fake_producer.sends
    uint32_t sum;
};

struct lent {
    struct bytes value;
    uint32_t sum;
};

struct producer {
    struct pending pending[PENDING_MAX];
    size_t count;
    struct lent lent[2 * PENDING_MAX]; // of messages that were purged
    size_t lent_count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void
fake_producer_lock(void)
{
    pthread_mutex_lock(&lock);
}

void
fake_producer_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

void
fake_producer_reset(void)
{
    memset(&fake_producer, 0, sizeof fake_producer);
}

static int
count(int64_t seq, bool acknowledged_only)
{
    int found = 0;
    fake_producer_lock();
    for (size_t i = 0; i < fake_producer.sent; i++)
        found += fake_producer.sends[i].seq == seq &&
                 (fake_producer.sends[i].acknowledged || !acknowledged_only);
    fake_producer_unlock();
    return found;
}

int
fake_sent(int64_t seq)
{
    return count(seq, false);
}

int
fake_acknowledged(int64_t seq)
{
    return count(seq, true);
}

// FNV-1a over the bytes that the producer borrows.
static uint32_t
sum(struct bytes bytes)
{
    uint32_t value = 2166136261U;
    for (size_t i = 0; i < bytes.len; i++)
        value = (value ^ (unsigned char)bytes.data[i]) * 16777619U;
    return value;
}

bool
producer_open(const struct producer_settings *settings, struct producer **ret_producer,
              struct error *err)
{
    (void)settings;
    fake_producer_lock();
    bool fails = fake_producer.open_failures > 0;
    fake_producer.open_failures -= fails;
    fake_producer.opened += !fails;
    fake_producer.fatal = false;
    fake_producer_unlock();
    if (fails)
        return error_set(err, FAULT_CLUSTER, "PRODUCER", "scripted");
    journal_add("produce");
    *ret_producer = xcalloc(1, sizeof **ret_producer);
    return true;
}

bool
producer_probe(struct producer *producer, int timeout_ms, struct error *err)
{
    (void)producer, (void)timeout_ms;
    fake_producer_lock();
    fake_producer.probed++;
    bool fails = fake_producer.probe_failures > 0;
    fake_producer.probe_failures -= fails;
    fake_producer.troubled &= fails;
    fake_producer_unlock();
    return !fails || error_set(err, FAULT_CLUSTER, "ALL_BROKERS_DOWN", "scripted");
}

static struct outcome
outcome_of(const struct fate *fate)
{
    if (fate->kind == FATE_ACKNOWLEDGED)
        return (struct outcome){.state = OUTCOME_ACKNOWLEDGED};
    return (struct outcome){.state = OUTCOME_FAILED,
                            .fault = fate->fault,
                            .permanent = fate->permanent,
                            .possibly_persisted = fate->possibly_persisted,
                            .of_batch = fate->of_batch,
                            .given_up = fate->given_up,
                            .unlisted = fate->unlisted,
                            .doubtful = fate->doubtful,
                            .by_clock = fate->by_clock,
                            .code = "SCRIPTED",
                            .text = "scripted"};
}

static size_t
note_send(const struct message *message)
{
    assert(fake_producer.sent < FAKE_SENDS);
    struct fake_send *send = &fake_producer.sends[fake_producer.sent];
    send->seq = message->row.position.major;
    snprintf(send->aggregate, sizeof send->aggregate, "%.*s", (int)message->row.aggregate_id.len,
             message->row.aggregate_id.data ? message->row.aggregate_id.data : "");
    journal_add("s%lld", (long long)send->seq);
    return fake_producer.sent++;
}

static bool
queue_is_full(void)
{
    if (fake_producer.full == 0)
        return false;
    if (fake_producer.full > 0)
        fake_producer.full--;
    journal_add("full");
    return true;
}

bool
producer_send(struct producer *producer, struct message *message)
{
    struct fate fate = {0};
    fake_producer_lock();
    bool full = queue_is_full();
    if (!full) {
        assert(producer->count < PENDING_MAX && message->outcome.state == OUTCOME_NONE);
        if (fake_producer.judge)
            fate = fake_producer.judge(message);
        size_t send = note_send(message);
        message->outcome = fate.kind == FATE_REFUSED ? outcome_of(&fate)
                                                     : (struct outcome){.state = OUTCOME_PENDING};
        if (fate.kind != FATE_REFUSED)
            producer->pending[producer->count++] =
                (struct pending){message, fate, send, sum(message->value)};
    }
    fake_producer_unlock();
    return !full;
}

void
producer_push(struct producer *producer)
{
    (void)producer;
}

// Writes the outcome: the message must still be there, and its bytes as they were.
static void
deliver(struct producer *producer, size_t i)
{
    struct pending *pending = &producer->pending[i];
    assert(sum(pending->message->value) == pending->sum);
    assert(pending->message->outcome.state == OUTCOME_PENDING);
    pending->message->outcome = outcome_of(&pending->fate);
    if (pending->fate.kind == FATE_ACKNOWLEDGED)
        fake_producer.sends[pending->send].acknowledged = true;
}

// Reports of one key come in the order of sending.
static bool
is_behind(const struct producer *producer, size_t kept, const struct message *message)
{
    for (size_t i = 0; i < kept; i++)
        if (bytes_equal(producer->pending[i].message->key, message->key))
            return true;
    return false;
}

// What is due goes to its message; the rest moves up.
static int
serve(struct producer *producer)
{
    size_t kept = 0, served = 0;
    for (size_t i = 0; i < producer->count; i++) {
        struct fate *fate = &producer->pending[i].fate;
        bool silent = fate->kind == FATE_NEVER && !fake_producer.healed;
        if (silent || fate->polls-- > 0 ||
            is_behind(producer, kept, producer->pending[i].message)) {
            producer->pending[kept++] = producer->pending[i];
        } else {
            deliver(producer, i);
            served++;
        }
    }
    producer->count = kept;
    return (int)served;
}

int
producer_poll(struct producer *producer, int timeout_ms)
{
    fake_producer_lock();
    bool idle = producer->count == 0;
    fake_producer.polled++;
    int served = serve(producer);
    fake_producer_unlock();
    if (served == 0 && timeout_ms > 0)
        mono_sleep_ms(idle && timeout_ms < 5 ? timeout_ms : 1);
    return served;
}

// Every message's fate is now that of one that was given up; its bytes stay lent.
static void
give_up(struct producer *producer)
{
    for (size_t i = 0; i < producer->count; i++) {
        struct pending *pending = &producer->pending[i];
        producer->lent[producer->lent_count++] =
            (struct lent){pending->message->value, pending->sum};
        pending->fate = fake_producer.reprieves ? (struct fate){.kind = FATE_ACKNOWLEDGED}
                                                : (struct fate){.kind = FATE_FAILED,
                                                                .fault = FAULT_CLUSTER,
                                                                .possibly_persisted = true,
                                                                .given_up = true};
        deliver(producer, i);
    }
    producer->count = 0;
}

void
producer_give_up(struct producer *producer, int timeout_ms)
{
    (void)timeout_ms;
    journal_add("purge");
    fake_producer_lock();
    fake_producer.purged++;
    give_up(producer);
    fake_producer_unlock();
}

bool
producer_look_at_topic(struct producer *producer, const char *topic, int timeout_ms,
                       int *ret_in_sync, struct error *err)
{
    (void)producer, (void)topic, (void)timeout_ms;
    fake_producer_lock();
    fake_producer.looked++;
    bool fails = fake_producer.look_failures != 0;
    fake_producer.look_failures -= fake_producer.look_failures > 0;
    *ret_in_sync = fake_producer.in_sync;
    fake_producer_unlock();
    return !fails || error_set(err, FAULT_TOPIC, "UNKNOWN_TOPIC_OR_PART", "scripted");
}

void
producer_close(struct producer *producer)
{
    if (!producer)
        return;
    journal_add("end");
    fake_producer_lock();
    give_up(producer);
    for (size_t i = 0; i < producer->lent_count; i++)
        assert(sum(producer->lent[i].value) == producer->lent[i].sum);
    fake_producer.closed++;
    fake_producer_unlock();
    free(producer);
}

size_t
producer_pending(const struct producer *producer)
{
    return producer->count;
}

size_t
producer_max_message_bytes(const struct producer *producer)
{
    (void)producer;
    return fake_producer.max_message_bytes ? fake_producer.max_message_bytes : 1000000;
}

void
producer_last_error(const struct producer *producer, struct error *ret_error, bool *ret_fatal)
{
    (void)producer;
    fake_producer_lock();
    const bool troubled = fake_producer.troubled;
    *ret_fatal = fake_producer.fatal;
    fake_producer_unlock();
    *ret_error = (struct error){.fault = FAULT_CLUSTER};
    if (troubled)
        error_set(ret_error, FAULT_CLUSTER, "_ALL_BROKERS_DOWN", "scripted");
}

// Two brokers, of which the second may be silent.
bool
broker_facts_read(struct producer *producer, int timeout_ms, struct broker_facts **ret_list,
                  size_t *ret_count, struct error *err)
{
    (void)producer;
    (void)timeout_ms;
    (void)err;
    struct broker_facts *list = xcalloc(2, sizeof *list);
    list[0] = (struct broker_facts){.id = 1, .address = "here:9092", .answers = true};
    list[1] = (struct broker_facts){.id = 2, .address = "there:9092", .answers = true};
    if (fake_producer.silent_broker) {
        list[1].answers = false;
        snprintf(list[1].address, sizeof list[1].address, "%s", fake_producer.silent_broker);
        snprintf(list[1].why_not, sizeof list[1].why_not, "scripted");
    }
    *ret_list = list;
    *ret_count = 2;
    return true;
}
