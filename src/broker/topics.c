// SPDX-License-Identifier: Apache-2.0
// librdkafka's topic handles, by name.
//
// Producing by name makes librdkafka walk the list of all its topics under a lock for every
// message, and lets a topic's metadata go when no message holds it. A handle does neither.
#include "topics.h"

#include "outrider/base/text.h"

#include <stdint.h>

// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits.
static size_t
slot_of(const char *name)
{
    uint32_t hash = 2166136261U;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash % TOPICS_SLOTS;
}

rd_kafka_topic_t *
topics_get(struct topics *topics, rd_kafka_t *kafka, const char *name)
{
    size_t slot = slot_of(name);
    for (; topics->slots[slot]; slot = (slot + 1) % TOPICS_SLOTS) {
        if (str_equal(rd_kafka_topic_name(topics->slots[slot]), name))
            return topics->slots[slot];
    }
    if (topics->count == TOPICS_MAX) {
        topics_clear(topics);
        slot = slot_of(name);
    }
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, name, NULL);
    if (!handle)
        return NULL;
    topics->slots[slot] = handle;
    topics->count++;
    return handle;
}

void
topics_clear(struct topics *topics)
{
    for (size_t slot = 0; slot < TOPICS_SLOTS; slot++) {
        if (topics->slots[slot])
            rd_kafka_topic_destroy(topics->slots[slot]);
        topics->slots[slot] = NULL;
    }
    topics->count = 0;
}
