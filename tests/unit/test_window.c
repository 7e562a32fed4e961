// SPDX-License-Identifier: Apache-2.0
//
// A window, from BEGIN to COMMIT: what is claimed, what is sent and in which order, and where the
// next one begins. What becomes of outcomes is in tests/unit/test_settle.c.
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

START_TEST(test_an_empty_table)
{
    one_setup(2);
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ck_assert_uint_eq(one.shared.stats.windows, 1);
    one_teardown();
}
END_TEST

// While batch n is handed to Kafka, batch n - 2 is marked and batch n + 1 claimed, in one step.
START_TEST(test_marks_travel_with_the_next_claim)
{
    one_setup(2);
    fake_add_many(1, 9, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 claim s3 s4 m1 m2 claim s5 s6 m3 m4 claim s7 s8 "
                             "s9 m5 m6 m7 m8 m9 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_mark_that_fails_beside_a_claim_fails_the_window)
{
    one_setup(2);
    fake_add_many(1, 9, "a");
    fake_fail(FAKE_MARK, 0, 1, "42501");
    ONE_WINDOW(WINDOW_FAILED, "begin claim s1 s2 claim s3 s4 s5 s6 end");
    ck_assert_str_eq(one.err.code, "42501");
    ck_assert_uint_eq(fake_published(), 0);
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 6);
    one_teardown();
}
END_TEST

START_TEST(test_publishing_overlaps_settling)
{
    one_setup(2);
    fake_add_many(1, 5, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 claim s3 s4 s5 m1 m2 m3 m4 m5 commit");
    ck_assert_uint_eq(fake_published(), 5);
    ck_assert_uint_eq(one.shared.stats.published, 5);
    ck_assert_uint_eq(one.shared.stats.claimed, 5);
    ck_assert_uint_eq(one.shared.stats.batches, 3);
    ck_assert_uint_eq(one.shared.stats.published_bytes, 10);
    ck_assert_uint_eq(one.shared.stats.delivery.count, 5);
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    one_teardown();
}
END_TEST

static void
grow_old(enum fake_call call)
{
    if (call == FAKE_CLAIM && fake_store.calls[FAKE_CLAIM] > 0)
        mono_sleep_ms(1001);
}

// Each wait for Kafka ends with a statement: the transaction is never idle for two of them.
START_TEST(test_an_old_window_marks_before_it_waits_again)
{
    one_setup(2);
    fake_add_many(1, 9, "a");
    fake_store.on_call = grow_old;
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s2 claim s3 s4 m1 m2 s5 s6 m3 m4 m5 m6 commit");
    one_teardown();
}
END_TEST

// What is committed is counted by topic, and each batch has its times.
START_TEST(test_topics_and_times_are_counted)
{
    static const char *const topics[] = {"orders", "orders", "refunds", "orders", "refunds"};
    const struct stats *stats = &one.shared.stats;
    one_setup(2);
    for (int64_t seq = 1; seq <= 5; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .event = topics[seq - 1]});
    fake_fail(FAKE_COMMIT, 0, 1, "08006");
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_uint_eq(stats->topics[topic_index("orders")], 0);
    one_teardown();

    one_setup(2);
    for (int64_t seq = 1; seq <= 5; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .event = topics[seq - 1]});
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_uint_eq(stats->topics[topic_index("orders")], 3);
    ck_assert_uint_eq(stats->topics[topic_index("refunds")], 2);
    ck_assert_uint_eq(stats->claim.count, 3);
    ck_assert_uint_eq(stats->publish.count, 3);
    ck_assert_uint_eq(stats->settle.count, 3);
    ck_assert_int_eq(one_window(), WINDOW_EMPTY);
    ck_assert_uint_eq(stats->claim.count, 3);
    one_teardown();
}
END_TEST

START_TEST(test_a_window_ends_after_so_many_batches)
{
    one_setup(2);
    fake_add_many(1, 68, "a");
    ck_assert_int_eq(one_window(), WINDOW_FULL);
    ck_assert_uint_eq(fake_published(), 64);
    ck_assert_int_eq(fake_store.calls[FAKE_BEGIN] + fake_store.calls[FAKE_CLAIM], 32);
    ck_assert_int_eq(fake_store.calls[FAKE_COMMIT], 1);
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_uint_eq(fake_published(), 68);
    one_teardown();
}
END_TEST

static void
stop_at_claim(enum fake_call call)
{
    if (call == FAKE_CLAIM)
        atomic_store(&one.shared.stop, true);
}

