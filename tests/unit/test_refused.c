// SPDX-License-Identifier: Apache-2.0
//
// Rows that PostgreSQL cannot read, mark, or count an attempt against: whose fault it is, what the
// others notice of it, and when the log says what.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c
// links: tests/support/one_lane.c
#include "tests/support/fake_producer.h"
#include "tests/support/fake_store.h"
#include "tests/support/journal.h"
#include "tests/support/one_lane.h"
#include "tests/support/unit.h"

#include <string.h>

static int64_t refused_by_kafka; // seq
static bool doubtfully;

static struct fate
by_seq(const struct message *message)
{
    if (message->row.position.major != refused_by_kafka)
        return (struct fate){0};
    return (struct fate){.kind = FATE_FAILED, .fault = FAULT_MESSAGE, .doubtful = doubtfully};
}

// Rows 1, 2, ... of these aggregates, a letter each, in batches of up to eight.
static void
setup(const char *aggregates)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    one_setup(2);
    refused_by_kafka = 0;
    doubtfully = false;
    fake_producer.judge = by_seq;
    one.settings.batch_size = 8;
    for (int64_t seq = 1; *aggregates; seq++, aggregates++)
        fake_add((struct fake_row){.seq = seq, .aggregate = names[*aggregates - 'a']});
}

START_TEST(test_an_unreadable_row_fails_alone)
{
    setup("abba");
    fake_find(2)->unreadable = true;
    one_window();
    ck_assert(fake_row(1).published && !fake_row(2).published);
    ck_assert_int_eq(fake_row(2).retry_count, 1);
    ck_assert(!fake_row(3).published); // waits for it
    one_window();
    ck_assert(fake_row(4).published);
    ck_assert_int_eq(one_logged("code=22P05"), 1);
    one_teardown();
}
END_TEST

// Its failure cannot be written either, and it has no aggregate that waits: claims pass it over.
START_TEST(test_an_unreadable_row_in_quarantine_is_passed_over)
{
    setup("");
    fake_add((struct fake_row){.seq = 1, .unreadable = true, .unwritable = true});
    ONE_WINDOW(WINDOW_SHORT, "begin apart claim x1 commit");
    fake_add((struct fake_row){.seq = 2, .aggregate = "b"});
    ONE_WINDOW(WINDOW_SHORT, "begin apart s2 m2 commit");
    one_teardown();
}
END_TEST

START_TEST(test_an_unreadable_row_ends_dead)
{
    setup("ab");
    one.settings.max_retries = one.store_settings.max_retries = 1;
    fake_find(1)->unreadable = true;
    one_window();
    ck_assert(fake_row(1).dead);
    ck_assert_int_eq(one_logged("message_dead"), 1);
    ck_assert_int_eq(one_logged("topic="), 0);
    ck_assert_int_eq(one_logged("retry_ms="), 0);
    one_teardown();
}
END_TEST

// The next windows begin with one row, which is marked before it is sent.
START_TEST(test_a_row_that_is_slow_to_read_fails_alone)
{
    setup("abcd");
    fake_find(2)->slow = true;
    ONE_WINDOW(WINDOW_FULL, "begin apart s1 m1 f2 commit");
    ck_assert_int_eq(one_logged("claim_slow"), 1);
    ck_assert_int_eq(fake_row(2).retry_count, 1);
    ONE_WINDOW(WINDOW_FULL, "begin M3 s3 commit");
    ONE_WINDOW(WINDOW_SHORT, "begin M4 s4 commit");
    ck_assert_int_eq(one_logged("code=57014"), 1);
    one_teardown();
}
END_TEST

// It would take the window's marks with it, and the messages would be sent again.
START_TEST(test_a_later_claim_that_is_slow_ends_the_window)
{
    setup("aaaaaaaab");
    fake_find(9)->slow = true;
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s2 s3 s4 s5 s6 s7 s8 m1 m2 m3 m4 m5 m6 m7 m8 commit");
    ck_assert_int_eq(one.lane.careful, 1);
    ONE_WINDOW(WINDOW_FULL, "begin apart f9 commit");
    one_teardown();
}
END_TEST

// Kafka has the message; the window that tries it next marks first, and counts.
START_TEST(test_a_mark_that_is_refused_waits)
{
    setup("abc");
    fake_find(2)->unmarkable = true;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 m1 x2 m3 f2 commit");
    ck_assert(fake_row(1).published && fake_row(3).published);
    ck_assert_int_eq(fake_row(2).retry_count, 0);
    ck_assert(fake_row(2).next_attempt_ms > fake_store.now_ms);
    ck_assert_int_eq(one_logged("mark_refused"), 1);
    ck_assert_int_eq(one.lane.slot->quarantine.list[0].position.major, 2); // where it is looked for
    ck_assert_uint_eq(one.shared.stats.published, 3);
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 1); // Kafka has it, and gets it again
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 1);
    one_teardown();
}
END_TEST

