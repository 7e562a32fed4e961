// SPDX-License-Identifier: Apache-2.0
// A Kafka producer: messages in, outcomes out. Source of the rules: librdkafka's INTRODUCTION.md
// (idempotent producer, message persistence status) and CONFIGURATION.md.
//
// One thread owns a producer. A message's key, value and headers are borrowed, not copied, from
// producer_send until its outcome is no longer OUTCOME_PENDING; the producer writes nothing else of
// it.
#ifndef OUTRIDER_BROKER_PRODUCER_H
#define OUTRIDER_BROKER_PRODUCER_H

#include "outrider/base/error.h"
#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>

struct property {
    const char *name;  // librdkafka's own
    const char *value; // may be a secret
};

struct producer_settings {
    const struct property *properties; // outrider's defaults are filled in beneath
    size_t count;
    const char *client_id; // unless client.id is among the properties
};

struct producer;

// Would librdkafka take this property, and does outrider allow it? The error text never holds the
// value of a secret property. Refused with a reason: what would lose or reorder messages (acks
// below all, enable.idempotence=false, message.timeout.ms, test.mock.*, …) and what outrider sets
// itself (callbacks). Error codes: "PROPERTY", "UNKNOWN_PROPERTY" when the name is none of
// librdkafka's.
bool producer_check_property(const char *name, const char *value, struct error *err)
    __attribute__((warn_unused_result));

// True when the property's value must not be shown (password, secret, key, jaas, token …).
bool producer_property_secret(const char *name);

// outrider's own defaults, over librdkafka's: for `config print`.
const struct property *producer_defaults(size_t *ret_count);

// A property's value as it is in force with these settings: librdkafka's default where there is no
// other. NULL when there is no such property. Caller frees.
char *producer_effective_property(const struct producer_settings *settings, const char *name);

// Error codes: "PRODUCER" for a configuration that librdkafka refuses.
bool producer_open(const struct producer_settings *settings, struct producer **ret_producer,
                   struct error *err) __attribute__((warn_unused_result));

// Purges, serves what is left for at most a second, destroys. Every outcome is settled afterwards.
void producer_close(struct producer *producer);

// Asks the cluster for its metadata: is a broker reachable, and does it let us in?
bool producer_probe(struct producer *producer, int timeout_ms, struct error *err)
    __attribute__((warn_unused_result));

// What the cluster says of a topic: asks as any producer does, so that a broker may create one that
// is missing. *ret_in_sync: its replicas in sync, of all partitions together. False when the topic
// cannot be written just now: it is missing, forbidden, or a partition has no leader (FAULT_TOPIC);
// or nobody answered (FAULT_CLUSTER).
bool producer_look_at_topic(struct producer *producer, const char *topic, int timeout_ms,
                            int *ret_in_sync, struct error *err)
    __attribute__((warn_unused_result));

// Hands a message over; its outcome is OUTCOME_PENDING, or already OUTCOME_FAILED when librdkafka
// refused it. A broker's verdict on a batch is one on the message when nothing else is pending.
// False (with outcome untouched): the queue is full; poll and try again.
bool producer_send(struct producer *producer, struct message *message)
    __attribute__((warn_unused_result));

// No more messages for now: what lingers goes out at once.
void producer_push(struct producer *producer);

// Serves delivery reports, waiting up to timeout_ms for the first. Returns how many were served.
int producer_poll(struct producer *producer, int timeout_ms);

// Gives up every message that is queued or in flight. Waits at most timeout_ms for their reports:
// some may turn out to be acknowledged. What is unknown then counts as possibly written. Afterwards
// no outcome is pending, but librdkafka's sockets may still refer to the messages' bytes: they are
// borrowed until producer_close, the only call that may follow.
void producer_give_up(struct producer *producer, int timeout_ms);

size_t producer_pending(const struct producer *producer);

// The largest message (key, value, headers and overhead) that may be sent: message.max.bytes.
size_t producer_max_message_bytes(const struct producer *producer);

// The last error that concerns the whole producer (e.g. all brokers down, authentication), for
// messages to people; empty if none. *ret_fatal: the producer must be destroyed and rebuilt.
void producer_last_error(const struct producer *producer, struct error *ret_error, bool *ret_fatal);

#endif
