// SPDX-License-Identifier: Apache-2.0
//
// A relay and a table's report that do what a test wrote down, for the layers above them. Both
// stand in for the real ones at link time (outrider/relay/relay.h, outrider/store/report.h).
#ifndef OUTRIDER_TESTS_SUPPORT_FAKE_RELAY_H
#define OUTRIDER_TESTS_SUPPORT_FAKE_RELAY_H

#include "outrider/relay/relay.h"
#include "outrider/store/report.h"

// What the relay shows when it is looked at; one moment a look at its counters, the last one stays.
struct fake_moment {
    enum lane_phase phase;
    bool connected;
    bool active;
    bool standby;
    uint64_t published;
    uint64_t claimed;
    uint64_t failed_attempts;
    uint64_t dead;
    int64_t still_ms;                   // since its last progress, and its phase
    const struct lane_trouble *trouble; // NULL: none
};

// What the table says to one count; the last one stays.
struct fake_count {
    const char *error; // its code; NULL: the count
    int version;
    struct remaining remaining;
};

struct fake {
    const struct fake_moment *moments; // one lane
    size_t moment_count;
    const struct fake_count *counts;
    size_t count_count;
    int64_t end_until, end_messages;
    struct slot_holder holder;
    struct error taken_by; // with a text: a session that is no relay has the lanes' slot
    int slots;             // of the table; 0: 1
    bool blocked[TOPIC_INDEX_SIZE];
    // What was asked of them:
    struct relay_goal goal;
    int64_t until; // of the latest count
    size_t counted;
    bool started, stopped, paused, reasons_asked;
};

extern struct fake fake;

#endif
