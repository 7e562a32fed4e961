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
log_lines(const char *event, int64_t from_ms, int step_ms, int lines)
{
    struct told told = {0};
    for (int i = 0; i < lines; i++) {
        int64_t suppressed;
        told.written += repeats_admit(event, at(from_ms + (int64_t)i * step_ms), &suppressed);
        told.counted += suppressed;
    }
    return told;
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
    int64_t rest = 0;
    ck_assert_ptr_null(repeats_take(false, at(8 * HOUR), &rest)); // its next line may tell it
    const char *event = repeats_take(true, at(8 * HOUR), &rest);
    ck_assert(event != NULL ? told.written + told.counted + rest == lines
                            : told.written + told.counted == lines);
}
END_TEST

START_TEST(test_what_is_rare_is_never_suppressed)
{
    ck_assert_int_eq(log_lines("rare", 0, REPEATS_INTERVAL_MS, 500).written, 500);
}
END_TEST

START_TEST(test_an_end_without_a_line_of_its_own)
{
    int64_t count;
    log_lines("poison", 0, 0, REPEATS_BURST + 7);
    ck_assert_ptr_null(repeats_take(false, at(REPEATS_INTERVAL_MS + 1), &count));
    ck_assert_str_eq(repeats_take(false, at(2 * REPEATS_INTERVAL_MS), &count), "poison");
    ck_assert_int_eq(count, 7);
    ck_assert_ptr_null(repeats_take(true, at(HOUR), &count));
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
chatter(void *event)
{
    const struct told told = log_lines(event, 0, 0, LINES);
    written += told.written;
    counted += told.counted;
    return NULL;
}

START_TEST(test_threads_share_the_limit)
{
    pthread_t threads[THREADS];
    char event[] = "chatter";
    int64_t rest;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, event), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(written, REPEATS_BURST);
    ck_assert_str_eq(repeats_take(true, at(0), &rest), "chatter");
    ck_assert_int_eq(written + counted + rest, THREADS * LINES);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("repeats", test_a_burst_is_told_whole, test_a_night,
                     test_what_is_rare_is_never_suppressed, test_an_end_without_a_line_of_its_own,
                     test_after_a_calm_the_burst_is_whole_again, test_too_many_events,
                     test_threads_share_the_limit);
}