START_TEST(test_a_stop_finishes_the_batch_in_hand)
{
    one_setup(2);
    fake_add_many(1, 20, "a");
    fake_store.on_call = stop_at_claim;
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s2 s3 s4 m1 m2 m3 m4 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_failed_commit_counts_nothing)
{
    one_setup(2);
    fake_add_many(1, 2, "a");
    fake_fail(FAKE_COMMIT, 0, 1, "08006");
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_str_eq(one.err.code, "08006");
    ck_assert(str_starts_with(one.err.text, "committing: "));
    ck_assert_uint_eq(one.shared.stats.published, 0);
    ck_assert_uint_eq(one.shared.stats.batches, 0);
    ck_assert_uint_eq(one.shared.stats.windows, 0);
    ck_assert_int_eq(one.lane.slot->floor.reached.major, INT64_MIN);
    store_close(one.lane.store); // which rolls back
    one.lane.store = NULL;
    one_connect();
    ck_assert_uint_eq(fake_published(), 0);
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_int_eq(fake_sent(1), 2);
    ck_assert_uint_eq(one.shared.stats.published, 2);
    one_teardown();
}
END_TEST

// An error between two batches: what is at Kafka is given up before its memory is.
START_TEST(test_a_failed_claim_frees_nothing_that_is_lent)
{
    one_setup(2);
    fake_add_many(1, 4, "a");
    fake_fail(FAKE_CLAIM, 0, 1, "57014");
    ONE_WINDOW(WINDOW_FAILED, "begin claim s1 s2 end");
    ck_assert_ptr_null(one.lane.producer);
    ck_assert_uint_eq(fake_published(), 0);
    one_teardown();
}
END_TEST

// --- who may work

START_TEST(test_a_standby_claims_nothing)
{
    one_setup(2);
    row(1, "a");
    fake_store.slots_taken = 1;
    ONE_WINDOW(WINDOW_STANDBY, "begin rollback");
    fake_store.slots_taken = 0;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_changed_version_ends_the_window_before_it_claims)
{
    one_setup(1);
    row(1, "a");
    fake_store.version = 2;
    ONE_WINDOW(WINDOW_CHANGED, "begin rollback");
    fake_fail(FAKE_ROLLBACK, 0, 1, "08006");
    ONE_WINDOW(WINDOW_FAILED, "begin rollback");
    one_teardown();
}
END_TEST

// --- locked rows

