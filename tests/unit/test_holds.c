// SPDX-License-Identifier: Apache-2.0
//
// Holds: who is held back by whom, how long, and where the claims have to begin when it ends.
// links: base model src/relay/holds.c src/relay/floor.c
#include "src/relay/holds.h"

#include "src/relay/floor.h"
#include "tests/support/unit.h"

#include <stdio.h>

static const struct mono noon = {INT64_C(1000000000000)};

static struct position
at(int64_t seq)
{
    return (struct position){.major = seq};
}

static struct mono
later_ms(int64_t ms)
{
    return mono_add_ms(noon, ms);
}

static bool
held(const struct holds *holds, const char *aggregate, int64_t seq)
{
    return holds_back(holds, bytes_from(aggregate), at(seq));
}

START_TEST(test_nothing_is_held_at_first)
{
    struct holds holds = {0};
    struct position lowest = at(77);
    ck_assert(!held(&holds, "a", 1));
    ck_assert(!holds_expire(&holds, noon, &lowest));
    ck_assert(!holds_end_window(&holds, &lowest));
    ck_assert_int_eq(lowest.major, 77);
    holds_free(&holds);
    holds_free(&holds);
}
END_TEST

START_TEST(test_only_later_rows_of_the_aggregate_are_held)
{
    struct holds holds = {0};
    holds_add(&holds, bytes_from("a"), at(10), later_ms(1000));
    ck_assert(!held(&holds, "a", 9));
    ck_assert(!held(&holds, "a", 10));
    ck_assert(held(&holds, "a", 11));
    ck_assert(!held(&holds, "b", 11));
    ck_assert(!held(&holds, "", 11));
    ck_assert(!held(&holds, "aa", 11));
    holds_free(&holds);
}
END_TEST

START_TEST(test_ids_break_ties_of_version_1)
{
    struct holds holds = {0};
    struct position first = {.major = 10, .id.bytes = {1}}, second = {.major = 10, .id.bytes = {2}};
    holds_add(&holds, bytes_from("a"), first, later_ms(1000));
    ck_assert(!holds_back(&holds, bytes_from("a"), first));
    ck_assert(holds_back(&holds, bytes_from("a"), second));
    holds_free(&holds);
}
END_TEST

START_TEST(test_the_aggregate_is_copied)
{
    struct holds holds = {0};
    char name[] = "abc";
    holds_add(&holds, (struct bytes){name, 3}, at(1), later_ms(1));
    name[0] = 'x';
    ck_assert(held(&holds, "abc", 2));
    ck_assert_uint_eq(holds.count, 1);
    ck_assert(bytes_equal(holds.aggregates[0], bytes_from("abc")));
    holds_free(&holds);
}
END_TEST

START_TEST(test_a_null_aggregate_has_no_order)
{
    struct holds holds = {0};
    holds_add(&holds, bytes_from(NULL), at(1), later_ms(1000));
    holds_add_window(&holds, bytes_from(NULL), at(1));
    ck_assert_uint_eq(holds.count, 0);
    holds_add(&holds, bytes_from(""), at(1), later_ms(1000)); // which is not the same as none
    ck_assert(held(&holds, "", 2));
    ck_assert(!held(&holds, NULL, 2));
    holds_free(&holds);
}
END_TEST

START_TEST(test_expiry_gives_the_lowest_position)
{
    struct holds holds = {0};
    struct position lowest = at(77);
    holds_add(&holds, bytes_from("a"), at(30), later_ms(10));
    holds_add(&holds, bytes_from("b"), at(20), later_ms(10));
    holds_add(&holds, bytes_from("c"), at(25), later_ms(10));
    holds_add(&holds, bytes_from("d"), at(5), later_ms(11));
    ck_assert(!holds_expire(&holds, later_ms(9), &lowest));
    ck_assert_int_eq(lowest.major, 77);
    ck_assert(holds_expire(&holds, later_ms(10), &lowest));
    ck_assert_int_eq(lowest.major, 20);
    ck_assert_uint_eq(holds.count, 1);
    ck_assert(held(&holds, "d", 6));
    ck_assert(!held(&holds, "a", 31) && !held(&holds, "b", 31) && !held(&holds, "c", 31));
    ck_assert(bytes_equal(holds.aggregates[0], bytes_from("d")));
    holds_free(&holds);
}
END_TEST

