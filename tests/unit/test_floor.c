// SPDX-License-Identifier: Apache-2.0
//
// The floor: each rule by itself; tests/unit/test_floor_order.c proves what they are for.
// links: base model src/relay/floor.c
#include "src/relay/floor.h"

#include "tests/support/unit.h"

#include <string.h>

static struct floor floor_;

static struct position
at(int64_t seq)
{
    return (struct position){.major = seq};
}

// A window that reached the end of the queue at `reached`.
static void
window(uint64_t xmin, uint64_t xmax, int64_t reached)
{
    floor_view(&floor_, xmin, xmax);
    floor_end(&floor_, at(reached), true);
}

START_TEST(test_positions_are_in_the_tables_order)
{
    struct position a = {.major = 1, .id.bytes = {9}}, b = {.major = 2, .id.bytes = {1}};
    struct position c = {.major = 2, .id.bytes = {0xff}};
    ck_assert_int_lt(position_compare(&a, &b), 0);
    ck_assert_int_lt(position_compare(&b, &c), 0); // bytes are unsigned
    ck_assert_int_gt(position_compare(&c, &a), 0);
    ck_assert_int_eq(position_compare(&c, &c), 0);
    struct position lowest = {.major = INT64_MIN}, highest = {.major = INT64_MAX};
    ck_assert_int_lt(position_compare(&lowest, &highest), 0);
}
END_TEST

START_TEST(test_it_begins_at_the_bottom)
{
    floor_reset(&floor_);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    window(10, 10, 5);
    floor_reset(&floor_);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    window(20, 20, 0);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
}
END_TEST

// Reached; marked by the next view; proved by a view of which all older transactions have ended;
// and the floor only when that one's window has ended.
START_TEST(test_it_rises_two_views_after_what_was_reached)
{
    floor_reset(&floor_);
    window(10, 10, 5);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_view(&floor_, 9, 12); // a transaction from before is still there
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_end(&floor_, at(6), true);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_view(&floor_, 11, 14);
    floor_end(&floor_, at(7), true);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_view(&floor_, 12, 15); // the mark of 5 has an xmax of 12
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_end(&floor_, at(8), true);
    ck_assert_int_eq(floor_.start.major, 5);
    window(13, 16, 9);
    ck_assert_int_eq(floor_.start.major, 5);
    window(15, 17, 10);
    ck_assert_int_eq(floor_.start.major, 7);
}
END_TEST

START_TEST(test_a_quiet_database_proves_at_the_next_view)
{
    floor_reset(&floor_);
    window(10, 10, 5);
    window(12, 12, 5); // nothing runs: whoever drew a number up to 5 has ended
    ck_assert_int_eq(floor_.start.major, 5);
    ck_assert_uint_eq(floor_.count, 0);
}
END_TEST

START_TEST(test_a_window_that_failed_proves_nothing)
{
    floor_reset(&floor_);
    window(10, 10, 5);
    floor_view(&floor_, 12, 12);
    floor_view(&floor_, 13, 13);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_end(&floor_, at(5), true);
    ck_assert_int_eq(floor_.start.major, 5);
}
END_TEST

START_TEST(test_a_window_that_did_not_get_so_far_lifts_it_to_where_it_got)
{
    floor_reset(&floor_);
    window(10, 10, 50);
    floor_view(&floor_, 12, 12);
    floor_end(&floor_, at(20), false);
    ck_assert_int_eq(floor_.start.major, 20);
    floor_view(&floor_, 13, 13);
    floor_end(&floor_, at(30), false);
    ck_assert_int_eq(floor_.start.major, 30);
    floor_view(&floor_, 14, 14);
    floor_end(&floor_, at(60), false);
    ck_assert_int_eq(floor_.start.major, 50); // 60 has no mark yet
}
END_TEST

START_TEST(test_lowering_keeps_what_was_proved)
{
    floor_reset(&floor_);
    window(10, 10, 50);
    window(12, 12, 50);
    floor_lower(&floor_, at(60)); // not down
    ck_assert_int_eq(floor_.start.major, 50);
    floor_lower(&floor_, position_before((struct position){.major = 21, .id.bytes = {7}}));
    ck_assert_int_eq(floor_.start.major, 20);
    ck_assert_int_eq(floor_.start.id.bytes[0], 0);
    floor_view(&floor_, 5, 13); // no transaction needs to end: 50 is proved already
    ck_assert_int_eq(floor_.start.major, 20);
    floor_end(&floor_, at(20), true);
    ck_assert_int_eq(floor_.start.major, 50);
    floor_lower(&floor_, position_before(at(INT64_MIN)));
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
}
END_TEST

