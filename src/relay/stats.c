// SPDX-License-Identifier: Apache-2.0
//
// The histogram of latencies.
//
// Log-linear buckets (as in G. Tene's HdrHistogram): the highest bit picks the octave, the three
// bits below it the bucket inside. So adding is two shifts and one relaxed increment, and a
// quantile is right to 12.5 % from a microsecond to weeks, in memory that never grows. A reader may
// see an increment of one bucket before that of another: figures are for people and need no
// snapshot.
#include "outrider/relay/stats.h"

#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { SUB_BITS = 3, OCTAVES = HISTOGRAM_BUCKETS / HISTOGRAM_SUB };

_Static_assert(HISTOGRAM_SUB == 1 << SUB_BITS,
               "an octave has as many buckets as its bits can name");

static size_t
bucket_of(int64_t value_us)
{
    if (value_us < 1)
        return 0;
    unsigned octave = 63U - (unsigned)__builtin_clzll((unsigned long long)value_us);
    if (octave >= OCTAVES)
        return HISTOGRAM_BUCKETS - 1;
    uint64_t scaled = (uint64_t)value_us << SUB_BITS >> octave;
    return octave * HISTOGRAM_SUB + (scaled & (HISTOGRAM_SUB - 1));
}

// The largest value that falls into the bucket.
static int64_t
upper_bound(size_t bucket)
{
    size_t octave = bucket / HISTOGRAM_SUB, sub = bucket % HISTOGRAM_SUB;
    return (((int64_t)(HISTOGRAM_SUB + sub + 1) << octave) - 1) >> SUB_BITS;
}

void
histogram_add(struct histogram *histogram, int64_t value_us)
{
    if (value_us < 0) // clocks of two machines differ
        value_us = 0;
    atomic_fetch_add_explicit(&histogram->buckets[bucket_of(value_us)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&histogram->sum_us, value_us, memory_order_relaxed);
}

static uint64_t
read_bucket(const struct histogram *histogram, size_t bucket)
{
    return atomic_load_explicit(&histogram->buckets[bucket], memory_order_relaxed);
}

int64_t
histogram_quantile_us(const struct histogram *histogram, double share)
{
    uint64_t total = 0, seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        total += read_bucket(histogram, i);
    if (total == 0)
        return 0;
    double exact = share * (double)total;
    uint64_t rank = (uint64_t)exact;
    if ((double)rank < exact)
        rank++;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += read_bucket(histogram, i);
        if (seen >= rank && seen > 0)
            return upper_bound(i);
    }
    return upper_bound(HISTOGRAM_BUCKETS - 1);
}

uint64_t
histogram_below(const struct histogram *histogram, int octave)
{
    uint64_t count = 0;

    for (size_t i = 0; i < (size_t)octave * HISTOGRAM_SUB && i < HISTOGRAM_BUCKETS; i++)
        count += read_bucket(histogram, i);
    return count;
}

void
histogram_since(const struct histogram *histogram, struct histogram *mark,
                struct histogram *ret_since)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t now = read_bucket(histogram, i);
        atomic_store_explicit(&ret_since->buckets[i], now - read_bucket(mark, i),
                              memory_order_relaxed);
        atomic_store_explicit(&mark->buckets[i], now, memory_order_relaxed);
    }
    uint64_t count = atomic_load_explicit(&histogram->count, memory_order_relaxed);
    int64_t sum_us = atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    atomic_store_explicit(&ret_since->count, count - mark->count, memory_order_relaxed);
    atomic_store_explicit(&ret_since->sum_us, sum_us - mark->sum_us, memory_order_relaxed);
    atomic_store_explicit(&mark->count, count, memory_order_relaxed);
    atomic_store_explicit(&mark->sum_us, sum_us, memory_order_relaxed);
}

static void
histogram_merge(struct histogram *sum, const struct histogram *histogram)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->buckets[i] += histogram->buckets[i];
    sum->count += histogram->count;
    sum->sum_us += histogram->sum_us;
}

void
stats_add(struct stats *sum, const struct stats *stats)
{
    sum->published += stats->published;
    sum->published_bytes += stats->published_bytes;
    sum->claimed += stats->claimed;
    sum->failed_attempts += stats->failed_attempts;
    sum->dead += stats->dead;
    sum->possible_duplicates += stats->possible_duplicates;
    sum->order_breaks += stats->order_breaks;
    sum->batches += stats->batches;
    sum->windows += stats->windows;
    for (size_t i = 0; i < COUNT(sum->errors); i++)
        sum->errors[i] += stats->errors[i];
    sum->unlisted += stats->unlisted;
    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        sum->topics[i] += stats->topics[i];
    histogram_merge(&sum->delivery, &stats->delivery);
    histogram_merge(&sum->claim, &stats->claim);
    histogram_merge(&sum->publish, &stats->publish);
    histogram_merge(&sum->settle, &stats->settle);
}