START_TEST(test_window_holds_end_with_the_window)
{
    struct holds holds = {0};
    struct position lowest;
    holds_add(&holds, bytes_from("a"), at(3), later_ms(1000));
    holds_add_window(&holds, bytes_from("b"), at(9));
    holds_add_window(&holds, bytes_from("c"), at(7));
    ck_assert(held(&holds, "b", 10) && held(&holds, "c", 8));
    ck_assert(holds_end_window(&holds, &lowest));
    ck_assert_int_eq(lowest.major, 7);
    ck_assert(held(&holds, "a", 4));
    ck_assert(!held(&holds, "b", 10) && !held(&holds, "c", 8));
    ck_assert(!holds_end_window(&holds, &lowest));
    holds_free(&holds);
}
END_TEST

START_TEST(test_a_window_hold_becomes_one_for_longer)
{
    struct holds holds = {0};
    struct position lowest;
    holds_add_window(&holds, bytes_from("a"), at(3));
    holds_add(&holds, bytes_from("a"), at(3), later_ms(100));
    ck_assert_uint_eq(holds.count, 1);
    ck_assert(!holds_end_window(&holds, &lowest));
    ck_assert(!holds_expire(&holds, later_ms(99), &lowest));
    ck_assert(holds_expire(&holds, later_ms(100), &lowest));
    ck_assert_int_eq(lowest.major, 3);
    holds_free(&holds);
}
END_TEST

START_TEST(test_a_longer_hold_is_not_cut_to_the_window)
{
    struct holds holds = {0};
    struct position lowest;
    holds_add(&holds, bytes_from("a"), at(3), later_ms(100));
    holds_add_window(&holds, bytes_from("a"), at(4));
    holds_add(&holds, bytes_from("a"), at(5), later_ms(5000));
    ck_assert(!holds_end_window(&holds, &lowest));
    ck_assert(held(&holds, "a", 4));
    ck_assert(holds_expire(&holds, later_ms(100), &lowest));
    ck_assert_int_eq(lowest.major, 3);
    holds_free(&holds);
}
END_TEST

// Row 10 is locked by somebody, then row 5 of the same aggregate fails: 6 to 9 must wait too.
START_TEST(test_an_earlier_row_takes_the_hold_over)
{
    struct holds holds = {0};
    struct position lowest;
    holds_add(&holds, bytes_from("a"), at(10), later_ms(100));
    holds_add_window(&holds, bytes_from("a"), at(5));
    ck_assert(held(&holds, "a", 6));
    ck_assert(!held(&holds, "a", 5));
    ck_assert(!holds_end_window(&holds, &lowest)); // row 10 is still locked
    ck_assert(holds_expire(&holds, later_ms(100), &lowest));
    ck_assert_int_eq(lowest.major, 5);
    holds_add(&holds, bytes_from("a"), at(10), later_ms(5000));
    holds_add(&holds, bytes_from("a"), at(5), later_ms(200));
    ck_assert(holds_expire(&holds, later_ms(200), &lowest)); // an earlier row's time counts
    ck_assert_int_eq(lowest.major, 5);
    holds_free(&holds);
}
END_TEST

START_TEST(test_forgotten_positions_hold_every_row)
{
    struct holds holds = {0};
    struct position lowest;
    holds_add(&holds, bytes_from("a"), at(10), later_ms(100));
    holds_forget_positions(&holds);
    ck_assert(held(&holds, "a", 1));
    ck_assert(!held(&holds, "b", 1));
    holds_add(&holds, bytes_from("a"), at(10), later_ms(5000)); // the hold stands
    ck_assert(holds_expire(&holds, later_ms(100), &lowest));
    ck_assert_int_eq(lowest.major, INT64_MIN);
    holds_free(&holds);
}
END_TEST

