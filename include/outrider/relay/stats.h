// SPDX-License-Identifier: Apache-2.0
// Counters that lanes add to and others read, without locks.
#ifndef OUTRIDER_RELAY_STATS_H
#define OUTRIDER_RELAY_STATS_H

#include "outrider/base/error.h"
#include "outrider/relay/topic_index.h"

#include <stdatomic.h>
#include <stdint.h>

// Latencies in buckets that grow by 1/8 octave: relative error at most 12.5 %, from 1 us to 2^40
// us.
enum { HISTOGRAM_SUB = 8, HISTOGRAM_BUCKETS = 41 * HISTOGRAM_SUB };

struct histogram {
    _Atomic uint64_t buckets[HISTOGRAM_BUCKETS];
    _Atomic uint64_t count;
    _Atomic int64_t sum_us;
};

void histogram_add(struct histogram *histogram, int64_t value_us);

// The upper bound of the bucket that holds the given share (0 < share <= 1) of the values; 0 when
// empty.
int64_t histogram_quantile_us(const struct histogram *histogram, double share);

// How many values are less than 2^octave microseconds.
uint64_t histogram_below(const struct histogram *histogram, int octave);

// What was added since the last call with the same mark (zeroed before the first), into *ret_since.
void histogram_since(const struct histogram *histogram, struct histogram *mark,
                     struct histogram *ret_since);

struct stats {
    _Atomic uint64_t published;           // acknowledged and settled in a committed window
    _Atomic uint64_t published_bytes;     // their payloads
    _Atomic uint64_t claimed;             // rows
    _Atomic uint64_t failed_attempts;     // counted against a row
    _Atomic uint64_t dead;                // rows given up
    _Atomic uint64_t possible_duplicates; // sent again though a broker may have written them
    _Atomic uint64_t order_breaks;        // rejected after a later message of its key was accepted
    _Atomic uint64_t batches;
    _Atomic uint64_t windows;
    _Atomic uint64_t errors[FAULT_CLUSTER + 1]; // failed windows and messages by fault
    _Atomic uint64_t unlisted; // messages that failed by a code outside kafka_fault.c
    _Atomic uint64_t topics[TOPIC_INDEX_SIZE]; // of `published`, by topic_index
    struct histogram delivery;                 // created_at to acknowledgement
    // How long a lane was in these phases for a batch:
    struct histogram claim, publish, settle;
};

// Adds all of one to another, for the sum over relays that followed each other.
void stats_add(struct stats *sum, const struct stats *stats);

#endif