// What a lone row's refusal means is not known.
START_TEST(test_a_lone_row_is_not_blamed)
{
    setup("a");
    fake_find(1)->unmarkable = true;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 x1 trial commit");
    ck_assert_int_eq(fake_row(1).retry_count, 0);
    one_teardown();
}
END_TEST

START_TEST(test_a_trial_of_another_row_tells)
{
    setup("ab");
    fake_find(1)->unmarkable = true;
    one.settings.batch_size = 1;
    one.lane.careful = 1;
    ONE_WINDOW(WINDOW_FULL, "begin x1 trial f1 commit");
    ck_assert_int_eq(fake_row(1).retry_count, 1);
    ck_assert_uint_eq(fake_producer.sent, 0);
    one_teardown();
}
END_TEST

// It is not sent again before it can be marked.
START_TEST(test_a_row_that_was_sent_is_tried_by_its_mark_first)
{
    setup("ab");
    fake_find(1)->unmarkable = true;
    one_window();
    const size_t sent = fake_producer.sent;
    fake_store.now_ms += 3600000;
    one.lane.slot->quarantine.list[0].until = mono_now();
    one_window(); // not careful: leaves it alone, and asks for one that is
    ck_assert_uint_eq(fake_producer.sent, sent);
    ck_assert_int_eq(one.lane.careful, 1);
    fake_find(1)->unmarkable = false;
    one_window();
    ck_assert(fake_row(1).published);
    ck_assert_uint_eq(fake_producer.sent, sent + 1);
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 0);
    one_teardown();
}
END_TEST

// The windows that follow are careful; this one ends, and does not go on row by row.
START_TEST(test_a_window_ends_when_the_next_is_to_be_careful)
{
    setup("abcdabcd");
    const struct message_id id = fake_id(1);
    one.settings.batch_size = 2;
    quarantine_add(&one.lane.slot->quarantine, &id)->until = mono_now();
    ONE_WINDOW(WINDOW_FULL, "begin claim s2 s3 s4 m2 m3 m4 commit");
    ck_assert_int_eq(one.lane.careful, 1);
    one_teardown();
}
END_TEST

START_TEST(test_a_table_that_refuses_all_blames_nobody)
{
    setup("abcdabcdabcdabcd");
    one.settings.batch_size = 16;
    for (int64_t seq = 1; seq <= 16; seq++)
        fake_find(seq)->unmarkable = true;
    fake_add((struct fake_row){.seq = 17, .aggregate = "e", .unmarkable = true});
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_ptr_nonnull(strstr(one.err.text, "no row can be marked"));
    for (int64_t seq = 1; seq <= 17; seq++)
        ck_assert_int_eq(fake_row(seq).retry_count, 0);
    one_teardown();
}
END_TEST

START_TEST(test_a_failure_that_is_refused_waits_in_memory)
{
    setup("ab");
    refused_by_kafka = 1;
    fake_find(1)->unwritable = true;
    one_window();
    ck_assert(fake_row(2).published);
    ck_assert_int_eq(fake_row(1).retry_count, 0);
    fake_add((struct fake_row){.seq = 3, .aggregate = "a"});
    fake_add((struct fake_row){.seq = 4, .aggregate = "b"});
    one_window();
    ck_assert(!fake_row(3).published && fake_row(4).published); // its aggregate waits
    ck_assert_int_eq(one_logged("failure_unwritten"), 1);
    ck_assert_int_eq(one_logged("message_failed"), 0);
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 0);
    one_teardown();
}
END_TEST

// Nothing was counted against it, so nothing is left to be written.
START_TEST(test_a_wait_that_cannot_be_written_is_no_attempt)
{
    setup("a");
    refused_by_kafka = 1;
    doubtfully = true;
    fake_find(1)->unwritable = true;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 x1 commit");
    ck_assert_int_eq(one.lane.slot->quarantine.list[0].unwritten, 0);
    ck_assert_int_eq(one_logged("failure_unwritten"), 1);
    one_teardown();
}
END_TEST

