// SPDX-License-Identifier: Apache-2.0
// Topics as small numbers, the same in the whole process, so that counters by topic are arrays of
// atomics. The first so many that were published to have a number of their own, and a few more that
// were only ever blocked; all others share one: a topic template over ids must fill neither memory
// nor a monitoring system.
#ifndef OUTRIDER_RELAY_TOPIC_INDEX_H
#define OUTRIDER_RELAY_TOPIC_INDEX_H

#include <stdbool.h>
#include <stddef.h>

enum {
    TOPIC_INDEX_TOPICS = 200, // have a number of their own, once Kafka has acknowledged a message
    TOPIC_INDEX_BLOCKED = 32, // have one without that
    TOPIC_INDEX_OTHER = 256,  // the number of all others
    TOPIC_INDEX_SIZE,
};

// Gives the topic a number, when it has none yet: one that Kafka has acknowledged a message of, or
// one that was found blocked. Any thread, without a lock. "other" shares the number of all others.
size_t topic_index(const char *topic);
size_t topic_index_blocked(const char *topic);

// False: it has no number of its own.
bool topic_index_find(const char *topic, size_t *ret_number);

// "other" for TOPIC_INDEX_OTHER, NULL for a number that no topic has yet. Lives as long as the
// process.
const char *topic_index_name(size_t number);

#endif
