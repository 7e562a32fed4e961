// SPDX-License-Identifier: Apache-2.0
// How often the same event may be logged. Private to base.
#ifndef OUTRIDER_BASE_REPEATS_H
#define OUTRIDER_BASE_REPEATS_H

#include "outrider/base/clock.h"

#include <stdbool.h>
#include <stdint.h>

enum { REPEATS_BURST = 20, REPEATS_INTERVAL_MS = 60000 };

// May this event be logged? After REPEATS_BURST in a row one an interval, and the burst fills up
// again at that pace. *ret_suppressed: how many were not since the last one that was; counted when
// the answer is no. event: a literal. Any thread.
bool repeats_admit(const char *event, struct mono now, int64_t *ret_suppressed);

// An event of which some were suppressed and that did not come again when it might have, with their
// number; NULL: there is none. all: without waiting for that.
const char *repeats_take(bool all, struct mono now, int64_t *ret_suppressed);

#endif
