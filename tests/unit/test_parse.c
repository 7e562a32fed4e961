// SPDX-License-Identifier: Apache-2.0
//
// Numbers with and without units: what is one, what is none, and what is too large for any bound.
#include "outrider/config/parse.h"
#include "tests/support/unit.h"

#include <string.h>

START_TEST(test_integers)
{
    int64_t value = 7;
    ck_assert(parse_integer("0", &value) && value == 0);
    ck_assert(parse_integer("-5", &value) && value == -5);
    ck_assert(parse_integer("0010", &value) && value == 10);
    ck_assert(parse_integer("9223372036854775807", &value) && value == INT64_MAX);
    ck_assert(parse_integer("99999999999999999999999999", &value) && value == INT64_MAX);
    value = 7;
    const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1e3", "0x10", "1.0", "--1", "1_000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!parse_integer(bad[i], &value), "\"%s\"", bad[i]);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(test_durations)
{
    int64_t ms = 7;
    ck_assert(parse_duration("125ms", &ms) && ms == 125);
    ck_assert(parse_duration("20s", &ms) && ms == 20000);
    ck_assert(parse_duration("5m", &ms) && ms == 300000);
    ck_assert(parse_duration("2h", &ms) && ms == 7200000);
    ck_assert(parse_duration("7d", &ms) && ms == 604800000);
    ck_assert(parse_duration("9999999999999999d", &ms) && ms == INT64_MAX);
    ms = 7;
    const char *const bad[] = {"",   "20", "s",   "-1s",   "1.5s", "1 s",
                               "1S", "1M", "1s ", "1m30s", "1us"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!parse_duration(bad[i], &ms), "\"%s\"", bad[i]);
    ck_assert_int_eq(ms, 7);
}
END_TEST

START_TEST(test_sizes)
{
    int64_t bytes = 7;
    ck_assert(parse_size("1B", &bytes) && bytes == 1);
    ck_assert(parse_size("2kB", &bytes) && bytes == 2000);
    ck_assert(parse_size("2KB", &bytes) && bytes == 2000);
    ck_assert(parse_size("512KiB", &bytes) && bytes == 524288);
    ck_assert(parse_size("1MB", &bytes) && bytes == 1000000);
    ck_assert(parse_size("4MiB", &bytes) && bytes == 4194304);
    ck_assert(parse_size("1GB", &bytes) && bytes == 1000000000);
    ck_assert(parse_size("1GiB", &bytes) && bytes == 1073741824);
    bytes = 7;
    const char *const bad[] = {"", "4", "MiB", "4M", "4mib", "4 MiB", "-4MiB", "0.5MiB"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!parse_size(bad[i], &bytes), "\"%s\"", bad[i]);
    ck_assert_int_eq(bytes, 7);
}
END_TEST

START_TEST(test_words)
{
    const char *const words[] = {"key", "none"};
    int value = 7;
    ck_assert(parse_word("none", words, 2, &value) && value == 1);
    ck_assert(!parse_word("None", words, 2, &value));
    ck_assert(!parse_word("", words, 2, &value));
    ck_assert_int_eq(value, 1);
}
END_TEST

static void
check_format(void (*format)(struct text *, int64_t), int64_t value, const char *expected)
{
    struct text out = {0};
    format(&out, value);
    ck_assert_str_eq(out.data, expected);
    text_free(&out);
}

// What is printed is the largest unit without a remainder.
START_TEST(test_formats)
{
    check_format(format_duration, 0, "0ms");
    check_format(format_duration, 1, "1ms");
    check_format(format_duration, 1500, "1500ms");
    check_format(format_duration, 90000, "90s");
    check_format(format_duration, 86400000, "1d");
    check_format(format_size, 1, "1B");
    check_format(format_size, 1024, "1KiB");
    check_format(format_size, 4194304, "4MiB");
    check_format(format_size, 1000000, "1MB");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("parse", test_integers, test_durations, test_sizes, test_words, test_formats);
}
