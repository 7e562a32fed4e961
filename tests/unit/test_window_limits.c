// SPDX-License-Identifier: Apache-2.0
//
// A window's limits: bytes, a drain's number and rate, room in the producer's queue; and how far a
// window's later claims and its floor may go.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c
// links: tests/support/one_lane.c
#include "outrider/base/text.h"
#include "tests/support/fake_producer.h"
#include "tests/support/fake_store.h"
#include "tests/support/journal.h"
#include "tests/support/one_lane.h"
#include "tests/support/unit.h"

#include <string.h>

static void
row(int64_t seq, const char *aggregate)
{
    fake_add((struct fake_row){.seq = seq, .aggregate = aggregate});
}

// --- bytes

START_TEST(test_the_limit_follows_the_mean_size)
{
    one_setup(2);
    one.settings.batch_size = 1000;
    one.settings.batch_bytes = 10000;
    for (int64_t seq = 1; seq <= 140; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .payload_bytes = 3000});
    ck_assert_int_eq(one_window(), WINDOW_FULL);
    ck_assert_int_eq(fake_store.last_claim.limit, 10000 / 3001 + 1);
    ck_assert(str_starts_with(journal(), "begin claim s1 s2 s3 s4 claim s5 s6 s7 s8 m1 m2 m3 m4"));
    ck_assert_int_eq(one.lane.mean_bytes, 3001);
    fake_store.count = 0;
    fake_add_many(1000, 1100, "a"); // small ones: the mean comes down by and by
    for (int i = 0; i < 10; i++)
        one_window();
    ck_assert_int_lt(one.lane.mean_bytes, 400);
    ck_assert_uint_eq(fake_published(), 101);
    one_teardown();
}
END_TEST

START_TEST(test_a_batch_cut_by_bytes_is_not_the_end)
{
    one_setup(2);
    one.settings.batch_size = 1000;
    one.settings.batch_bytes = 100;
    for (int64_t seq = 1; seq <= 3; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .payload_bytes = 60});
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s3 m1 m2 m3 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_payload_over_the_producers_limit_is_dead_at_once)
{
    one_setup(2);
    fake_producer.max_message_bytes = 5000;
    one.settings.batch_size = 10;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .payload_bytes = 5001});
    row(2, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin s2 m2 f1 commit");
    ck_assert_uint_eq(fake_store.last_claim.max_row_bytes, 5000);
    ck_assert(fake_row(1).dead);
    ck_assert_int_eq(one_logged("message_dead"), 1);
    one_teardown();
}
END_TEST

// --- a drain's limits

static void
limit_messages(uint64_t messages)
{
    one.shared.goal.max_messages = messages;
    atomic_store(&one.shared.messages_left, (int64_t)messages);
}

START_TEST(test_no_more_than_asked_for)
{
    one_setup(2);
    limit_messages(3);
    fake_add_many(1, 9, "a");
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s2 s3 m1 m2 m3 commit");
    ck_assert_int_eq(one.shared.messages_left, 0);
    ONE_WINDOW(WINDOW_EMPTY, "");
    ck_assert_uint_eq(one.shared.stats.published, 3);
    one_teardown();
}
END_TEST