START_TEST(test_a_locked_row_holds_back_only_its_followers)
{
    one_setup(2);
    one.settings.batch_size = 10;
    row(1, "a");
    row(2, "a");
    row(3, "a");
    row(4, "b");
    fake_lock_row(2, true);
    ONE_WINDOW(WINDOW_SHORT, "begin around holder s1 s4 m1 m4 commit");
    ck_assert(fake_published() == 2 && !fake_row(2).published && !fake_row(3).published);
    row(5, "a");
    row(6, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin s6 m6 commit"); // a is passed over: no dear claim for it
    fake_lock_row(2, false);
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_SHORT, "begin s2 s3 s5 m2 m3 m5 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_holder_is_named_once)
{
    one_setup(2);
    row(1, "a");
    fake_lock_row(1, true);
    for (int i = 0; i < 3; i++) {
        ONE_WINDOW(WINDOW_EMPTY, "begin around holder commit");
        one_let_holds_pass();
    }
    ck_assert_int_eq(one_logged("rows_locked"), 1);
    ck_assert_int_eq(one_logged("holder_pid=4711"), 1);
    fake_lock_row(1, false);
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    row(2, "a");
    fake_lock_row(2, true); // a new story
    ONE_WINDOW(WINDOW_EMPTY, "begin around holder commit");
    ck_assert_int_eq(one_logged("rows_locked"), 2);
    one_teardown();
}
END_TEST

static void
release_first(enum fake_call call)
{
    if (call == FAKE_HOLDER)
        fake_lock_row(1, false);
}

START_TEST(test_a_holder_that_is_gone_is_not_named)
{
    one_setup(2);
    row(1, "a");
    fake_lock_row(1, true);
    fake_store.on_call = release_first;
    ONE_WINDOW(WINDOW_EMPTY, "begin around holder commit");
    ck_assert_int_eq(one_logged("rows_locked"), 0);
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    one_teardown();
}
END_TEST

// It has no pid, and its name is what ends it.
START_TEST(test_a_prepared_transaction_is_named_once)
{
    one_setup(2);
    row(1, "a");
    fake_lock_row(1, true);
    fake_store.holder_gid = "booking 17";
    for (int i = 0; i < 3; i++) {
        ONE_WINDOW(WINDOW_EMPTY, "begin around holder commit");
        one_let_holds_pass();
    }
    ck_assert_int_eq(one_logged("rows_locked"), 1);
    ck_assert_int_eq(one_logged("prepared_transaction=\"booking 17\""), 1);
    fake_store.holder_gid = "booking 18"; // another one
    ONE_WINDOW(WINDOW_EMPTY, "begin around holder commit");
    ck_assert_int_eq(one_logged("rows_locked"), 2);
    one_teardown();
}
END_TEST

START_TEST(test_a_lock_met_later_in_the_window_spares_what_was_published)
{
    one_setup(2);
    fake_add_many(1, 2, "a");
    row(3, "a");
    row(4, "b");
    fake_lock_row(3, true);
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 around holder claim s4 m1 m2 m4 commit");
    ck_assert_uint_eq(fake_published(), 3);
    one_teardown();
}
END_TEST

static void
commit_late(enum fake_call call)
{
    static const struct fake_row rows[] = {{.seq = 2, .aggregate = "a", .writer = 1000},
                                           {.seq = 3, .aggregate = "a", .writer = 1000},
                                           {.seq = 5, .aggregate = "a", .writer = 1001}};
    if (call != FAKE_CLAIM)
        return;
    fake_store.on_call = NULL;
    fake_commit(rows, 3, 1002, 1002);
    fake_lock_row(5, true);
}

// Rows of a transaction that ends inside a window can lie behind its claims, and a later row of
// their aggregate in front of them. When that one is locked, the hold must not begin there: the
// floor would pass the first ones meanwhile.
START_TEST(test_a_locked_row_that_is_newer_than_the_window_leaves_none_behind)
{
    one_setup(2);
    row(1, "b");
    row(4, "b");
    fake_store.on_call = commit_late;
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s4 around m1 m4 commit");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s2 s3 around holder m2 m3 commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    fake_lock_row(5, false);
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_SHORT, "begin s5 m5 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_locked_row_without_aggregate_holds_nobody)
{
    one_setup(2);
    one.settings.batch_size = 3;
    row(1, NULL);
    row(2, NULL);
    row(3, "");
    fake_lock_row(1, true);
    ONE_WINDOW(WINDOW_SHORT, "begin around holder claim s2 s3 m2 m3 commit");
    ck_assert(!fake_row(1).published);
    one_teardown();
}
END_TEST

START_TEST(test_locked_rows_alone_are_no_work)
{
    one_setup(2);
    row(1, NULL);
    fake_lock_row(1, true);
    ONE_WINDOW(WINDOW_EMPTY, "begin around holder commit");
    one_teardown();
}
END_TEST

START_TEST(test_ordering_none_skips_locked_rows)
{
    one_setup(2);
    one.store_settings.ordering = ORDERING_NONE;
    store_close(one.lane.store);
    one.lane.store = NULL;
    one_connect();
    row(1, "a");
    row(2, "a");
    fake_lock_row(1, true);
    ONE_WINDOW(WINDOW_SHORT, "begin s2 m2 commit");
    ck_assert_uint_eq(one.lane.slot->holds.count, 0);
    one_teardown();
}
END_TEST

// --- rows that wait for their next attempt

START_TEST(test_waiting_rows_make_it_claim_again)
{
    one_setup(2);
    fake_store.now_ms = 1000;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .next_attempt_ms = 5000});
    row(2, "a");
    row(3, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s3 m3 commit");
    ck_assert(fake_store.last_claim.waiting);
    row(4, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin s4 m4 commit"); // it is known now
    fake_store.now_ms = 5000;
    ONE_WINDOW(WINDOW_SHORT, "begin claim claim s1 s2 m1 m2 commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin claim commit");
    ck_assert(!one.lane.slot->waiting);
    one_teardown();
}
END_TEST

// The floor passed the followers of a row that waited. Another relay has published that row since:
// its followers go before anything that came later.
START_TEST(test_another_relay_frees_followers)
{
    one_setup(2);
    fake_store.now_ms = 1000;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .next_attempt_ms = 5000});
    row(2, "a");
    row(3, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s3 m3 commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ck_assert_int_ge(one.lane.slot->floor.start.major, 2);
    fake_find(1)->published = true;
    row(4, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin claim claim s2 s4 m2 m4 commit");
    one_teardown();
}
END_TEST

// Lifts the floor to the end of the table.
static void
lift(void)
{
    for (int i = 0; i < 3; i++)
        one_window();
    ck_assert_int_eq(one.lane.slot->floor.start.major, one.lane.slot->floor.reached.major);
}

START_TEST(test_a_due_row_below_the_floor_lowers_it)
{
    one_setup(2);
    fake_store.now_ms = 1000;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .next_attempt_ms = 5000});
    row(2, "a");
    fake_add_many(3, 9, "b");
    lift();
    ck_assert_int_eq(one.lane.slot->floor.start.major, 9);
    fake_store.now_ms = 5000;
    ONE_WINDOW(WINDOW_SHORT, "begin claim claim s1 s2 m1 m2 commit");
    lift();
    one_teardown();
}
END_TEST

START_TEST(test_more_followers_than_a_window_holds_are_not_left_below_the_floor)
{
    one_setup(2);
    fake_store.now_ms = 1000;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .next_attempt_ms = 5000});
    fake_add_many(2, 70, "a");
    fake_add_many(71, 75, "b");
    lift();
    fake_store.now_ms = 5000;
    ck_assert_int_eq(one_window(), WINDOW_FULL);
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_uint_eq(fake_published(), 75);
    one_teardown();
}
END_TEST

