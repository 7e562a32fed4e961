// SPDX-License-Identifier: Apache-2.0
//
// The same event over and over is told now and then, and none is lost from the count.
#include "src/base/repeats.h"

#include "tests/support/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { SECOND = 1000, HOUR = 3600 * SECOND };

static const struct mono began = {INT64_C(5000000000000)};

static struct mono
at(int64_t ms)
{
    return mono_add_ms(began, ms);
}

// How many of `lines`, one every `step_ms` from `from_ms` on, are written; and how many the written
// ones say were not.
struct told {
    int written;
    int64_t counted;
};

static struct told
log_coded(const char *event, const char *code, int64_t from_ms, int step_ms, int lines)
{
    struct told told = {0};
    for (int i = 0; i < lines; i++) {
        int64_t suppressed;
        told.written += repeats_admit(event, code, at(from_ms + (int64_t)i * step_ms), &suppressed);
        told.counted += suppressed;
    }
    return told;
}

static struct told
log_lines(const char *event, int64_t from_ms, int step_ms, int lines)
{
    return log_coded(event, NULL, from_ms, step_ms, lines);
}

START_TEST(test_a_burst_is_told_whole)
{
    struct told told = log_lines("a", 0, 1, REPEATS_BURST);
    ck_assert_int_eq(told.written, REPEATS_BURST);
    ck_assert_int_eq(told.counted, 0);
    ck_assert_int_eq(log_lines("a", REPEATS_BURST, 1, 100).written, 0);
    ck_assert_int_eq(log_lines("b", REPEATS_BURST, 1, 1).written, 1); // another event
}
END_TEST

// A lane that tries every five seconds, for eight hours.
START_TEST(test_a_night)
{
    const int lines = 8 * HOUR / (5 * SECOND);
    struct told told = log_lines("outage", 0, 5 * SECOND, lines);
    ck_assert_int_ge(told.written, 8 * 60);
    ck_assert_int_le(told.written, 8 * 60 + REPEATS_BURST);
    struct suppressed rest;
    ck_assert(!repeats_take(false, at(8 * HOUR), &rest)); // its next line may tell it
    const bool some = repeats_take(true, at(8 * HOUR), &rest);
    ck_assert_int_eq(told.written + told.counted + (some ? rest.count : 0), lines);
}
END_TEST

START_TEST(test_what_is_rare_is_never_suppressed)
{
    ck_assert_int_eq(log_lines("rare", 0, REPEATS_INTERVAL_MS, 500).written, 500);
}
END_TEST

START_TEST(test_an_end_without_a_line_of_its_own)
{
    struct suppressed rest;
    log_lines("poison", 0, 0, REPEATS_BURST + 7);
    ck_assert(!repeats_take(false, at(REPEATS_INTERVAL_MS + 1), &rest));
    ck_assert(repeats_take(false, at(2 * REPEATS_INTERVAL_MS), &rest));
    ck_assert_str_eq(rest.event, "poison");
    ck_assert_ptr_null(rest.code);
    ck_assert_int_eq(rest.count, 7);
    ck_assert(!repeats_take(true, at(HOUR), &rest));
}
END_TEST

START_TEST(test_another_cause_is_told_at_once)
{
    char code[] = "08006";
    ck_assert_int_eq(log_coded("window_failed", code, 0, 0, 1000).written, REPEATS_BURST);
    ck_assert_int_eq(log_coded("window_failed", "57P01", 0, 0, 1).written, 1);
    code[0] = '?'; // the caller's text is not kept
    ck_assert_int_eq(log_coded("window_failed", "08006", 0, 0, 1000).written, 0);
    ck_assert_int_eq(log_lines("window_failed", 0, 0, 1).written, 1); // none is another too

    struct suppressed rest;
    ck_assert(repeats_take(true, at(0), &rest));
    ck_assert_str_eq(rest.event, "window_failed");
    ck_assert_str_eq(rest.code, "08006");
    ck_assert_int_eq(rest.count, 2000 - REPEATS_BURST);
    ck_assert(!repeats_take(true, at(0), &rest));
}
END_TEST

// A thousand causes are one after the first few; each of these keeps its own limit.
START_TEST(test_too_many_causes)
{
    int written = 0;
    char code[8];
    for (int i = 0; i < 1000; i++) {
        snprintf(code, sizeof code, "%05d", i);
        written += log_coded("failed", code, 0, 0, 100).written;
    }
    ck_assert_int_eq(written, (REPEATS_CODES + 1) * REPEATS_BURST);
    ck_assert_int_eq(log_lines("failed", 0, 0, 1).written, 0);
    ck_assert_int_eq(log_coded("failed", "00000", 0, 0, 1).written, 0);
    ck_assert_int_eq(log_coded("failed", "00999", 0, 0, 1).written, 0);
    ck_assert_int_eq(log_coded("other", "00999", 0, 0, 1).written, 1);
}
END_TEST

START_TEST(test_after_a_calm_the_burst_is_whole_again)
{
    log_lines("c", 0, 0, 1000);
    const int calm = REPEATS_BURST * REPEATS_INTERVAL_MS;
    struct told told = log_lines("c", calm, 0, 1000);
    ck_assert_int_eq(told.written, REPEATS_BURST);
    ck_assert_int_eq(told.counted, 1000 - REPEATS_BURST);
}
END_TEST

// More events than there is room for are told, all of them.
START_TEST(test_too_many_events)
{
    static char names[100][8];
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof names[i], "e%d", i);
        ck_assert_int_ge(log_lines(names[i], 0, 0, 2 * REPEATS_BURST).written, REPEATS_BURST);
    }
    ck_assert_int_eq(log_lines(names[99], 0, 0, 100).written, 100);
    ck_assert_int_eq(log_lines(names[0], 0, 0, 100).written, 0);
}
END_TEST

enum { THREADS = 4, LINES = 5000 };

static atomic_int written;
static _Atomic int64_t counted;

static void *
chatter(void *code)
{
    const struct told told = log_coded("chatter", code, 0, 0, LINES);
    written += told.written;
    counted += told.counted;
    return NULL;
}

START_TEST(test_threads_share_the_limit)
{
    pthread_t threads[THREADS];
    char code[] = "TALK";
    struct suppressed rest;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, code), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(written, REPEATS_BURST);
    ck_assert(repeats_take(true, at(0), &rest));
    ck_assert_str_eq(rest.event, "chatter");
    ck_assert_int_eq(written + counted + rest.count, THREADS * LINES);
    ck_assert(!repeats_take(true, at(0), &rest)); // they were given one limit
}
END_TEST

int
main(void)
{
    return RUN_TESTS("repeats", test_a_burst_is_told_whole, test_a_night,
                     test_what_is_rare_is_never_suppressed, test_an_end_without_a_line_of_its_own,
                     test_another_cause_is_told_at_once, test_too_many_causes,
                     test_after_a_calm_the_burst_is_whole_again, test_too_many_events,
                     test_threads_share_the_limit);
}
