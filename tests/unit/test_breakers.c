// SPDX-License-Identifier: Apache-2.0
//
// Breakers of topics: when a row may try one, and what the claims leave out.
// links: base model src/relay/breakers.c src/relay/floor.c
#include "src/relay/breakers.h"

#include "outrider/base/text.h"
#include "tests/support/unit.h"

#include <stdio.h>

enum { RETRY_MS = 1000 };

static struct breakers breakers;
static const struct mono start = {INT64_C(1000000000000)};

static struct position
at(int64_t major)
{
    return (struct position){.major = major};
}

static void
setup(void)
{
    breakers = (struct breakers){.retry_ms = RETRY_MS};
}

static bool
admits(const char *topic, int64_t position)
{
    bool probe = false;
    return breakers_admit(&breakers, topic, at(position), &probe);
}

START_TEST(test_an_open_one_is_left_out)
{
    setup();
    ck_assert(admits("t", 1));
    ck_assert_ptr_nonnull(breakers_open(&breakers, "t", at(7), start));
    ck_assert_ptr_nonnull(breakers_open(&breakers, "u", at(7), start));
    ck_assert(!admits("t", 8));
    ck_assert(admits("v", 8));
    ck_assert_uint_eq(breakers.blocked_count, 2);
    ck_assert(bytes_equal(breakers.blocked[0], bytes_from("t")));
    breakers_close(&breakers, breakers_find(&breakers, "t"));
    ck_assert_uint_eq(breakers.blocked_count, 1);
    ck_assert(bytes_equal(breakers.blocked[0], bytes_from("u")));
    ck_assert(admits("t", 8));
    breakers_free(&breakers);
}
END_TEST

// The lowest place that a row of it was left at is where the claims begin again.
START_TEST(test_it_remembers_the_lowest_place)
{
    setup();
    struct breaker *breaker = breakers_open(&breakers, "t", at(7), start);
    breakers_open(&breakers, "t", at(9), start);
    ck_assert_int_eq(breaker->since.major, 7);
    breakers_open(&breakers, "t", at(3), start);
    ck_assert_int_eq(breaker->since.major, 3);
    breakers_lower(&breakers, at(4));
    ck_assert_int_eq(breaker->since.major, 3);
    breakers_lower(&breakers, at(2)); // a hold ended there: its rows of this topic stay passed over
    ck_assert_int_eq(breaker->since.major, 2);
    breakers_forget_positions(&breakers);
    ck_assert_int_eq(breaker->since.major, INT64_MIN);
    breakers_free(&breakers);
}
END_TEST

START_TEST(test_it_is_looked_at_after_a_while)
{
    setup();
    struct breaker *breaker = breakers_open(&breakers, "t", at(1), start);
    ck_assert_ptr_null(breakers_due(&breakers, mono_add_ms(start, RETRY_MS / 2 - 1)));
    ck_assert_ptr_eq(breakers_due(&breakers, mono_add_ms(start, RETRY_MS)), breaker);
    breakers_postpone(&breakers, breaker, mono_add_ms(start, RETRY_MS));
    ck_assert_ptr_null(breakers_due(&breakers, mono_add_ms(start, RETRY_MS)));
    breakers_free(&breakers);
}
END_TEST

// Whoever has waited longest is next: none is forgotten behind others.
START_TEST(test_each_is_looked_at_in_its_turn)
{
    setup();
    struct mono now = mono_add_ms(start, 2 * RETRY_MS);
    breakers_open(&breakers, "t", at(1), start);
    breakers_open(&breakers, "u", at(1), start);
    struct breaker *t = breakers_find(&breakers, "t"), *u = breakers_find(&breakers, "u");
    t->look_at = mono_add_ms(start, 2);
    u->look_at = mono_add_ms(start, 1);
    ck_assert_ptr_eq(breakers_due(&breakers, now), u);
    breakers_postpone(&breakers, u, mono_add_ms(start, 10));
    ck_assert_ptr_eq(breakers_due(&breakers, now), t);
    breakers_free(&breakers);
}
END_TEST

