// SPDX-License-Identifier: Apache-2.0
//
// A producer whose outcomes a test decides, for the layer above it; stands in for the real one at
// link time (outrider/broker/producer.h). It borrows as librdkafka does: it looks at a message's
// bytes again when its outcome comes, and at those of a message that was purged until it is closed,
// so that a batch freed too early is seen by a sanitizer.
//
// Words in the journal: s<seq>, full, purge (it was given up), produce (a producer was opened), end
// (and closed).
#ifndef OUTRIDER_TESTS_SUPPORT_FAKE_PRODUCER_H
#define OUTRIDER_TESTS_SUPPORT_FAKE_PRODUCER_H

#include "outrider/broker/producer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_SENDS = 65536 };

struct fate {
    enum {
        FATE_ACKNOWLEDGED, // after `polls` polls more than the next
        FATE_FAILED,       // the same
        FATE_REFUSED,      // at once, by producer_send
        FATE_NEVER,        // only when purged, closed or healed
    } kind;
    int polls;
    enum fault fault;
    bool permanent, possibly_persisted, of_batch, given_up, unlisted, doubtful, by_clock;
};

struct fake_send {
    int64_t seq;
    char aggregate[16];
    bool acknowledged;
};

struct fake_producer {
    struct fate (*judge)(const struct message *message); // NULL: acknowledged
    size_t max_message_bytes;                            // 0: 1,000,000
    int full;       // so many of the next sends find the queue full; -1: all
    bool reprieves; // giving up comes too late: everything was acknowledged
    bool healed;    // what was never to be reported fails now
    bool fatal;     // of the producers that are open now
    bool troubled;  // librdkafka has said something of the cluster; an answer to a probe ends it
    int open_failures, probe_failures, look_failures; // of the next calls; -1: of all
    int in_sync;                                      // of a topic that is looked at
    const char *silent_broker; // the address of one that does not answer; NULL: all do
    // What was seen:
    int opened, closed, purged, probed, looked, polled;
    struct fake_send sends[FAKE_SENDS];
    size_t sent;
};

extern struct fake_producer fake_producer;

void fake_producer_reset(void);

// How often a row was sent, and acknowledged.
int fake_sent(int64_t seq);
int fake_acknowledged(int64_t seq);

// For a test that looks at fake_producer while lanes run.
void fake_producer_lock(void);
void fake_producer_unlock(void);

#endif