// The due head is with Kafka and not marked yet when the window claims again: its followers are not
// passed over for it, for nobody would look below the floor for them.
START_TEST(test_the_followers_of_a_due_row_come_in_the_same_window)
{
    one_setup(2);
    fake_store.now_ms = 1000;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .next_attempt_ms = 5000});
    fake_add_many(2, 5, "a");
    fake_add_many(6, 9, "b");
    lift();
    fake_store.now_ms = 5000;
    ONE_WINDOW(WINDOW_SHORT, "begin claim claim s1 s2 claim s3 s4 s5 m1 m2 m3 m4 m5 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_lock_and_a_waiting_row_at_once)
{
    one_setup(2);
    fake_store.now_ms = 1000;
    one.settings.batch_size = 10;
    row(1, "a");
    row(2, "a");
    fake_add((struct fake_row){.seq = 3, .aggregate = "b", .next_attempt_ms = 5000});
    row(4, "b");
    row(5, "c");
    fake_lock_row(1, true);
    ONE_WINDOW(WINDOW_SHORT, "begin around holder s5 m5 commit");
    one_teardown();
}
END_TEST

// --- faults found before sending

static struct fate
refuse_2(const struct message *message)
{
    if (message->row.position.major != 2)
        return (struct fate){0};
    return (struct fate){.kind = FATE_REFUSED, .fault = FAULT_MESSAGE};
}

START_TEST(test_followers_of_a_failed_row_wait_in_this_batch_and_the_next)
{
    one_setup(2);
    fake_producer.judge = refuse_2;
    one.settings.batch_size = 4;
    row(1, "a");
    row(2, "a");
    row(3, "a");
    row(4, "b");
    row(5, "a");
    row(6, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s4 s6 m1 m4 f2 m6 commit");
    ck_assert_int_eq(fake_row(2).retry_count, 1);
    ck_assert_int_eq(fake_row(3).retry_count, 0);
    ck_assert_uint_eq(one.lane.slot->holds.count, 0); // the table knows
    ck_assert(one.lane.slot->waiting);
    ck_assert_int_lt(one.lane.slot->floor.start.major, 2);
    fake_producer.judge = NULL;
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    fake_store.now_ms += 1000;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s2 s3 s5 m2 m3 m5 commit");
    one_teardown();
}
END_TEST

static struct fate
refuse_2_for_ever(const struct message *message)
{
    struct fate fate = refuse_2(message);
    fate.permanent = true;
    return fate;
}

START_TEST(test_a_dead_row_holds_nobody)
{
    one_setup(2);
    fake_producer.judge = refuse_2_for_ever;
    one.settings.batch_size = 4;
    fake_add_many(1, 3, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 m1 m3 f2 commit");
    ck_assert(fake_row(2).dead);
    ck_assert_uint_eq(one.shared.stats.dead, 1);
    ck_assert_uint_eq(one.shared.stats.order_breaks, 0);
    one_teardown();
}
END_TEST

// Used up by another hand, or under another max_retries.
START_TEST(test_an_exhausted_row_is_made_dead_unsent)
{
    one_setup(2);
    one.settings.batch_size = 4;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .retry_count = 3});
    row(2, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin s2 m2 f1 commit");
    ck_assert(fake_row(1).dead);
    ck_assert_int_eq(fake_row(1).retry_count, 3);
    one_teardown();
}
END_TEST

START_TEST(test_the_last_attempt_lets_its_followers_go_in_the_next_window)
{
    one_setup(2);
    fake_producer.judge = refuse_2;
    one.settings.batch_size = 4;
    row(1, "a");
    fake_add((struct fake_row){.seq = 2, .aggregate = "a", .retry_count = 2});
    row(3, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m1 f2 commit");
    ck_assert(fake_row(2).dead);
    ONE_WINDOW(WINDOW_SHORT, "begin s3 m3 commit");
    one_teardown();
}
END_TEST

START_TEST(test_what_waited_for_a_dead_row_is_not_left_below_the_floor)
{
    one_setup(2);
    fake_producer.judge = refuse_2;
    fake_store.now_ms = 1000;
    fake_add(
        (struct fake_row){.seq = 2, .aggregate = "a", .retry_count = 2, .next_attempt_ms = 5000});
    row(3, "a");
    fake_add_many(4, 9, "b");
    lift();
    fake_store.now_ms = 5000;
    ONE_WINDOW(WINDOW_SHORT, "begin claim claim s2 f2 commit");
    ONE_WINDOW(WINDOW_SHORT, "begin s3 m3 commit");
    one_teardown();
}
END_TEST

START_TEST(test_ordering_none_holds_nobody)
{
    one_setup(2);
    one.store_settings.ordering = ORDERING_NONE;
    fake_producer.judge = refuse_2;
    one.settings.batch_size = 4;
    fake_add_many(1, 3, "a");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 m1 m3 f2 commit");
    one_teardown();
}
END_TEST

START_TEST(test_version_1_remembers_who_waits)
{
    one_setup(1);
    fake_producer.judge = refuse_2;
    one.settings.batch_size = 4;
    fake_add_many(1, 3, "a");
    row(4, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s4 m1 m4 f2 commit");
    ck_assert_uint_eq(one.lane.slot->holds.count, 1);
    ck_assert_int_ge(mono_ms_until(one.lane.slot->holds.list[0].until), 1);
    row(5, "a");
    row(6, "b");
    ONE_WINDOW(WINDOW_SHORT, "begin s6 m6 commit");
    fake_producer.judge = NULL;
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_SHORT, "begin s2 s3 s5 m2 m3 m5 commit");
    one_teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "window", test_an_empty_table, test_publishing_overlaps_settling,
        test_an_old_window_marks_before_it_waits_again, test_marks_travel_with_the_next_claim,
        test_a_mark_that_fails_beside_a_claim_fails_the_window, test_topics_and_times_are_counted,
        test_a_window_ends_after_so_many_batches, test_a_stop_finishes_the_batch_in_hand,
        test_a_failed_commit_counts_nothing, test_a_failed_claim_frees_nothing_that_is_lent,
        test_a_standby_claims_nothing, test_a_changed_version_ends_the_window_before_it_claims,
        test_a_locked_row_holds_back_only_its_followers, test_a_holder_is_named_once,
        test_a_holder_that_is_gone_is_not_named, test_a_prepared_transaction_is_named_once,
        test_a_lock_met_later_in_the_window_spares_what_was_published,
        test_a_locked_row_that_is_newer_than_the_window_leaves_none_behind,
        test_a_locked_row_without_aggregate_holds_nobody, test_locked_rows_alone_are_no_work,
        test_ordering_none_skips_locked_rows, test_waiting_rows_make_it_claim_again,
        test_another_relay_frees_followers,
        test_more_followers_than_a_window_holds_are_not_left_below_the_floor,
        test_the_followers_of_a_due_row_come_in_the_same_window,
        test_a_due_row_below_the_floor_lowers_it, test_a_lock_and_a_waiting_row_at_once,
        test_followers_of_a_failed_row_wait_in_this_batch_and_the_next,
        test_a_dead_row_holds_nobody, test_an_exhausted_row_is_made_dead_unsent,
        test_the_last_attempt_lets_its_followers_go_in_the_next_window,
        test_what_waited_for_a_dead_row_is_not_left_below_the_floor,
        test_ordering_none_holds_nobody, test_version_1_remembers_who_waits);
}