// It is due in the table, and waits in memory: no window goes back to it.
START_TEST(test_a_held_row_that_is_due_is_no_work)
{
    setup("ab");
    fake_store.now_ms = 5000;
    fake_find(1)->next_attempt_ms = 1000;
    refused_by_kafka = 1;
    fake_find(1)->unwritable = true;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 m2 x1 commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ck_assert_int_gt(one.lane.slot->floor.start.major, 1);
    one_let_holds_pass();
    one.lane.slot->quarantine.list[0].until = mono_now();
    fake_find(1)->unwritable = false;
    one.lane.careful = 1;
    one_window();
    ck_assert_int_eq(fake_row(1).retry_count, 1);
    one_teardown();
}
END_TEST

// The attempts that could not be written count: at last the row is made dead, which may be written.
START_TEST(test_a_row_that_cannot_wait_can_die)
{
    setup("ab");
    refused_by_kafka = 1;
    fake_find(1)->unwritable = true;
    one.settings.max_retries = one.store_settings.max_retries = 3;
    for (int attempt = 1; attempt < 3; attempt++) {
        one_window();
        ck_assert_int_eq(one.lane.slot->quarantine.list[0].unwritten, attempt);
        one.lane.slot->quarantine.list[0].until = mono_now();
        one_let_holds_pass();
        one.lane.careful = 1;
    }
    fake_find(1)->unwritable = false;
    one_window();
    ck_assert(fake_row(1).dead);
    ck_assert_int_eq(one_logged("message_dead"), 1);
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 0);
    one_teardown();
}
END_TEST

// Kafka takes it at last: nothing of it is left in memory.
START_TEST(test_a_row_that_could_not_wait_is_published)
{
    setup("ab");
    refused_by_kafka = 1;
    fake_find(1)->unwritable = true;
    one_window();
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 1);
    one.lane.slot->quarantine.list[0].until = mono_now();
    one_let_holds_pass();
    one.lane.careful = 1;
    refused_by_kafka = 0;
    ONE_WINDOW(WINDOW_FULL, "begin M1 s1 commit");
    ck_assert_uint_eq(one.lane.slot->quarantine.count, 0);
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 0);
    one_teardown();
}
END_TEST

// What the log says is true: a failure is told when it is committed.
START_TEST(test_a_failure_that_was_not_committed_is_not_told)
{
    setup("ab");
    refused_by_kafka = 1;
    one.settings.max_retries = one.store_settings.max_retries = 1;
    fake_fail(FAKE_COMMIT, 0, 1, "08006");
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_int_eq(one_logged("message_dead"), 0);
    store_close(one.lane.store); // which rolls back
    one.lane.store = NULL;
    one_connect();
    one_window();
    ck_assert_int_eq(one_logged("message_dead"), 1);
    one_teardown();
}
END_TEST

// Somebody publishes it by hand, or deletes it. No claim comes upon it any more.
START_TEST(test_a_row_that_is_gone_is_forgotten)
{
    struct error err;
    setup("ab");
    refused_by_kafka = 1;
    fake_find(1)->unwritable = true;
    one_window();
    fake_add((struct fake_row){.seq = 3, .aggregate = "a"});
    ck_assert(lane_forget_gone(&one.lane, &err));
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 1); // it waits, still
    fake_find(1)->published = true;
    one.lane.next_look = mono_now();
    ck_assert(lane_forget_gone(&one.lane, &err));
    ck_assert_int_eq(atomic_load(&one.lane.quarantined), 0);
    one_window();
    ck_assert(fake_row(3).published); // which had waited for it
    one_teardown();
}
END_TEST

START_TEST(test_nothing_is_asked_while_no_row_is_refused)
{
    struct error err;
    setup("a");
    ck_assert(lane_forget_gone(&one.lane, &err));
    ck_assert_int_eq(fake_store.calls[FAKE_KEEP_UNMARKED], 0);
    one_teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "refused", test_an_unreadable_row_fails_alone,
        test_an_unreadable_row_in_quarantine_is_passed_over, test_an_unreadable_row_ends_dead,
        test_a_row_that_is_slow_to_read_fails_alone,
        test_a_later_claim_that_is_slow_ends_the_window, test_a_mark_that_is_refused_waits,
        test_a_lone_row_is_not_blamed, test_a_trial_of_another_row_tells,
        test_a_row_that_was_sent_is_tried_by_its_mark_first,
        test_a_window_ends_when_the_next_is_to_be_careful,
        test_a_table_that_refuses_all_blames_nobody, test_a_failure_that_is_refused_waits_in_memory,
        test_a_wait_that_cannot_be_written_is_no_attempt, test_a_held_row_that_is_due_is_no_work,
        test_a_row_that_cannot_wait_can_die, test_a_row_that_could_not_wait_is_published,
        test_a_failure_that_was_not_committed_is_not_told, test_a_row_that_is_gone_is_forgotten,
        test_nothing_is_asked_while_no_row_is_refused);
}
