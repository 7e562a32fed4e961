// SPDX-License-Identifier: Apache-2.0
//
// The progress line at every width, and the rate it is by.
#include "src/cli/format.h"
#include "src/cli/progress.h"
#include "tests/support/unit.h"

#include <string.h>

// links: base src/cli/progress.c src/cli/format.c

static struct text out;

static const char *
line(struct progress progress, size_t width, bool utf8)
{
    text_clear(&out);
    progress_append(&progress, width, utf8, false, &out);
    return text_str(&out);
}

START_TEST(test_wide)
{
    struct progress half = {.done = 100000, .total = 200000, .rate = 50000};
    ck_assert_str_eq(line(half, 80, false),
                     " 50 %  ##############...............  100,000 of 200,000"
                     "  50,000 msg/s  ETA 0:03");
}
END_TEST

// Less room: a shorter bar, none, no rate, no counts; the line never is wider than it may be.
START_TEST(test_narrow)
{
    struct progress half = {.done = 100000, .total = 200000, .rate = 50000};
    ck_assert_str_eq(line(half, 52, false), " 50 %  100,000 of 200,000  50,000 msg/s  ETA 0:03");
    ck_assert_str_eq(line(half, 40, false), " 50 %  100,000 of 200,000  ETA 0:03");
    ck_assert_str_eq(line(half, 20, false), " 50 %  ETA 0:03");
    ck_assert_str_eq(line(half, 6, false), " 50 %");
    ck_assert_str_eq(line(half, 3, false), "");
    for (size_t width = 0; width < 300; width++) {
        ck_assert_uint_le(format_width(line(half, width, false)), width);
        ck_assert_uint_le(format_width(line(half, width, true)), width);
    }
}
END_TEST

START_TEST(test_bar)
{
    struct progress some = {.done = 1, .total = 3, .rate = 1};
    const char *drawn = line(some, 60, true);
    ck_assert_ptr_nonnull(strstr(drawn, "\u2588\u2588\u2588"));
    ck_assert_ptr_nonnull(strstr(drawn, "\u2591\u2591\u2591"));
    struct progress all = {.done = 3, .total = 3};
    ck_assert_ptr_null(strstr(line(all, 60, true), "\u2591"));
    struct progress none = {.done = 0, .total = 3};
    ck_assert_ptr_null(strstr(line(none, 60, true), "\u2588"));
    struct progress nothing = {0};
    ck_assert_ptr_nonnull(strstr(line(nothing, 60, false), "100 %"));
}
END_TEST

START_TEST(test_color_takes_no_room)
{
    struct progress half = {.done = 1, .total = 2, .rate = 1};
    __attribute__((cleanup(text_free))) struct text plain = {0}, colored = {0};
    progress_append(&half, 70, false, false, &plain);
    progress_append(&half, 70, false, true, &colored);
    ck_assert_uint_eq(colored.len, plain.len + strlen("\x1b[32m\x1b[2m\x1b[0m"));
    ck_assert_ptr_null(strstr(text_str(&plain), "\x1b"));
}
END_TEST

START_TEST(test_eta)
{
    ck_assert_int_eq(progress_eta_s(&(struct progress){.done = 5, .total = 5}), 0);
    ck_assert_int_eq(progress_eta_s(&(struct progress){.done = 5, .total = 6}), -1);
    ck_assert_int_eq(progress_eta_s(&(struct progress){.done = 0, .total = 10, .rate = 4}), 3);
    ck_assert_int_eq(progress_eta_s(&(struct progress){.total = INT64_MAX, .rate = 1e-3}), -1);
    struct progress waiting = {.done = 1, .total = 2, .rate = 1, .wait_ms = 11500};
    ck_assert_ptr_nonnull(strstr(line(waiting, 60, false), "next attempt in 0:12"));
    ck_assert_ptr_null(strstr(line(waiting, 60, false), "ETA"));
    waiting.wait_ms = INT32_MAX;
    ck_assert_ptr_nonnull(strstr(line(waiting, 60, false), "next attempt in more than 100 h"));
    waiting.wait_ms = PROGRESS_FOR_EVER;
    ck_assert_ptr_nonnull(strstr(line(waiting, 60, false), "the rest waits for ever"));
}
END_TEST

START_TEST(test_meter)
{
    struct meter meter = {0};
    struct mono at = {.ns = 1000000000};
    ck_assert(meter_rate(&meter) == 0);
    meter_add(&meter, at, 0);
    ck_assert(meter_rate(&meter) == 0);
    meter_add(&meter, mono_add_ms(at, 10), 50); // too soon to be a sample
    ck_assert(meter_rate(&meter) == 0);
    meter_add(&meter, mono_add_ms(at, 500), 50);
    ck_assert(meter_rate(&meter) == 100);
    // What lies back further than the samples reach does not count.
    for (int i = 1; i <= 100; i++)
        meter_add(&meter, mono_add_ms(at, 500 + 250 * i), 50 + 1000 * i);
    ck_assert(meter_rate(&meter) == 4000);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("progress", test_wide, test_narrow, test_bar, test_color_takes_no_room,
                     test_eta, test_meter);
}
