// SPDX-License-Identifier: Apache-2.0
// How a backlog moves: what looks that followed each other tell of the pace.
#ifndef OUTRIDER_CLI_TREND_H
#define OUTRIDER_CLI_TREND_H

#include "outrider/base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TREND_SAMPLES = 60, // that are kept, for a picture of them
    TREND_LOOKS = 6,    // the newest, which the pace is by
};

struct sample {
    struct mono at;
    int64_t messages; // that wait
    int64_t in, out;  // counters of the server's that only rise
};

// {0}: none was taken.
struct trend {
    struct sample samples[TREND_SAMPLES];
    size_t count; // ever taken
};

void trend_add(struct trend *trend, struct sample sample);

// The n-th newest, 0 being the newest; NULL: there are not so many.
const struct sample *trend_sample(const struct trend *trend, size_t n);

struct pace {
    double in, out; // a second
    double change;  // of the backlog, a second
    int64_t eta_s;  // until it is empty at this pace; -1: it will not be
};

// False when there is only one sample to go by. A counter that fell was reset, and counts as 0.
bool trend_pace(const struct trend *trend, struct pace *ret_pace);

#endif
