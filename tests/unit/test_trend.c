// SPDX-License-Identifier: Apache-2.0
//
// The pace of a backlog, by looks that followed each other.
// links: base src/cli/trend.c
#include "src/cli/trend.h"

#include "tests/support/unit.h"

static struct trend trend;

// A look `ms` after the first.
static void
look(int64_t ms, int64_t messages, int64_t in, int64_t out)
{
    trend_add(&trend, (struct sample){.at = mono_add_ms((struct mono){INT64_C(1000000000)}, ms),
                                      .messages = messages,
                                      .in = in,
                                      .out = out});
}

static struct pace
pace(void)
{
    struct pace pace;
    ck_assert(trend_pace(&trend, &pace));
    return pace;
}

START_TEST(test_one_look_tells_nothing)
{
    struct pace none;
    ck_assert(!trend_pace(&trend, &none));
    look(0, 100, 5, 5);
    ck_assert(!trend_pace(&trend, &none));
    look(0, 100, 5, 5);
    ck_assert(!trend_pace(&trend, &none)); // no time has passed
}
END_TEST

START_TEST(test_falling)
{
    look(0, 1000, 0, 0);
    look(2000, 800, 40, 240);
    ck_assert_double_eq(pace().in, 20);
    ck_assert_double_eq(pace().out, 120);
    ck_assert_double_eq(pace().change, -100);
    ck_assert_int_eq(pace().eta_s, 9);
}
END_TEST

START_TEST(test_rising_and_steady)
{
    look(0, 10, 0, 0);
    look(10000, 19, 0, 0);
    ck_assert_double_eq(pace().change, 0); // less than one a second
    ck_assert_int_eq(pace().eta_s, -1);
    look(20000, 100, 0, 0);
    ck_assert_double_eq(pace().change, 4.5);
    ck_assert_int_eq(pace().eta_s, -1);
}
END_TEST

START_TEST(test_old_looks_are_forgotten)
{
    for (int i = 0; i < 2 * TREND_SAMPLES; i++)
        look(i * 1000, 1000000, i * 1000, 0);
    for (int i = 0; i < TREND_LOOKS; i++)
        look((2 * TREND_SAMPLES + i) * 1000, 1000 - 10 * i, 0, 0);
    ck_assert_double_eq(pace().change, -10);
    ck_assert_int_eq(trend_sample(&trend, 0)->messages, 1000 - 10 * (TREND_LOOKS - 1));
    ck_assert_ptr_nonnull(trend_sample(&trend, TREND_SAMPLES - 1));
    ck_assert_ptr_null(trend_sample(&trend, TREND_SAMPLES));
}
END_TEST

// pg_stat_reset, or another server of the DSN.
START_TEST(test_a_counter_that_fell)
{
    look(0, 10, 1000, 1000);
    look(1000, 10, 3, 1500);
    ck_assert_double_eq(pace().in, 0);
    ck_assert_double_eq(pace().out, 500);
}
END_TEST

START_TEST(test_an_eta_of_days_is_none)
{
    look(0, 1000000000, 0, 0);
    look(1000, 1000000000 - 2, 0, 0);
    ck_assert_double_eq(pace().change, -2);
    ck_assert_int_eq(pace().eta_s, -1);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("trend", test_one_look_tells_nothing, test_falling, test_rising_and_steady,
                     test_old_looks_are_forgotten, test_a_counter_that_fell,
                     test_an_eta_of_days_is_none);
}