START_TEST(test_a_sweep_keeps_what_was_proved)
{
    floor_reset(&floor_);
    window(10, 10, 50);
    window(12, 12, 50);
    floor_sweep(&floor_);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    floor_view(&floor_, 5, 13);
    floor_end(&floor_, at(3), false); // a full batch of late rows
    ck_assert_int_eq(floor_.start.major, 3);
    floor_view(&floor_, 5, 14);
    floor_end(&floor_, at(4), true);
    ck_assert_int_eq(floor_.start.major, 50);
}
END_TEST

// A transaction lasts for 1,000 windows: there are 64 marks, and the newest ones are not lost.
START_TEST(test_marks_that_are_full_forget_no_position)
{
    floor_reset(&floor_);
    for (int i = 1; i <= 1000; i++)
        window(5, (uint64_t)(10 + i), i);
    ck_assert_uint_eq(floor_.count, FLOOR_MARKS);
    ck_assert_int_eq(floor_.start.major, INT64_MIN);
    for (size_t i = 1; i < floor_.count; i++) {
        ck_assert_uint_gt(floor_.marks[i].xmax, floor_.marks[i - 1].xmax);
        ck_assert_int_gt(floor_.marks[i].reached.major, floor_.marks[i - 1].reached.major);
    }
    floor_view(&floor_, 1009, 1011); // a mark's xmax: 11 + its position
    floor_end(&floor_, at(1000), true);
    ck_assert_int_eq(floor_.start.major, FLOOR_MARKS - 1); // what lies between is in the newest
    floor_view(&floor_, 1011, 1012);
    floor_end(&floor_, at(1000), true);
    ck_assert_int_eq(floor_.start.major, 1000);
    ck_assert_uint_eq(floor_.count, 0);
}
END_TEST

START_TEST(test_ids_of_version_1_take_part)
{
    struct position first = {.major = 7, .id.bytes = {1}}, second = {.major = 7, .id.bytes = {2}};
    floor_reset(&floor_);
    floor_view(&floor_, 10, 10);
    floor_end(&floor_, first, true);
    floor_view(&floor_, 11, 11);
    floor_end(&floor_, second, true);
    ck_assert_mem_eq(&floor_.start, &first, sizeof first);
    floor_view(&floor_, 12, 12);
    floor_end(&floor_, second, true);
    ck_assert_mem_eq(&floor_.start, &second, sizeof second);
}
END_TEST

// A row that a writer has numbered lifts it no further than what the sequence has drawn.
START_TEST(test_it_stays_below_what_was_not_drawn)
{
    floor_reset(&floor_);
    for (uint64_t now = 10; now < 16; now++) {
        floor_view(&floor_, now, now);
        floor_limit(&floor_, 30 + (int64_t)now);
        floor_end(&floor_, at(INT64_MAX), now % 2 == 0);
    }
    ck_assert_int_eq(floor_.start.major, 44); // as of two views before
    floor_limit(&floor_, INT64_MAX);
    floor_view(&floor_, 20, 20);
    floor_end(&floor_, at(INT64_MAX), true);
    ck_assert_int_eq(floor_.start.major, 45);
}
END_TEST

START_TEST(test_it_follows_a_sequence_that_goes_back)
{
    floor_reset(&floor_);
    for (uint64_t now = 10; now < 14; now++)
        window(now, now, 40 + (int64_t)now);
    ck_assert_int_eq(floor_.start.major, 52);
    floor_view(&floor_, 14, 14);
    floor_limit(&floor_, 7);
    ck_assert_int_eq(floor_.start.major, 7);
    ck_assert_uint_eq(floor_.count, 0);
    floor_end(&floor_, at(60), true);
    ck_assert_int_eq(floor_.start.major, 7);
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "floor", test_positions_are_in_the_tables_order, test_it_begins_at_the_bottom,
        test_it_rises_two_views_after_what_was_reached,
        test_a_quiet_database_proves_at_the_next_view, test_a_window_that_failed_proves_nothing,
        test_a_window_that_did_not_get_so_far_lifts_it_to_where_it_got,
        test_lowering_keeps_what_was_proved, test_a_sweep_keeps_what_was_proved,
        test_marks_that_are_full_forget_no_position, test_ids_of_version_1_take_part,
        test_it_stays_below_what_was_not_drawn, test_it_follows_a_sequence_that_goes_back);
}
