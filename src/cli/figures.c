// SPDX-License-Identifier: Apache-2.0
//
// The relay's counters and the kernel's accounts as one set of figures.
#include "figures.h"

#include <sys/resource.h>

static int64_t
microseconds(struct timeval time)
{
    return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

// Counters are read one by one while lanes may add to them; only once they have ended are they one
// picture.
void
figures_take(const struct stats *stats, struct figures *ret_figures)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *ret_figures = (struct figures){
        .published = (int64_t)stats->published,
        .published_bytes = (int64_t)stats->published_bytes,
        .failed_attempts = (int64_t)stats->failed_attempts,
        .dead = (int64_t)stats->dead,
        .possible_duplicates = (int64_t)stats->possible_duplicates,
        .order_breaks = (int64_t)stats->order_breaks,
        .p50_us = histogram_quantile_us(&stats->delivery, 0.5),
        .p99_us = histogram_quantile_us(&stats->delivery, 0.99),
        .p999_us = histogram_quantile_us(&stats->delivery, 0.999),
        .cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
        .peak_bytes = (int64_t)usage.ru_maxrss * 1024, // Linux counts in KiB, getrusage(2)
    };
}

double
figures_rate(int64_t messages, int64_t ms)
{
    return ms > 0 ? (double)messages * 1000 / (double)ms : 0;
}

double
figures_cpu_us_per_message(const struct figures *figures)
{
    return figures->published > 0 ? (double)figures->cpu_us / (double)figures->published : 0;
}