static void
add_many(struct holds *holds, int from, int to)
{
    char name[16];
    for (int i = from; i < to; i++) {
        snprintf(name, sizeof name, "order-%d", i);
        holds_add(holds, bytes_from(name), at(i), later_ms(i % 2 ? 1000 : 2000));
    }
}

// Dropping half of many leaves an index that still finds each of the others, and none of those.
START_TEST(test_ten_thousand_are_found_and_dropped)
{
    struct holds holds = {0};
    struct position lowest;
    char name[16];
    add_many(&holds, 0, HOLDS_MAX);
    ck_assert_uint_eq(holds.count, HOLDS_MAX);
    ck_assert(!holds_end_window(&holds, &lowest));
    ck_assert(holds_expire(&holds, later_ms(1000), &lowest));
    ck_assert_int_eq(lowest.major, 1);
    ck_assert_uint_eq(holds.count, HOLDS_MAX / 2);
    for (int i = 0; i < HOLDS_MAX; i++) {
        snprintf(name, sizeof name, "order-%d", i);
        ck_assert_int_eq(held(&holds, name, i + 1), i % 2 == 0);
    }
    for (size_t i = 0; i < holds.count; i++)
        ck_assert(bytes_equal(holds.aggregates[i], holds.list[i].aggregate));
    add_many(&holds, HOLDS_MAX, HOLDS_MAX + 10);
    ck_assert(held(&holds, "order-10009", HOLDS_MAX + 10));
    holds_free(&holds);
}
END_TEST

START_TEST(test_beyond_the_cap_a_hold_lasts_for_the_window)
{
    struct holds holds = {0};
    struct position lowest;
    add_many(&holds, 0, HOLDS_MAX);
    add_many(&holds, HOLDS_MAX, HOLDS_MAX + 5);
    ck_assert(held(&holds, "order-10000", HOLDS_MAX + 1)); // no order is given up for it
    ck_assert(holds_end_window(&holds, &lowest));
    ck_assert_int_eq(lowest.major, HOLDS_MAX);
    ck_assert_uint_eq(holds.count, HOLDS_MAX);
    ck_assert(!held(&holds, "order-10000", HOLDS_MAX + 1));
    holds_free(&holds);
}
END_TEST

// What a window holds does not use up the room of what it then holds for longer.
START_TEST(test_the_cap_counts_lasting_holds)
{
    struct holds holds = {0};
    struct position lowest;
    char name[16];
    for (int i = 0; i < HOLDS_MAX + 5; i++) {
        snprintf(name, sizeof name, "order-%d", i);
        holds_add_window(&holds, bytes_from(name), at(i));
    }
    add_many(&holds, 0, HOLDS_MAX + 5);
    ck_assert(holds_end_window(&holds, &lowest));
    ck_assert_int_eq(lowest.major, HOLDS_MAX);
    ck_assert_uint_eq(holds.count, HOLDS_MAX);
    ck_assert(holds_expire(&holds, later_ms(2000), &lowest));
    ck_assert_uint_eq(holds.count, 0);
    holds_add(&holds, bytes_from("a"), at(1), later_ms(9000)); // there is room again
    ck_assert(!holds_end_window(&holds, &lowest));
    holds_free(&holds);
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "holds", test_nothing_is_held_at_first, test_only_later_rows_of_the_aggregate_are_held,
        test_ids_break_ties_of_version_1, test_the_aggregate_is_copied,
        test_a_null_aggregate_has_no_order, test_expiry_gives_the_lowest_position,
        test_window_holds_end_with_the_window, test_a_window_hold_becomes_one_for_longer,
        test_a_longer_hold_is_not_cut_to_the_window, test_an_earlier_row_takes_the_hold_over,
        test_forgotten_positions_hold_every_row, test_ten_thousand_are_found_and_dropped,
        test_the_cap_counts_lasting_holds, test_beyond_the_cap_a_hold_lasts_for_the_window);
}
