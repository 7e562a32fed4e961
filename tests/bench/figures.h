// SPDX-License-Identifier: Apache-2.0
// The instants of a load's messages, and what they come to.
#ifndef OUTRIDER_BENCH_FIGURES_H
#define OUTRIDER_BENCH_FIGURES_H

#include <stdint.h>

// All on the monotonic clock; 0: has not happened.
struct instants {
    int64_t due_ns;       // by the schedule
    int64_t created_ns;   // created_at, as the message says
    int64_t committed_ns; // the writer knew
    int64_t arrived_ns;   // the consumer had it
};

struct journey {
    struct instants *messages;
    int64_t count;
    int64_t first; // of those in the quantiles: what was sent before warmed the servers
    int64_t arrived;
};

// Prints members of a JSON object, without the braces: messages, arrived, seconds, quantiles of
// each way in milliseconds, the distribution from commit to consumer, and figures for each second.
void print_journey(const struct journey *journey, int64_t began_ns);

#endif
