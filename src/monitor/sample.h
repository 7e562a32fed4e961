// SPDX-License-Identifier: Apache-2.0
// What a look at the table brought, and what the last quarter of an hour was like. Private to the
// monitor.
#ifndef OUTRIDER_MONITOR_SAMPLE_H
#define OUTRIDER_MONITOR_SAMPLE_H

#include "outrider/base/clock.h"
#include "outrider/store/report.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    SAMPLE_MS = 15000,       // between two looks
    SAMPLE_ROWS = 100000,    // counted at most; a full count could cost more than relaying them
    SAMPLE_REASONS = 20,     // of dead letters, told at most
    SAMPLE_STALE_MS = 60000, // from then on it says nothing about now
    POINTS = 60,             // a quarter of an hour
};

// Unchanging once it is shown, so readers share it.
struct sample {
    atomic_int references;
    struct mono at;
    int64_t at_us; // Unix microseconds
    int64_t took_ms;
    int version; // of the table
    struct backlog backlog;
    struct dead_reasons reasons;
    struct fellows fellows;
};

struct sample *sample_share(struct sample *sample);
// The last one who does frees it. NULL is allowed.
void sample_drop(struct sample *sample);

// One of the last quarter of an hour: what was since the one before it.
struct point {
    int64_t at_us;
    double rate;            // messages a second
    int64_t p50_us, p99_us; // created_at to acknowledgement; 0: none was published
    bool counted;           // the table was looked at:
    bool capped;
    int64_t backlog;
    int64_t oldest_age_ms;
};

#endif
