// SPDX-License-Identifier: Apache-2.0
//
// Delays double within their bounds, and differ between draws.
#include "outrider/base/backoff.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <stdbool.h>

START_TEST(test_doubles_to_the_maximum)
{
    struct backoff backoff = {.initial_ms = 100, .maximum_ms = 1000};
    const int d[] = {100, 200, 400, 800, 1000, 1000};
    for (size_t i = 0; i < sizeof d / sizeof d[0]; i++) {
        int delay = backoff_next(&backoff);
        ck_assert_int_ge(delay, d[i] / 2);
        ck_assert_int_le(delay, d[i]);
        ck_assert_int_eq(backoff.current_ms, d[i]);
    }
    backoff_reset(&backoff);
    ck_assert_int_le(backoff_next(&backoff), 100);
}
END_TEST

START_TEST(test_bounds_that_make_no_sense)
{
    struct backoff zero = {0};
    ck_assert_int_eq(backoff_next(&zero), 1);
    ck_assert_int_eq(backoff_next(&zero), 1);
    struct backoff crossed = {.initial_ms = 50, .maximum_ms = 10};
    for (int i = 0; i < 5; i++)
        ck_assert_int_le(backoff_next(&crossed), 50);
    struct backoff huge = {.initial_ms = 2000000000, .maximum_ms = 2147483647};
    for (int i = 0; i < 5; i++)
        ck_assert_int_ge(backoff_next(&huge), 1000000000);
}
END_TEST

START_TEST(test_delay_by_attempt)
{
    for (int i = 0; i < 1000; i++) {
        int64_t first = backoff_delay_ms(1000, 300000, 1);
        ck_assert_int_ge(first, 500);
        ck_assert_int_le(first, 1000);
        int64_t third = backoff_delay_ms(1000, 300000, 3);
        ck_assert_int_ge(third, 2000);
        ck_assert_int_le(third, 4000);
        int64_t late = backoff_delay_ms(1000, 300000, 1000000000);
        ck_assert_int_ge(late, 150000);
        ck_assert_int_le(late, 300000);
    }
    ck_assert_int_le(backoff_delay_ms(1000, 300000, 0), 1000);
}
END_TEST

START_TEST(test_more_can_be_kept)
{
    struct backoff backoff = {.initial_ms = 100, .maximum_ms = 100, .kept_percent = 90};
    bool differs = false;
    for (int i = 0; i < 1000; i++) {
        int delay = backoff_next(&backoff);
        ck_assert_int_ge(delay, 90);
        ck_assert_int_le(delay, 100);
        differs |= delay < 95;
    }
    ck_assert(differs);
}
END_TEST

START_TEST(test_jitter_uses_the_whole_range)
{
    int low = 0, high = 0;
    for (int i = 0; i < 2000; i++) {
        int64_t delay = backoff_delay_ms(1000, 1000, 1);
        low += delay < 600;
        high += delay > 900;
    }
    // A fifth each is expected: 400.
    ck_assert_int_gt(low, 250);
    ck_assert_int_gt(high, 250);
}
END_TEST

static void *
draw(void *out)
{
    int64_t *delays = out;
    for (int i = 0; i < 8; i++)
        delays[i] = backoff_delay_ms(1000000, 1000000, 1);
    return NULL;
}

START_TEST(test_threads_do_not_march_in_step)
{
    int64_t a[8], b[8];
    pthread_t one, two;
    ck_assert_int_eq(pthread_create(&one, NULL, draw, a), 0);
    ck_assert_int_eq(pthread_create(&two, NULL, draw, b), 0);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    int same = 0;
    for (int i = 0; i < 8; i++)
        same += a[i] == b[i];
    ck_assert_int_lt(same, 8);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("backoff", test_doubles_to_the_maximum, test_bounds_that_make_no_sense,
                     test_delay_by_attempt, test_more_can_be_kept, test_jitter_uses_the_whole_range,
                     test_threads_do_not_march_in_step);
}
