// SPDX-License-Identifier: Apache-2.0
// What the cluster says of topics: places, replicas, settings. Asks without making a topic.
#ifndef OUTRIDER_BROKER_TOPIC_FACTS_H
#define OUTRIDER_BROKER_TOPIC_FACTS_H

#include "outrider/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct producer;

struct topic_facts {
    const char *name; // borrowed, the caller's; what follows is filled in
    bool exists;      // false also when this login may not see it
    int partitions;
    int without_leader; // partitions
    int replicas;       // of the partition that has the fewest
    int in_sync;        // of the partition that has the fewest
    // The topic's settings, when the cluster told them:
    bool described;
    int64_t max_message_bytes;
    int min_in_sync;
    // How far a record's time may lie from the broker's; INT64_MAX: any far.
    int64_t most_ahead_ms, most_behind_ms;
    // The names of the settings that limit it; NULL while nothing does.
    const char *ahead_setting, *behind_setting;
    struct error why_not; // when it did not
};

// Error: nobody answered. timeout_ms: for each of the two questions.
bool topic_facts_read(struct producer *producer, struct topic_facts *topics, size_t count,
                      int timeout_ms, struct error *err) MUST_CHECK;

#endif
