// SPDX-License-Identifier: Apache-2.0
#include "src/store/pace.h"

#include "tests/support/unit.h"

#include <limits.h>

static int64_t
next(int64_t amount, int64_t took_ms)
{
    struct pace pace = {.amount = amount, .least = 10, .most = 5000};
    pace_adapt(&pace, took_ms);
    return pace.amount;
}

START_TEST(a_short_piece_makes_the_next_one_larger)
{
    ck_assert_int_eq(next(500, 0), 1000);
    ck_assert_int_eq(next(500, 49), 1000);
    ck_assert_int_eq(next(4000, 1), 5000);
    ck_assert_int_eq(next(5000, 1), 5000);
}
END_TEST

START_TEST(a_long_piece_makes_it_smaller)
{
    ck_assert_int_eq(next(500, 101), 250);
    ck_assert_int_eq(next(500, 20000), 250);
    ck_assert_int_eq(next(15, 101), 10);
    ck_assert_int_eq(next(10, 20000), 10);
}
END_TEST

START_TEST(in_between_nothing_changes)
{
    ck_assert_int_eq(next(500, 50), 500);
    ck_assert_int_eq(next(500, 100), 500);
}
END_TEST

START_TEST(the_pause_is_as_long_as_the_piece)
{
    ck_assert_int_eq(pace_pause_ms(70, 500, 0), 70);
    ck_assert_int_eq(pace_pause_ms(0, 500, 0), 10);
    ck_assert_int_eq(pace_pause_ms(INT64_MAX, 500, 0), INT_MAX);
}
END_TEST

START_TEST(or_longer_for_the_rate)
{
    ck_assert_int_eq(pace_pause_ms(70, 500, 1000), 430); // 500 ms for 500, and 70 are over
    ck_assert_int_eq(pace_pause_ms(300, 500, 1000), 300);
    ck_assert_int_eq(pace_pause_ms(70, 0, 1), 70);
    ck_assert_int_eq(pace_pause_ms(1, 1, 1), 999);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("pace", a_short_piece_makes_the_next_one_larger, a_long_piece_makes_it_smaller,
                     in_between_nothing_changes, the_pause_is_as_long_as_the_piece,
                     or_longer_for_the_rate);
}
