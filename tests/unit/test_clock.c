// SPDX-License-Identifier: Apache-2.0
//
// Deadlines saturate and round up; timestamps are right far outside the C library's comfort.
#include "outrider/base/clock.h"
#include "tests/support/unit.h"

#include <limits.h>
#include <string.h>
#include <time.h>

START_TEST(test_deadlines)
{
    struct mono now = mono_now();
    ck_assert(mono_passed(now));
    ck_assert_int_eq(mono_ms_until(now), 0);
    ck_assert_int_eq(mono_ms_until(mono_add_ms(now, -5)), 0);

    struct mono later = mono_add_ms(mono_now(), 60000);
    ck_assert(!mono_passed(later));
    ck_assert_int_gt(mono_ms_until(later), 50000);
    ck_assert_int_le(mono_ms_until(later), 60000);
    ck_assert_int_eq(mono_diff_ns(mono_add_ms(now, 3), now), 3000000);
    ck_assert_int_eq(mono_diff_ns(now, mono_add_ms(now, 3)), -3000000);
}
END_TEST

START_TEST(test_deadlines_saturate)
{
    struct mono never = mono_add_ms(mono_now(), INT64_MAX);
    ck_assert_int_eq(never.ns, INT64_MAX);
    ck_assert(!mono_passed(never));
    ck_assert_int_eq(mono_ms_until(never), INT_MAX);
    ck_assert_int_eq(mono_add_ms(never, 1).ns, INT64_MAX);
    ck_assert_int_eq(mono_add_ms((struct mono){-2}, INT64_MIN).ns, INT64_MIN);
}
END_TEST

// Rounding up is what keeps poll() from waking before the deadline and spinning.
START_TEST(test_a_wait_rounds_up)
{
    struct mono soon = {.ns = mono_now().ns + 500000000 + 1};
    int ms = mono_ms_until(soon);
    struct mono after = mono_now();
    ck_assert_int_ge(mono_add_ms(after, ms).ns, soon.ns);
}
END_TEST

START_TEST(test_known_instants)
{
    static const struct {
        int64_t us;
        int digits;
        const char *text;
    } cases[] = {
        {0, 3, "1970-01-01T00:00:00.000Z"},
        {-1, 6, "1969-12-31T23:59:59.999999Z"},
        {-1, 3, "1969-12-31T23:59:59.999Z"},
        {1709251199999999, 3, "2024-02-29T23:59:59.999Z"},
        {1709251199999999, 6, "2024-02-29T23:59:59.999999Z"},
        {1709251200000000, 3, "2024-03-01T00:00:00.000Z"},
        {951782400000000, 3, "2000-02-29T00:00:00.000Z"},
        {-2203891200000000, 3, "1900-03-01T00:00:00.000Z"},
        {-2203891200000001, 6, "1900-02-28T23:59:59.999999Z"},
        {253402300799999999, 6, "9999-12-31T23:59:59.999999Z"},
        {253402300800000000, 3, "+10000-01-01T00:00:00.000Z"},
        {-62135596800000000, 3, "0001-01-01T00:00:00.000Z"},
        {-62135596800000001, 3, "0000-12-31T23:59:59.999Z"},
        {-62167219200000001, 3, "-0001-12-31T23:59:59.999Z"},
        {-210866803200000000, 3, "-4713-11-24T00:00:00.000Z"},
        {INT64_MAX - 1, 6, "+294247-01-10T04:00:54.775806Z"},
        {INT64_MIN + 1, 6, "-290308-12-21T19:59:05.224193Z"},
        {UTC_INFINITY, 3, "infinity"},
        {UTC_MINUS_INFINITY, 6, "-infinity"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[40];
        format_utc(cases[i].us, cases[i].digits, out);
        ck_assert_str_eq(out, cases[i].text);
    }
}
END_TEST

// Every day of 800 years against the C library, which is right for these.
START_TEST(test_agrees_with_the_c_library)
{
    for (int64_t day = -146097; day < 146097; day++) {
        time_t seconds = day * 86400 + 45296;
        struct tm tm;
        char expected[40], out[40];
        gmtime_r(&seconds, &tm);
        strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000Z", &tm);
        format_utc(seconds * 1000000, 3, out);
        if (strcmp(out, expected) != 0)
            ck_assert_str_eq(out, expected);
    }
}
END_TEST

START_TEST(test_wall_clock_is_unix_microseconds)
{
    int64_t before = (int64_t)time(NULL) - 1, now = wall_us() / 1000000;
    ck_assert_int_ge(now, before);
    ck_assert_int_le(now, (int64_t)time(NULL) + 1);
}
END_TEST

START_TEST(test_another_clock_is_ahead_behind_or_may_agree)
{
    ck_assert_int_eq(wall_ahead_us(1000, 1000, 1000), 0);
    ck_assert_int_eq(wall_ahead_us(1000, 1500, 2000), 0);
    ck_assert_int_eq(wall_ahead_us(1000, 400, 2000), 600);
    ck_assert_int_eq(wall_ahead_us(1000, 2600, 2000), -600);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("clock", test_deadlines, test_deadlines_saturate, test_a_wait_rounds_up,
                     test_known_instants, test_agrees_with_the_c_library,
                     test_wall_clock_is_unix_microseconds,
                     test_another_clock_is_ahead_behind_or_may_agree);
}
