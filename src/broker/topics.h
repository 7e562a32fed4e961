// SPDX-License-Identifier: Apache-2.0
// librdkafka's topic handles, by name.
#ifndef OUTRIDER_BROKER_TOPICS_H
#define OUTRIDER_BROKER_TOPICS_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

// More names than this and all handles are let go: a topic template over ids must not grow for
// ever.
enum { TOPICS_MAX = 2048, TOPICS_SLOTS = 2 * TOPICS_MAX };

struct topics {
    rd_kafka_topic_t *slots[TOPICS_SLOTS]; // open addressing, linear probing
    size_t count;
};

// A zeroed struct is empty. The handle is the cache's own and valid until the next call.
// NULL when librdkafka refuses the name.
rd_kafka_topic_t *topics_get(struct topics *topics, rd_kafka_t *kafka, const char *name);

// Lets all handles go; messages in flight keep what they need.
void topics_clear(struct topics *topics);

#endif
