// SPDX-License-Identifier: Apache-2.0
// Is Kafka there? Asked before a lane begins, and while it has nothing to send.
#include "lane.h"

enum {
    PROBE_MS = 5000, // how long a cluster may take to answer who it is
    PROBE_STEP_MS = 500,
    PROBE_PAUSE_MS = 50,
    DOUBT_MS = 1000, // between two questions whether it is still there,
    STILL_MS = 1000, // and how long such an answer may take
};

// Asks in short steps, so that a stop need not wait for the answer.
static bool
probe(struct lane *lane, struct error *err)
{
    struct mono deadline = mono_add_ms(mono_now(), PROBE_MS);

    while (!producer_probe(lane->producer, PROBE_STEP_MS, err)) {
        if (mono_passed(deadline) || lane_resting(lane))
            return false;
        lane_wait(lane, PROBE_PAUSE_MS); // when it failed at once
    }
    return true;
}

// A producer whose cluster did not answer goes: a new one reads certificates and looks names up
// anew.
bool
lane_reach_kafka(struct lane *lane, struct error *err)
{
    if (!lane->producer && !producer_open(lane->shared->producer_settings, &lane->producer, err))
        return false;
    lane->reachable = lane->reachable || probe(lane, err);
    atomic_store(&lane->kafka, lane->reachable);
    if (!lane->reachable) {
        producer_close(lane->producer);
        lane->producer = NULL;
    }
    return lane->reachable;
}

// While nothing is sent nobody would notice that Kafka is gone, until a row has to wait for it. So
// what librdkafka says of the whole producer is looked into, now and then; when nobody answers, the
// lane connects anew.
void
lane_doubt_kafka(struct lane *lane)
{
    struct error err;
    bool fatal;

    if (!lane->producer || !mono_passed(lane->doubt_at))
        return;
    producer_last_error(lane->producer, &err, &fatal);
    if (!err.code[0])
        return;
    lane->doubt_at = mono_add_ms(mono_now(), DOUBT_MS);
    if (producer_probe(lane->producer, STILL_MS, &err))
        return;
    lane->reachable = false;
    lane->careful = 1;
}
