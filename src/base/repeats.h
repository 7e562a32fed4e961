// SPDX-License-Identifier: Apache-2.0
// How often the same event may be logged for the same cause. Private to base.
#ifndef OUTRIDER_BASE_REPEATS_H
#define OUTRIDER_BASE_REPEATS_H

#include "outrider/base/clock.h"
#include "outrider/base/log.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    REPEATS_BURST = 20,
    REPEATS_INTERVAL_MS = 60000,
    REPEATS_CODES = 16, // of one event that are limited apart; further ones are limited as one
};

// May this event be logged with this code? After REPEATS_BURST in a row one an interval, and the
// burst fills up again at that pace. *ret_suppressed: how many were not since the last one that
// was; counted when the answer is no. event: a literal. code: NULL when there is none. Any thread.
bool repeats_admit(const char *event, const char *code, struct mono now, int64_t *ret_suppressed);

// An event and code of which some were suppressed and that did not come again when they might have;
// false: there is none. all: without waiting for that.
bool repeats_take(bool all, struct mono now, struct suppressed *ret);

#endif