// One row at a time, and only the one that was admitted speaks for the topic.
START_TEST(test_one_row_tries_it)
{
    setup();
    struct breaker *breaker = breakers_open(&breakers, "t", at(1), start);
    ck_assert(!breakers_try(&breakers, breaker, 1, mono_add_ms(start, RETRY_MS - 1)));
    ck_assert(breakers_try(&breakers, breaker, 1, mono_add_ms(start, 2 * RETRY_MS)));
    ck_assert_uint_eq(breakers.blocked_count, 0);
    bool probe = false;
    ck_assert(breakers_admit(&breakers, "t", at(5), &probe));
    ck_assert(probe);
    ck_assert(!admits("t", 6));
    ck_assert_ptr_null(breakers_probed_by(&breakers, "t", at(6)));
    ck_assert_ptr_eq(breakers_probed_by(&breakers, "t", at(5)), breaker);
    breakers_end_window(&breakers, false, at(0)); // what became of it is not known
    ck_assert(admits("t", 5));
    breakers_free(&breakers);
}
END_TEST

// Each row that failed makes the wait for the next longer, up to four times the retry.
START_TEST(test_rows_come_seldom)
{
    setup();
    struct mono now = start;
    struct breaker *breaker = breakers_open(&breakers, "t", at(1), now);
    for (int i = 0; i < 6; i++) {
        int64_t wait_ms = mono_diff_ns(breaker->row_at, now) / 1000000;
        int64_t most = i == 0 ? 2 * RETRY_MS : 4 * RETRY_MS;
        ck_assert_int_ge(wait_ms, most / 2);
        ck_assert_int_le(wait_ms, most);
        now = mono_add_ms(now, wait_ms);
        ck_assert(breakers_try(&breakers, breaker, 3, now));
        ck_assert(admits("t", 1));
        breakers_open(&breakers, "t", at(1), now);
        ck_assert(!admits("t", 1));
    }
    breakers_free(&breakers);
}
END_TEST

// A replica that came back is worth a row at once.
START_TEST(test_a_replica_that_came_back_is_tried_at_once)
{
    setup();
    struct breaker *breaker = breakers_open(&breakers, "t", at(1), start);
    struct mono now = breaker->row_at;
    ck_assert(breakers_try(&breakers, breaker, 1, now));
    ck_assert(admits("t", 1));
    breakers_open(&breakers, "t", at(1), now);
    ck_assert(!breakers_try(&breakers, breaker, 1, now));
    ck_assert(breakers_try(&breakers, breaker, 2, now));
    breakers_free(&breakers);
}
END_TEST

// Its rows went another way: there is nothing to wait for.
START_TEST(test_one_without_a_row_closes)
{
    setup();
    struct breaker *breaker = breakers_open(&breakers, "t", at(5), start);
    breakers_end_window(&breakers, true, at(0)); // open: its rows were not looked at
    ck_assert_uint_eq(breakers.count, 1);
    ck_assert(breakers_try(&breakers, breaker, 1, breaker->row_at));
    breakers_end_window(&breakers, false, at(0));
    breakers_end_window(&breakers, true, at(6)); // it began too high to know
    ck_assert_uint_eq(breakers.count, 1);
    breakers_end_window(&breakers, true, at(5));
    ck_assert_uint_eq(breakers.count, 0);
    breakers_free(&breakers);
}
END_TEST

START_TEST(test_there_is_an_end)
{
    char name[16];
    setup();
    for (int i = 0; i < BREAKERS_MAX; i++) {
        snprintf(name, sizeof name, "t%d", i);
        ck_assert_ptr_nonnull(breakers_open(&breakers, name, at(1), start));
    }
    ck_assert_ptr_null(breakers_open(&breakers, "one more", at(1), start));
    ck_assert_ptr_nonnull(breakers_open(&breakers, "t7", at(1), start));
    ck_assert_uint_eq(breakers.blocked_count, BREAKERS_MAX);
    breakers_free(&breakers);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("breakers", test_an_open_one_is_left_out, test_it_remembers_the_lowest_place,
                     test_it_is_looked_at_after_a_while, test_each_is_looked_at_in_its_turn,
                     test_one_row_tries_it, test_rows_come_seldom,
                     test_a_replica_that_came_back_is_tried_at_once, test_one_without_a_row_closes,
                     test_there_is_an_end);
}
