// SPDX-License-Identifier: Apache-2.0
// The last warnings and errors of the log, for people. Private to the monitor.
#ifndef OUTRIDER_MONITOR_RECENT_H
#define OUTRIDER_MONITOR_RECENT_H

#include "outrider/base/log.h"

#include <stddef.h>
#include <stdint.h>

enum { RECENT_MAX = 16 };

// Lines that tell the same: of one event, code and topic.
struct recent {
    enum log_level level;
    char event[32];
    char code[32];
    char topic[250];
    char text[400];            // the error of the last one, or its fields
    int64_t first_us, last_us; // Unix microseconds
    uint64_t count;
};

log_observer recent_observe;

// The newest first; returns how many.
size_t recent_copy(struct recent ret_recent[static RECENT_MAX]);

// What to do about one; NULL: its text says it.
const char *recent_hint(const struct recent *recent);

#endif
