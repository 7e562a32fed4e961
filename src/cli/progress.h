// SPDX-License-Identifier: Apache-2.0
// A drain's progress as one line of a terminal, and the rate that it is made at.
#ifndef OUTRIDER_CLI_PROGRESS_H
#define OUTRIDER_CLI_PROGRESS_H

#include "outrider/base/clock.h"
#include "outrider/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The rate over the last seconds: samples at least METER_STEP_MS apart.
enum { METER_SAMPLES = 20, METER_STEP_MS = 250 };

struct meter {
    struct {
        struct mono at;
        int64_t done;
    } samples[METER_SAMPLES];
    size_t count; // ever taken
};

void meter_add(struct meter *meter, struct mono at, int64_t done);
double meter_rate(const struct meter *meter); // a second; 0 until two samples are there

enum { PROGRESS_FOR_EVER = -1 };

struct progress {
    int64_t done;
    int64_t total;
    double rate;
    int64_t wait_ms; // until a row may go; 0: some may now; PROGRESS_FOR_EVER: none will
};

// Seconds to go at this rate, -1 when nobody can say.
int64_t progress_eta_s(const struct progress *progress);

// Appends at most `width` columns: share, bar, counts, rate, ETA, and less of that where there is
// less room.
void progress_append(const struct progress *progress, size_t width, bool utf8, bool color,
                     struct text *out);

#endif