START_TEST(test_what_was_not_published_is_given_back)
{
    one_setup(2);
    limit_messages(5);
    row(1, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    ck_assert_int_eq(one.shared.messages_left, 4);
    row(2, "a");
    fake_fail(FAKE_COMMIT, 0, 1, "08006");
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_int_eq(one.shared.messages_left, 4);
    one_teardown();
}
END_TEST

// Another lane asked for too much and is about to give it back.
START_TEST(test_a_limit_below_zero_is_left_alone)
{
    one_setup(2);
    limit_messages(5);
    atomic_store(&one.shared.messages_left, -3);
    row(1, "a");
    ONE_WINDOW(WINDOW_EMPTY, "");
    ck_assert_int_eq(one.shared.messages_left, -3);
    one_teardown();
}
END_TEST

START_TEST(test_a_rate_makes_small_windows_and_pauses)
{
    one_setup(2);
    one.settings.batch_size = 1000;
    one.shared.goal.rate = 100;
    fake_add_many(1, 50, "a");
    ONE_WINDOW(WINDOW_FULL, "begin s1 s2 s3 s4 s5 s6 m1 m2 m3 m4 m5 m6 commit");
    int wait_ms = mono_ms_until(one.lane.not_before); // six messages take 60 ms
    ck_assert(wait_ms <= 60);
    one.shared.goal.rate = 1;
    ck_assert_int_eq(one_window(), WINDOW_FULL);
    ck_assert_int_ge(mono_ms_until(one.lane.not_before), 500);
    one_teardown();
}
END_TEST

// --- the producer's queue

START_TEST(test_a_full_queue_is_waited_for)
{
    one_setup(2);
    fake_producer.full = 3;
    fake_add_many(1, 2, "a");
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert(str_starts_with(journal(), "begin claim full full full s1 s2"));
    ck_assert_uint_eq(fake_published(), 2);
    one_teardown();
}
END_TEST

START_TEST(test_a_queue_that_stays_full_ends_the_window)
{
    one_setup(2);
    one.settings.window_deadline_ms = 20;
    one.settings.batch_size = 3;
    fake_producer.full = -1;
    row(1, "a");
    row(2, "a");
    row(3, "b");
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_str_eq(one.err.code, "QUEUE_FULL");
    ck_assert_int_eq(one.err.fault, FAULT_CLUSTER);
    ck_assert_int_eq(journal_count("s"), 0);
    ck_assert_int_eq(journal_count("commit"), 1);
    ck_assert_int_eq(fake_row(1).retry_count, 0);
    one_teardown();
}
END_TEST

START_TEST(test_leaving_at_once_does_not_wait_for_the_queue)
{
    one_setup(2);
    fake_producer.full = -1;
    row(1, "a");
    atomic_store(&one.shared.abort, true);
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_int_eq(journal_count("full"), 1);
    one_teardown();
}
END_TEST

// --- how far claims and floor may go

// A transaction with rows on both sides of a batch's end commits between the two claims.
static void
commit_late(enum fake_call call)
{
    if (call != FAKE_CLAIM || fake_store.calls[FAKE_CLAIM] > 0)
        return;
    fake_add((struct fake_row){.seq = 2, .aggregate = "a", .writer = 900});
    fake_add((struct fake_row){.seq = 5, .aggregate = "a", .writer = 900});
    fake_add((struct fake_row){.seq = 6, .aggregate = "b", .writer = 800});
}

START_TEST(test_two_rows_of_a_late_transaction_are_not_parted)
{
    one_setup(2);
    fake_store.xmin = 900;
    row(1, "b");
    row(3, "b");
    row(4, "b");
    fake_store.on_call = commit_late;
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s3 s4 m1 m3 m4 commit");
    fake_store.on_call = NULL;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s2 s5 s6 m2 m5 m6 commit");
    one_teardown();
}
END_TEST

START_TEST(test_rows_older_than_the_window_are_claimed_on_and_on)
{
    one_setup(2);
    fake_store.xmin = 900;
    for (int64_t seq = 1; seq <= 6; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .writer = 899});
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_uint_eq(fake_published(), 6);
    one_teardown();
}
END_TEST

START_TEST(test_the_writers_number_may_have_wrapped)
{
    one_setup(2);
    fake_store.xmin = fake_store.xmax = (UINT64_C(5) << 32) + 10; // of the fifth round
    for (int64_t seq = 1; seq <= 4; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .writer = UINT32_MAX - 5});
    fake_add((struct fake_row){.seq = 5, .aggregate = "a", .writer = 11});
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s2 claim s3 s4 m1 m2 m3 m4 commit");
    one_teardown();
}
END_TEST

START_TEST(test_ordering_none_claims_the_newest_too)
{
    one_setup(2);
    one.store_settings.ordering = ORDERING_NONE;
    store_close(one.lane.store);
    one.lane.store = NULL;
    one_connect();
    fake_store.xmin = 900;
    for (int64_t seq = 1; seq <= 3; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .writer = 900});
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s3 m1 m2 m3 commit");
    one_teardown();
}
END_TEST

// A window that could lock nothing has no transaction id, and so proves nothing by its end.
START_TEST(test_locked_rows_do_not_lift_what_was_reached)
{
    one_setup(2);
    row(1, "a");
    row(2, "b");
    fake_lock_row(2, true);
    ONE_WINDOW(WINDOW_SHORT, "begin around holder claim s1 m1 commit");
    ck_assert_int_eq(one.lane.slot->floor.reached.major, 1);
    fake_lock_row(2, false);
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_SHORT, "begin s2 m2 commit");
    ck_assert_int_eq(one.lane.slot->floor.reached.major, 2);
    one_teardown();
}
END_TEST

START_TEST(test_until_bounds_every_claim)
{
    one_setup(2);
    one.lane.until = 3;
    fake_add_many(1, 5, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s3 m1 m2 m3 commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    one_teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "window_limits", test_the_limit_follows_the_mean_size,
        test_a_batch_cut_by_bytes_is_not_the_end,
        test_a_payload_over_the_producers_limit_is_dead_at_once, test_no_more_than_asked_for,
        test_what_was_not_published_is_given_back, test_a_limit_below_zero_is_left_alone,
        test_a_rate_makes_small_windows_and_pauses, test_a_full_queue_is_waited_for,
        test_a_queue_that_stays_full_ends_the_window,
        test_leaving_at_once_does_not_wait_for_the_queue,
        test_two_rows_of_a_late_transaction_are_not_parted,
        test_rows_older_than_the_window_are_claimed_on_and_on,
        test_the_writers_number_may_have_wrapped, test_ordering_none_claims_the_newest_too,
        test_locked_rows_do_not_lift_what_was_reached, test_until_bounds_every_claim);
}
