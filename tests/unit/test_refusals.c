// SPDX-License-Identifier: Apache-2.0
//
// What Kafka refuses, or leaves unanswered, for the host's, a clock's, a topic's or a broker's sake
// costs no row an attempt, and the log says which it is.
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

static struct fate fates[16]; // by seq; those that are not set are acknowledged

static struct fate
by_seq(const struct message *message)
{
    return fates[message->row.position.major];
}

static const struct fate untimely = {.kind = FATE_FAILED, .fault = FAULT_TOPIC, .by_clock = true};
static const struct fate doubtful = {.kind = FATE_FAILED, .fault = FAULT_MESSAGE, .doubtful = true};

// Rows 1, 2, ... of these topics, a letter each, each its own aggregate, in one batch.
static void
setup(int version, const char *topics)
{
    static const char *const names[] = {"a", "b"};
    static const char *const aggregates[] = {"k", "l", "m", "n", "o", "p"};
    one_setup(version);
    memset(fates, 0, sizeof fates);
    fake_producer.judge = by_seq;
    one.settings.batch_size = 8;
    one.settings.max_retries = 1; // one attempt, and a row is dead
    for (int64_t seq = 1; *topics; seq++, topics++)
        fake_add((struct fake_row){
            .seq = seq, .aggregate = aggregates[seq - 1], .event = names[*topics - 'a']});
}

static void
assert_untouched(int64_t seq)
{
    struct fake_row row = fake_row(seq);
    ck_assert(!row.published && !row.dead);
    ck_assert_int_eq(row.retry_count, 0);
}

// --- a clock

static void
refuse_for_the_time(int64_t ahead_us)
{
    setup(2, "aba");
    fake_store.clock_ahead_us = ahead_us;
    fates[1] = fates[3] = untimely;
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    assert_untouched(1);
    assert_untouched(3);
    ck_assert(fake_row(2).published);
    ck_assert_int_eq(one_logged("topic_blocked"), 1);
}

START_TEST(test_a_clock_ahead_is_named)
{
    refuse_for_the_time(INT64_C(7200500000));
    ck_assert_int_eq(one_logged("this host's clock is 7200.5 s ahead of PostgreSQL's"), 1);
    ck_assert_int_eq(one_logged("message.timestamp.after.max.ms"), 1);
    ck_assert_int_eq(one_logged("message.timestamp.difference.max.ms"), 1);
    one_teardown();
}
END_TEST

START_TEST(test_a_clock_behind_is_named)
{
    refuse_for_the_time(INT64_C(-7200500000));
    ck_assert_int_eq(one_logged("this host's clock is 7200.5 s behind PostgreSQL's"), 1);
    ck_assert_int_eq(one_logged("message.timestamp.before.max.ms"), 1);
    ck_assert_int_eq(one_logged("message.timestamp.difference.max.ms"), 1);
    one_teardown();
}
END_TEST

START_TEST(test_clocks_that_agree_are_not_called_wrong)
{
    refuse_for_the_time(-1999999);
    ck_assert_int_eq(one_logged("this host's clock agrees with PostgreSQL's"), 1);
    ck_assert_int_eq(one_logged("message.timestamp.difference.max.ms"), 1);
    one_teardown();
}
END_TEST

START_TEST(test_a_clock_that_is_not_told_fails_nothing)
{
    setup(2, "a");
    fates[1] = untimely;
    fake_fail(FAKE_CLOCK, 0, 1, "42501");
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    assert_untouched(1);
    ck_assert_int_eq(one_logged("PostgreSQL did not tell its time"), 1);
    ck_assert_int_eq(one_logged("message.timestamp.difference.max.ms"), 1);
    one_teardown();
}
END_TEST

// --- a doubt

START_TEST(test_a_topic_that_refuses_all_costs_no_attempt)
{
    setup(2, "aabb");
    fates[1] = fates[2] = doubtful;
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_str_eq(journal(), "begin s1 s2 s3 s4 m3 m4 f1 f2 commit");
    assert_untouched(1);
    assert_untouched(2);
    ck_assert_int_eq(one_logged("refusal_doubted"), 1);
    ck_assert_int_eq(one_logged("message_dead"), 0);
    ck_assert_int_gt(fake_row(1).next_attempt_ms, 0);
    one_teardown();
}
END_TEST

START_TEST(test_beside_another_row_of_the_topic_it_counts)
{
    setup(2, "aab");
    fates[1] = doubtful;
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert(fake_row(1).dead);
    ck_assert_int_eq(one_logged("refusal_doubted"), 0);
    one_teardown();
}
END_TEST

// The row that waits is tried again; meanwhile the topic took another.
START_TEST(test_it_counts_once_the_topic_took_another)
{
    setup(2, "a");
    fates[1] = doubtful;
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    assert_untouched(1);
    fake_add((struct fake_row){.seq = 2, .aggregate = "z", .event = "a"});
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert(fake_row(2).published);
    fake_store.now_ms += 3600000;
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert(fake_row(1).dead);
    one_teardown();
}
END_TEST

START_TEST(test_version_1_waits_in_memory)
{
    setup(1, "a");
    fates[1] = doubtful;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 commit");
    assert_untouched(1);
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    one_let_holds_pass();
    fates[1] = (struct fate){0};
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_doubted_row_is_not_copied_to_the_dead_topic)
{
    setup(2, "a");
    one.settings.dead_topic = "dead";
    fates[1] = doubtful;
    ck_assert_int_eq(one_window(), WINDOW_SHORT);
    ck_assert_int_eq(fake_sent(1), 1);
    assert_untouched(1);
    one_teardown();
}
END_TEST

// --- silence

START_TEST(test_silence_names_the_broker_that_does_not_answer)
{
    setup(2, "a");
    fates[1].kind = FATE_NEVER;
    one.settings.window_deadline_ms = 50;
    fake_producer.silent_broker = "nowhere:9092";
    one_window();
    assert_untouched(1);
    ck_assert_int_eq(one_logged("NO_ANSWER"), 1);
    ck_assert_int_eq(one_logged("broker 2 does not answer at nowhere:9092, which it advertises "
                                "(advertised.listeners)"),
                     1);
    one_teardown();
}
END_TEST

START_TEST(test_silence_of_brokers_that_answer_names_none)
{
    setup(2, "a");
    fates[1].kind = FATE_NEVER;
    one.settings.window_deadline_ms = 50;
    one_window();
    ck_assert_int_eq(one_logged("NO_ANSWER"), 1);
    ck_assert_int_eq(one_logged("advertised.listeners"), 0);
    one_teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "refusals", test_a_clock_ahead_is_named, test_a_clock_behind_is_named,
        test_clocks_that_agree_are_not_called_wrong, test_a_clock_that_is_not_told_fails_nothing,
        test_a_topic_that_refuses_all_costs_no_attempt,
        test_beside_another_row_of_the_topic_it_counts, test_it_counts_once_the_topic_took_another,
        test_version_1_waits_in_memory, test_a_doubted_row_is_not_copied_to_the_dead_topic,
        test_silence_names_the_broker_that_does_not_answer,
        test_silence_of_brokers_that_answer_names_none);
}
