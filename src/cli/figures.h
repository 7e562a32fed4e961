// SPDX-License-Identifier: Apache-2.0
// What a relay did and what it cost, for the closing lines of run and drain.
#ifndef OUTRIDER_CLI_FIGURES_H
#define OUTRIDER_CLI_FIGURES_H

#include "outrider/relay/stats.h"

#include <stdint.h>

struct figures {
    int64_t published;
    int64_t published_bytes;
    int64_t failed_attempts;
    int64_t dead;
    int64_t possible_duplicates;
    int64_t order_breaks;
    int64_t p50_us; // created_at to acknowledgement
    int64_t p99_us;
    int64_t p999_us;
    int64_t cpu_us;     // of this process, user and system
    int64_t peak_bytes; // most resident memory
};

void figures_take(const struct stats *stats, struct figures *ret_figures);

// Messages a second; 0 when no time went by.
double figures_rate(int64_t messages, int64_t ms);

// CPU time a message in microseconds; 0 without messages.
double figures_cpu_us_per_message(const struct figures *figures);

#endif
