// SPDX-License-Identifier: Apache-2.0
//
// The histogram: bounds, quantiles, and what a reader of intervals sees.
#include "outrider/relay/stats.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <string.h>

// links: base src/relay/stats.c

START_TEST(test_empty)
{
    static struct histogram histogram;
    ck_assert_int_eq(histogram_quantile_us(&histogram, 0.5), 0);
}
END_TEST

// Alone in a histogram, each value comes back as a bound that is at least itself and at most 12.5 %
// more.
START_TEST(test_relative_error)
{
    for (int64_t value = 1; value < INT64_C(1) << 41; value += 1 + value / 7) {
        struct histogram histogram = {0};
        histogram_add(&histogram, value);
        int64_t bound = histogram_quantile_us(&histogram, 1);
        ck_assert_int_ge(bound, value);
        ck_assert_int_le(bound - value, value / 8);
    }
}
END_TEST

START_TEST(test_small_values_are_exact)
{
    for (int64_t value = 1; value <= 16; value++) {
        struct histogram histogram = {0};
        histogram_add(&histogram, value);
        ck_assert_int_eq(histogram_quantile_us(&histogram, 0.01), value < 16 ? value : 17);
    }
}
END_TEST

START_TEST(test_quantiles)
{
    static struct histogram histogram;
    for (int i = 1; i <= 1000; i++)
        histogram_add(&histogram, i * 1000);
    int64_t p50 = histogram_quantile_us(&histogram, 0.5),
            p99 = histogram_quantile_us(&histogram, 0.99);
    ck_assert_int_ge(p50, 500000);
    ck_assert_int_le(p50, 562500);
    ck_assert_int_ge(p99, 990000);
    ck_assert_int_le(p99, 1113750);
    ck_assert_uint_eq(histogram.count, 1000);
    ck_assert_int_eq(histogram.sum_us, INT64_C(500500000));
}
END_TEST

// Powers of two are bounds of buckets, so what is counted below one is exact.
START_TEST(test_below)
{
    static struct histogram histogram;
    for (int64_t octave = 0; octave <= 20; octave++) {
        histogram_add(&histogram, (INT64_C(1) << octave) - 1);
        histogram_add(&histogram, INT64_C(1) << octave);
    }
    ck_assert_uint_eq(histogram_below(&histogram, 0), 0);
    // 0 stands with 1, the least of the buckets: 0, 1 and 1 of 2 - 1.
    ck_assert_uint_eq(histogram_below(&histogram, 1), 3);
    for (int octave = 2; octave <= 20; octave++)
        ck_assert_uint_eq(histogram_below(&histogram, octave), 2 * (uint64_t)octave + 1);
    ck_assert_uint_eq(histogram_below(&histogram, 60), 42);
}
END_TEST

START_TEST(test_out_of_range)
{
    static struct histogram histogram;
    histogram_add(&histogram, -5);
    ck_assert_int_eq(histogram.sum_us, 0);
    ck_assert_int_le(histogram_quantile_us(&histogram, 1), 1);
    histogram_add(&histogram, INT64_MAX);
    ck_assert_int_eq(histogram_quantile_us(&histogram, 1), (INT64_C(1) << 41) - 1);
}
END_TEST

START_TEST(test_since)
{
    static struct histogram histogram, mark, since;
    histogram_add(&histogram, 10);
    histogram_since(&histogram, &mark, &since);
    ck_assert_uint_eq(since.count, 1);
    histogram_add(&histogram, 3000);
    histogram_add(&histogram, 3000);
    histogram_since(&histogram, &mark, &since);
    ck_assert_uint_eq(since.count, 2);
    ck_assert_int_eq(since.sum_us, 6000);
    ck_assert_int_ge(histogram_quantile_us(&since, 0.01), 3000);
    histogram_since(&histogram, &mark, &since);
    ck_assert_uint_eq(since.count, 0);
    ck_assert_int_eq(histogram_quantile_us(&since, 0.5), 0);
}
END_TEST

static void *
add_many(void *histogram)
{
    for (int i = 0; i < 100000; i++)
        histogram_add(histogram, i);
    return NULL;
}

START_TEST(test_two_lanes)
{
    static struct histogram histogram;
    pthread_t threads[2];
    uint64_t total = 0;
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, add_many, &histogram), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        total += histogram.buckets[i];
    ck_assert_uint_eq(total, 200000);
    ck_assert_uint_eq(histogram.count, 200000);
}
END_TEST

// Every counter of the struct, those to come included: it holds nothing but words of 64 bits.
START_TEST(test_sum)
{
    enum { WORDS = sizeof(struct stats) / sizeof(uint64_t) };
    static uint64_t words[WORDS], sums[WORDS];
    static struct stats stats, sum;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = i + 1;
    memcpy(&stats, words, sizeof words);
    stats_add(&sum, &stats);
    stats_add(&sum, &stats);
    memcpy(sums, &sum, sizeof sums);
    for (size_t i = 0; i < WORDS; i++)
        ck_assert_uint_eq(sums[i], 2 * (i + 1));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("stats", test_empty, test_relative_error, test_small_values_are_exact,
                     test_quantiles, test_below, test_out_of_range, test_since, test_two_lanes,
                     test_sum);
}
