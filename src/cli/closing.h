// SPDX-License-Identifier: Apache-2.0
// The table that a drain ends with.
#ifndef OUTRIDER_CLI_CLOSING_H
#define OUTRIDER_CLI_CLOSING_H

#include "drain.h"
#include "figures.h"

#include "outrider/base/text.h"

struct closing {
    enum drain_ending ending;
    int64_t total;              // rows at the start; 0: unknown, or those that came later count too
    int64_t elapsed_ms;         // from the first look to the last
    int64_t busy_ms;            // from the lanes' start to the last message: what the rate is by
    int64_t now_us;             // Unix, for the times of next attempts
    bool counted;               // `remaining` is known
    bool has_due_time;          // remaining.next_attempt_ms is (version 2)
    const char *const *blocked; // topics that were, when the lanes ended, each once
    size_t blocked_count;
    struct remaining remaining;
    struct figures figures;
};

void closing_append(const struct closing *closing, struct text *out);

#endif
