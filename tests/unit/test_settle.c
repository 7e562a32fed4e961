// SPDX-License-Identifier: Apache-2.0
//
// From outcomes to the table: what is marked, what is blamed, what goes again, and that no memory
// is freed while Kafka may look at it.
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

#include <stdio.h>
#include <string.h>

static struct fate fates[16]; // by seq; those that are not set are acknowledged
static int sendings[16];      // by seq

static struct fate
by_seq(const struct message *message)
{
    return fates[message->row.position.major];
}

static const struct fate cluster = {.kind = FATE_FAILED, .fault = FAULT_CLUSTER};
static const struct fate topic = {.kind = FATE_FAILED, .fault = FAULT_TOPIC};
static const struct fate blamed = {.kind = FATE_FAILED, .fault = FAULT_MESSAGE};
static const struct fate never = {.kind = FATE_NEVER};
static const struct fate late = {.polls = 5};

// Rows 1, 2, … of these aggregates, a letter each, in one batch.
static void
setup(int version, const char *aggregates)
{
    static const char *const names[] = {"a", "b", "c"};
    one_setup(version);
    memset(fates, 0, sizeof fates);
    memset(sendings, 0, sizeof sendings);
    fake_producer.judge = by_seq;
    one.settings.batch_size = 8;
    for (int64_t seq = 1; *aggregates; seq++, aggregates++)
        fake_add((struct fake_row){.seq = seq, .aggregate = names[*aggregates - 'a']});
}

static void
assert_untouched(int64_t seq)
{
    struct fake_row row = fake_row(seq);
    ck_assert(!row.published && !row.dead);
    ck_assert_int_eq(row.retry_count, 0);
}

// --- acknowledged

START_TEST(test_late_reports_are_waited_for)
{
    setup(2, "aabb");
    fates[1] = fates[3] = late;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 s4 m1 m2 m3 m4 commit");
    one_teardown();
}
END_TEST

// Neither would be true: an infinite latency, nor none.
START_TEST(test_infinite_times_are_no_latency)
{
    setup(2, "a");
    fake_add((struct fake_row){.seq = 2, .aggregate = "b", .created_at_us = UTC_INFINITY});
    fake_add((struct fake_row){.seq = 3, .aggregate = "c", .created_at_us = UTC_MINUS_INFINITY});
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 m1 m2 m3 commit");
    ck_assert_uint_eq(one.shared.stats.delivery.count, 1);
    one_teardown();
}
END_TEST

// --- somebody else's fault

START_TEST(test_only_the_acknowledged_prefix_of_an_aggregate_is_marked)
{
    setup(2, "aaabb");
    fates[2] = cluster;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 s3 s4 s5 m1 m4 m5 commit");
    ck_assert_uint_eq(fake_published(), 3);
    assert_untouched(2);
    assert_untouched(3);
    ck_assert_int_eq(one.err.fault, FAULT_CLUSTER);
    ck_assert_str_eq(one.err.code, "SCRIPTED");
    ck_assert_ptr_nonnull(strstr(one.err.text, "topic event"));
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 1); // row 3
    ck_assert_uint_eq(one.shared.stats.order_breaks, 1);        // it overtook row 2
    ck_assert_uint_eq(one.shared.stats.published, 3);
    ck_assert_uint_eq(one.shared.stats.errors[FAULT_MESSAGE], 0);
    memset(fates, 0, sizeof fates);
    ONE_WINDOW(WINDOW_SHORT, "begin s2 s3 m2 m3 commit");
    one_teardown();
}
END_TEST

// What may have been written may have been written in order.
START_TEST(test_an_unknown_end_is_no_broken_order)
{
    setup(2, "aa");
    fates[1] = cluster;
    fates[1].possibly_persisted = true;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 commit");
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 2);
    ck_assert_uint_eq(one.shared.stats.order_breaks, 0);
    one_teardown();
}
END_TEST

START_TEST(test_the_prefix_spans_batches)
{
    setup(2, "abab");
    one.settings.batch_size = 2;
    fates[1] = cluster;
    ONE_WINDOW(WINDOW_FAILED, "begin claim s1 s2 claim s3 s4 m2 m4 commit");
    assert_untouched(1);
    assert_untouched(3);
    one_teardown();
}
END_TEST

START_TEST(test_without_order_all_that_was_acknowledged_is_marked)
{
    setup(2, "aaa");
    one.store_settings.ordering = ORDERING_NONE;
    fates[1] = cluster;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 s3 m2 m3 commit");
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 0);
    one_teardown();
}
END_TEST

START_TEST(test_a_fault_of_the_cluster_ends_the_window)
{
    setup(2, "aabb");
    one.settings.batch_size = 1;
    fates[1] = cluster;
    ONE_WINDOW(WINDOW_FAILED, "begin claim s1 claim s2 commit");
    ck_assert_int_eq(one.err.fault, FAULT_CLUSTER);
    ck_assert_int_eq(one.lane.slot->floor.reached.major, INT64_MIN);
    one_teardown();
}
END_TEST

START_TEST(test_an_unlisted_code_is_named_once_and_counted)
{
    setup(2, "abc");
    fates[1] = fates[2] = cluster;
    fates[1].unlisted = fates[2].unlisted = true;
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_uint_eq(one.shared.stats.unlisted, 2);
    ck_assert_int_eq(one_logged("kafka_code_unlisted"), 1);
    assert_untouched(1);
    one_teardown();
}
END_TEST

// --- a topic's fault

// Rows of these topics, a letter each, all of one aggregate.
static void
setup_topics(const char *topics)
{
    static const char *const names[] = {"t", "u", "v"};
    setup(2, "");
    for (int64_t seq = 1; *topics; seq++, topics++)
        fake_add((struct fake_row){.seq = seq, .aggregate = "a", .event = names[*topics - 't']});
}

// The window goes on; the same aggregate's rows of other topics are marked, later ones of that
// topic go again behind the first, and are not claimed until it is released.
START_TEST(test_a_topic_stops_only_its_own_rows)
{
    setup_topics("tutuut");
    one.settings.batch_size = 3;
    fates[1] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s3 claim s4 s5 s6 m2 m4 m5 commit");
    assert_untouched(1);
    assert_untouched(3);
    assert_untouched(6);
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 2); // rows 3 and 6
    ck_assert_uint_eq(one.shared.stats.order_breaks, 2);
    ck_assert_uint_eq(one.shared.stats.errors[FAULT_TOPIC], 1);
    ck_assert_int_eq(one_logged("event=topic_blocked"), 1);
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    fake_add((struct fake_row){.seq = 7, .aggregate = "a", .event = "u"});
    fake_add((struct fake_row){.seq = 8, .aggregate = "a", .event = "t"});
    ONE_WINDOW(WINDOW_SHORT, "begin s7 m7 commit");
    one_teardown();
}
END_TEST

static void
half_open(const char *name)
{
    struct breaker *breaker = breakers_find(&one.lane.slot->breakers, name);
    ck_assert_ptr_nonnull(breaker);
    ck_assert(breakers_try(&one.lane.slot->breakers, breaker, 1, mono_add_ms(mono_now(), 100)));
    slot_lower(one.lane.slot, breaker->since);
}

// One row tries the topic; when it arrives, all go, in order.
START_TEST(test_a_row_tries_its_topic)
{
    setup_topics("ttut");
    fates[1] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 s4 m3 commit");
    half_open("t");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 commit");
    ck_assert_uint_eq(one.shared.blocked[topic_index("t")], 0); // it does not work yet
    lane_show_part(&one.lane, PART_ACTIVE);
    ck_assert_int_eq(breakers_find(&one.lane.slot->breakers, "t")->state, BREAKER_OPEN);
    ck_assert_uint_eq(one.shared.blocked[topic_index("t")], 1);
    ck_assert_uint_eq(one.shared.blocked[topic_index("u")], 0);
    fates[1] = (struct fate){0};
    half_open("t");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    ck_assert_ptr_null(breakers_find(&one.lane.slot->breakers, "t"));
    ck_assert_uint_eq(one.shared.blocked[topic_index("t")], 0);
    ck_assert_int_eq(one_logged("event=topic_blocked"), 1);
    ck_assert_int_eq(one_logged("event=topic_released"), 1);
    ONE_WINDOW(WINDOW_SHORT, "begin s2 s4 m2 m4 commit");
    one_teardown();
}
END_TEST

// What is shown is why a topic is blocked that still is.
START_TEST(test_a_released_topic_is_not_shown)
{
    struct lane_trouble shown;

    setup_topics("tu");
    lane_show_part(&one.lane, PART_ACTIVE);
    fates[1] = fates[2] = topic;
    one_window();
    ck_assert(trouble_read(&one.lane.block, &shown));
    ck_assert(str_starts_with(shown.error.text, "topic u: "));
    half_open("u");
    fates[2] = (struct fate){0};
    ONE_WINDOW(WINDOW_SHORT, "begin s2 m2 commit");
    ck_assert(atomic_load(&one.lane.blocks));
    ck_assert(trouble_read(&one.lane.block, &shown));
    ck_assert_str_eq(shown.event, "topic_blocked");
    ck_assert(str_starts_with(shown.error.text, "topic t: "));
    one_teardown();
}
END_TEST

// Row 1 was locked, and the floor passed it; its lock ends while its topic is blocked. It goes
// before its followers all the same.
START_TEST(test_a_blocked_topic_remembers_what_came_free_below)
{
    setup_topics("tt");
    fake_lock_row(1, true);
    ONE_WINDOW(WINDOW_SHORT, "begin around holder commit");
    fake_lock_row(1, false);
    for (int64_t seq = 4; seq < 8; seq++) // the floor rises
        fake_add((struct fake_row){.seq = seq, .aggregate = "b", .event = "u"});
    ONE_WINDOW(WINDOW_SHORT, "begin s4 s5 s6 s7 m4 m5 m6 m7 commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    ck_assert_int_gt(one.lane.slot->floor.start.major, 2);
    fates[8] = topic;
    fake_add((struct fake_row){.seq = 8, .aggregate = "c", .event = "t"});
    ONE_WINDOW(WINDOW_SHORT, "begin s8 commit");
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    fates[8] = (struct fate){0};
    half_open("t");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 m1 commit");
    ONE_WINDOW(WINDOW_SHORT, "begin s2 s8 m2 m8 commit");
    one_teardown();
}
END_TEST

// Row 2 is locked when row 1, of its aggregate, is refused by its topic. The hold for the lock
// lasts longer than the breaker, and must not let the floor pass row 1.
START_TEST(test_a_hold_outlasts_a_breaker)
{
    setup_topics("tt");
    fake_lock_row(2, true);
    fates[1] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin around holder s1 commit");
    fake_lock_row(2, false);
    fake_add((struct fake_row){.seq = 3, .aggregate = "b", .event = "t"});
    fates[1] = (struct fate){0};
    half_open("t");
    ONE_WINDOW(WINDOW_SHORT, "begin s3 m3 commit");
    for (int i = 0; i < 3; i++)
        ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    one_let_holds_pass();
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m1 m2 commit");
    one_teardown();
}
END_TEST

// A broker that judges the message has accepted the topic.
START_TEST(test_a_blamed_row_releases_its_topic)
{
    setup_topics("tt");
    fates[1] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 commit");
    half_open("t");
    fates[1] = blamed;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 f1 commit");
    ck_assert_ptr_null(breakers_find(&one.lane.slot->breakers, "t"));
    ck_assert_int_eq(fake_row(1).retry_count, 1);
    one_teardown();
}
END_TEST

START_TEST(test_a_refused_topic_holds_its_rows_at_once)
{
    setup_topics("tut");
    fates[1] = topic;
    fates[1].kind = FATE_REFUSED;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m2 commit");
    ck_assert_int_eq(fake_sent(3), 0);
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 0);
    one_teardown();
}
END_TEST

// Each topic that may refuse all is named, with its own number of rows.
START_TEST(test_doubted_topics_are_named_each)
{
    setup_topics("tutv");
    for (int seq = 1; seq <= 3; seq++) {
        fates[seq] = blamed;
        fates[seq].doubtful = true;
    }
    one_window();
    ck_assert_int_eq(one_logged("event=refusal_doubted"), 2);
    ck_assert_int_eq(one_logged("event=refusal_doubted lane=0 messages=2 topic=t"), 1);
    ck_assert_int_eq(one_logged("event=refusal_doubted lane=0 messages=1 topic=u"), 1);
    one_teardown();
}
END_TEST

// --- said of a whole batch

static const struct fate refused_batch = {
    .kind = FATE_FAILED, .fault = FAULT_MESSAGE, .of_batch = true};

static int culprit;
static int
sendings_before(const struct message *message)
{
    return sendings[message->row.position.major]++;
}

// A batch that holds the culprit is refused as a whole; alone only the culprit is.
static struct fate
refuse_with_company(const struct message *message)
{
    bool alone = sendings_before(message) > 0;
    bool guilty = message->row.position.major == culprit;
    return alone && !guilty ? (struct fate){0} : refused_batch;
}

static struct fate
refuse_all_but_second(const struct message *message)
{
    return message->row.position.major == 2 ? (struct fate){0} : refuse_with_company(message);
}

static struct fate
refuse_then_never(const struct message *message)
{
    return sendings_before(message) > 0 ? never : refused_batch;
}

START_TEST(test_a_refused_batch_is_tried_one_by_one)
{
    setup(2, "abca");
    culprit = 2;
    fake_producer.judge = refuse_with_company;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 s4 s1 s2 s3 s4 m1 m3 m4 f2 commit");
    ck_assert_int_eq(fake_row(2).retry_count, 1);
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 1);
    ck_assert_uint_eq(one.shared.stats.order_breaks, 0);
    ck_assert_int_eq(one_logged("event=batch_refused"), 1);
    one_teardown();
}
END_TEST

// The guilty one keeps the later ones of its aggregate back, which cost nothing.
START_TEST(test_a_suspect_behind_the_culprit_waits)
{
    setup(2, "aab");
    culprit = 1;
    fake_producer.judge = refuse_with_company;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 s1 s3 m3 f1 commit");
    assert_untouched(2);
    one_teardown();
}
END_TEST

// Row 2 was accepted before row 1, innocent, was sent alone: that cannot be taken back.
START_TEST(test_an_innocent_that_was_overtaken_is_counted)
{
    setup(2, "aab");
    culprit = 3;
    fake_producer.judge = refuse_all_but_second;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 s1 s3 m1 m2 f3 commit");
    ck_assert_uint_eq(one.shared.stats.order_breaks, 1);
    one_teardown();
}
END_TEST

// The deadline passes while they are tried: nobody is blamed.
START_TEST(test_suspects_that_could_not_be_tried_are_not_blamed)
{
    setup(2, "ab");
    one.settings.window_deadline_ms = 30;
    fake_producer.judge = refuse_then_never;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 s1 purge commit end");
    assert_untouched(1);
    assert_untouched(2);
    one_teardown();
}
END_TEST

START_TEST(test_a_possibly_written_message_is_counted)
{
    setup(2, "ab");
    fates[1] = cluster;
    fates[1].possibly_persisted = true;
    fates[2] = cluster;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 commit");
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 1);
    one_teardown();
}
END_TEST

// --- its own fault

START_TEST(test_a_blamed_row_costs_one_attempt)
{
    setup(2, "ab");
    fates[1] = blamed;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m2 f1 commit");
    struct fake_row row = fake_row(1);
    ck_assert_int_eq(row.retry_count, 1);
    ck_assert_int_ge(row.next_attempt_ms, 500); // half of retry_backoff at least
    ck_assert_int_le(row.next_attempt_ms, 1000);
    ck_assert_str_eq(row.failure.error_class, "message");
    ck_assert_str_eq(row.failure.text, "scripted");
    ck_assert(!row.dead);
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 1);
    ck_assert_uint_eq(one.shared.stats.errors[FAULT_MESSAGE], 1);
    ck_assert_uint_eq(one.shared.stats.dead, 0);
    ck_assert_int_eq(one_logged("message_failed"), 1);
    one_teardown();
}
END_TEST

START_TEST(test_it_is_dead_after_its_last_attempt)
{
    setup(2, "a");
    for (int attempt = 1; attempt <= 3; attempt++) {
        fates[1] = blamed;
        one_window();
        ck_assert_int_eq(fake_row(1).retry_count, attempt);
        ck_assert_int_eq(fake_row(1).dead, attempt == 3);
        fake_store.now_ms += 60000;
    }
    ck_assert_uint_eq(one.shared.stats.dead, 1);
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 3);
    ONE_WINDOW(WINDOW_EMPTY, "begin claim commit");
    ck_assert_int_eq(fake_sent(1), 3);
    ck_assert_int_eq(one_logged("message_dead"), 1);
    ck_assert_int_eq(one_logged("topic="), 3);
    ck_assert_int_eq(one_logged("retry_ms="), 2);
    one_teardown();
}
END_TEST

START_TEST(test_a_permanent_fault_is_dead_at_once_and_holds_nobody)
{
    setup(2, "aaa");
    one.settings.batch_size = 2;
    fates[1] = blamed;
    fates[1].permanent = true;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 s3 m2 f1 m3 commit");
    ck_assert(fake_row(1).dead);
    ck_assert_uint_eq(one.shared.stats.order_breaks, 0);
    one_teardown();
}
END_TEST

// The broker rejects row 1 when rows 2 and 3 are with it already: that cannot be taken back, and is
// counted. Rows of batches claimed later wait.
START_TEST(test_what_overtook_a_rejected_row_is_counted)
{
    setup(2, "aaaaa");
    one.settings.batch_size = 2;
    fates[1] = blamed;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s2 claim s3 s4 m2 f1 m3 m4 commit");
    ck_assert_uint_eq(one.shared.stats.order_breaks, 3);
    assert_untouched(5);
    fates[1] = (struct fate){0};
    fake_store.now_ms += 1000;
    ONE_WINDOW(WINDOW_SHORT, "begin claim s1 s5 m1 m5 commit");
    one_teardown();
}
END_TEST

START_TEST(test_version_1_writes_a_dead_row_as_exhausted)
{
    setup(1, "aa");
    fates[1] = blamed;
    fates[1].permanent = true;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m2 f1 commit");
    ck_assert_int_eq(fake_row(1).retry_count, 3);
    ck_assert_uint_eq(one.lane.slot->holds.count, 0);
    one_teardown();
}
END_TEST

START_TEST(test_version_1_backs_off_in_memory)
{
    setup(1, "ab");
    one.settings.retry_backoff_ms = 30000;
    one.settings.retry_backoff_max_ms = 30000;
    fates[1] = blamed;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m2 f1 commit");
    ck_assert_uint_eq(one.lane.slot->holds.count, 1);
    int left_ms = mono_ms_until(one.lane.slot->holds.list[0].until);
    ck_assert(left_ms > 10000 && left_ms <= 30000);
    ONE_WINDOW(WINDOW_EMPTY, "begin commit");
    one_teardown();
}
END_TEST

START_TEST(test_faults_of_both_kinds_in_one_batch)
{
    setup(2, "aabbc");
    fates[1] = blamed;
    fates[3] = cluster;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 s3 s4 s5 m2 m5 f1 commit");
    ck_assert_int_eq(fake_row(1).retry_count, 1);
    assert_untouched(3);
    assert_untouched(4);
    one_teardown();
}
END_TEST

// --- the database's fault

static const char *const marking[] = {"SHORT", "42501", "53100"};

START_TEST(test_a_mark_that_fails_counts_nothing)
{
    for (size_t i = 0; i < sizeof marking / sizeof marking[0]; i++) {
        setup(2, "aa");
        fake_fail(FAKE_MARK, 0, 1, marking[i]);
        ONE_WINDOW(WINDOW_FAILED, "begin s1 s2");
        ck_assert_str_eq(one.err.code, marking[i]);
        ck_assert(str_starts_with(one.err.text, "marking published rows: "));
        ck_assert_uint_eq(one.shared.stats.published, 0);
        ck_assert_uint_eq(one.shared.stats.possible_duplicates, 2);
        one_teardown();
    }
}
END_TEST

static void
publish_behind_our_back(enum fake_call call)
{
    if (call == FAKE_MARK)
        fake_find(1)->published = true;
}

START_TEST(test_a_row_that_was_not_there_to_mark_is_an_error)
{
    setup(2, "a");
    fake_store.on_call = publish_behind_our_back;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 m1");
    ck_assert_str_eq(one.err.code, "SHORT");
    one_teardown();
}
END_TEST

START_TEST(test_an_attempt_that_can_not_be_counted_fails_the_window)
{
    setup(2, "ab");
    fates[1] = blamed;
    fake_fail(FAKE_FAIL, 0, 1, "42501");
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 m2");
    ck_assert(str_starts_with(one.err.text, "counting failed attempts: "));
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 0);
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 1);
    one_teardown();
}
END_TEST

// --- deadlines

START_TEST(test_a_deadline_marks_the_prefix_and_rebuilds_the_producer)
{
    setup(2, "aabb");
    one.settings.window_deadline_ms = 30;
    fates[2] = never;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s3 s4 purge m1 m3 m4 commit end");
    ck_assert_ptr_null(one.lane.producer);
    ck_assert(!one.lane.reachable);
    assert_untouched(2);
    ck_assert_uint_eq(one.shared.stats.possible_duplicates, 1);
    ck_assert_uint_eq(one.shared.stats.published, 3);
    memset(fates, 0, sizeof fates);
    one_connect();
    half_open("event");
    ONE_WINDOW(WINDOW_SHORT, "begin s2 m2 commit");
    one_teardown();
}
END_TEST

START_TEST(test_a_deadline_gives_up_the_next_batch_too)
{
    setup(2, "aabb");
    one.settings.batch_size = 2;
    one.settings.window_deadline_ms = 30;
    fates[1] = fates[4] = never;
    ONE_WINDOW(WINDOW_FULL, "begin claim s1 s2 claim s3 s4 purge m3 commit end");
    ck_assert_int_eq(fake_producer.closed, 1);
    one_teardown();
}
END_TEST

// --- dead letters with a topic of their own

static struct fate
by_seq_but_copies(const struct message *message)
{
    return str_equal(message->topic, "dead") ? fates[0] : by_seq(message);
}

static void
setup_dead(int version, const char *aggregates)
{
    setup(version, aggregates);
    one.settings.dead_topic = "dead";
    fake_producer.judge = by_seq_but_copies;
    fates[1] = blamed;
    fates[1].permanent = true;
}

START_TEST(test_a_dead_message_is_copied_first)
{
    setup_dead(2, "ab");
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s1 m2 f1 commit");
    ck_assert(fake_row(1).dead);
    ck_assert_uint_eq(one.shared.stats.published, 1);
    one_teardown();
}
END_TEST

static char attempts[8]; // as the copy said

static struct fate
read_attempts(const struct message *message)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (bytes_equal(message->headers[i].name, bytes_from("dead-attempts")))
            snprintf(attempts, sizeof attempts, "%.*s", (int)message->headers[i].value.len,
                     message->headers[i].value.data);
    return by_seq_but_copies(message);
}

// Those that could not be written are among them.
START_TEST(test_a_copy_counts_all_attempts)
{
    setup_dead(2, "ab");
    const struct message_id id = fake_id(1);
    fake_producer.judge = read_attempts;
    one.lane.careful = 1;
    struct quarantined *row = quarantine_add(&one.lane.slot->quarantine, &id);
    row->until = mono_now();
    row->unwritten = 2;
    one_window();
    ck_assert(fake_row(1).dead);
    ck_assert_str_eq(attempts, "3");
    one_teardown();
}
END_TEST

// The copy did not arrive: the row waits, and its attempt does not count.
START_TEST(test_a_row_waits_for_its_copy)
{
    setup_dead(2, "ab");
    fates[0] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s1 m2 f1 commit");
    struct fake_row row = fake_row(1);
    ck_assert(!row.dead);
    ck_assert(row.failure.postponed);
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 0);
    ck_assert_uint_eq(one.shared.stats.dead, 0);
    ck_assert_int_eq(one_logged("event=topic_blocked"), 1);
    fake_store.now_ms += 60000;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 f1 commit"); // no copy is tried, and nobody waits for it
    ck_assert(!fake_row(1).dead);
    fates[0] = (struct fate){0};
    half_open("dead");
    fake_store.now_ms += 60000;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s1 f1 commit");
    ck_assert(fake_row(1).dead);
    one_teardown();
}
END_TEST

START_TEST(test_version_1_waits_for_the_copy_in_memory)
{
    setup_dead(1, "ab");
    fates[0] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 s1 m2 commit");
    ck_assert_uint_eq(one.lane.slot->holds.count, 1);
    assert_untouched(1);
    one_teardown();
}
END_TEST

// --- limits

// Topics beyond those that a breaker can be kept for stop nobody: their rows wait in the table.
START_TEST(test_too_many_blocked_topics_stop_nobody)
{
    setup(2, "");
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .event = "t"});
    fake_add((struct fake_row){.seq = 2, .aggregate = "b", .event = "u"});
    for (int i = 0; i < BREAKERS_MAX; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%d", i);
        ck_assert_ptr_nonnull(breakers_open(&one.lane.slot->breakers, name,
                                            (struct position){.major = 0}, mono_now()));
    }
    fates[1] = topic;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m2 f1 commit");
    ck_assert_int_gt(fake_row(1).next_attempt_ms, 0);
    ck_assert_int_eq(fake_row(1).retry_count, 0);
    ck_assert_int_eq(one_logged("topics_blocked_limit"), 1);
    ck_assert_uint_eq(one.shared.stats.failed_attempts, 0);
    one_teardown();
}
END_TEST

// A row that tries its topic is waited for 2 seconds; the others of its window as long as ever.
START_TEST(test_others_may_be_slower_than_a_row_that_tries)
{
    setup_topics("tu");
    struct breaker *breaker =
        breakers_open(&one.lane.slot->breakers, "t", (struct position){.major = 0}, mono_now());
    breaker->state = BREAKER_HALF_OPEN;
    one.lane.slot->breakers.blocked_count = 0;
    fates[2].polls = 2100; // of a millisecond each
    struct mono began = mono_now();
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m1 m2 commit");
    ck_assert_int_ge(mono_diff_ns(mono_now(), began), INT64_C(2000000000));
    one_teardown();
}
END_TEST

// Its time doubles with each silence, but not beyond the window's.
START_TEST(test_a_row_that_tries_has_no_longer_than_the_window)
{
    setup_topics("ut");
    one.settings.window_deadline_ms = 30;
    struct breaker *breaker =
        breakers_open(&one.lane.slot->breakers, "t", (struct position){.major = 0}, mono_now());
    breaker->state = BREAKER_HALF_OPEN;
    breaker->silences = 4;
    one.lane.slot->breakers.blocked_count = 0;
    fates[2] = never;
    struct mono began = mono_now();
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 purge m1 commit end");
    ck_assert_int_lt(mono_diff_ns(mono_now(), began), INT64_C(2000000000));
    ck_assert_int_eq(breakers_find(&one.lane.slot->breakers, "t")->silences, 5);
    one_teardown();
}
END_TEST

// What librdkafka gives up by itself, of a producer that failed for good, has no silence to explain
// it.
START_TEST(test_what_the_library_gave_up_has_a_cause)
{
    setup(2, "a");
    fates[1] = cluster;
    fates[1].given_up = true;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 commit");
    ck_assert_int_eq(one.err.fault, FAULT_CLUSTER);
    ck_assert_str_ne(one.err.code, "");
    assert_untouched(1);
    one_teardown();
}
END_TEST

// Nothing is copied while the row cannot be made dead.
START_TEST(test_a_row_that_can_not_be_dead_sends_no_copies)
{
    setup_dead(2, "a");
    one.lane.careful = 1;
    fake_fail(FAKE_TRY, 0, 1, "42501");
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_ptr_nonnull(strstr(one.err.text, "making rows dead before they are copied"));
    ck_assert_int_eq(fake_sent(1), 1); // itself
    one_teardown();
    setup_dead(2, "a");
    one.lane.careful = 1;
    ONE_WINDOW(WINDOW_FULL, "begin M1 s1 unmark try s1 f1 commit");
    ck_assert(fake_row(1).dead);
    one_teardown();
}
END_TEST

// Kafka will never take the copy: the row is dead without one.
START_TEST(test_a_copy_that_can_not_be)
{
    setup_dead(2, "a");
    fates[0] = blamed;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s1 f1 commit");
    ck_assert(fake_row(1).dead);
    ck_assert_int_eq(one_logged("event=dead_letter_uncopied"), 1);
    one_teardown();
}
END_TEST

// A dead topic that was made compacted refuses every copy without a key: the row waits for it.
START_TEST(test_a_copy_that_the_dead_topics_setting_refuses)
{
    setup_dead(2, "a");
    fates[0] = blamed;
    fates[0].doubtful = true;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s1 f1 commit");
    ck_assert(!fake_row(1).dead);
    ck_assert(fake_row(1).failure.postponed);
    ck_assert_int_eq(one_logged("event=dead_letter_uncopied"), 0);
    ck_assert_int_eq(one_logged("event=topic_blocked"), 1);
    fates[0] = (struct fate){0};
    half_open("dead");
    fake_store.now_ms += 60000;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s1 f1 commit");
    ck_assert(fake_row(1).dead);
    one_teardown();
}
END_TEST

// It is not dead before it has its copy: the later rows of its aggregate wait with it, and no
// others.
START_TEST(test_followers_of_a_row_that_waits_for_its_copy)
{
    setup_dead(2, "aab");
    fates[0] = blamed; // the copy
    fates[0].fault = FAULT_TOPIC;
    fake_find(1)->retry_count = one.settings.max_retries; // failed before anything is sent
    ONE_WINDOW(WINDOW_SHORT, "begin s3 s1 m3 f1 commit");
    ck_assert(fake_row(1).failure.postponed);
    const struct message_id first = fake_id(1);
    ck_assert(unburied_has(&one.lane.slot->unburied, &first));
    one_teardown();
}
END_TEST

// A missing topic is no reason to give the producer up.
START_TEST(test_a_dead_topic_that_is_missing)
{
    setup_dead(2, "ab");
    fake_producer.look_failures = -1; // each time
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 m2 f1 commit");
    ck_assert(!fake_row(1).dead);
    ck_assert_int_eq(one_logged("event=topic_blocked"), 1);
    ck_assert_int_eq(one_logged("UNKNOWN_TOPIC_OR_PART"), 1);
    one_teardown();
}
END_TEST

// --- silence

// Nothing was acknowledged, and nobody answers: the cluster is away.
START_TEST(test_silence_of_a_cluster_that_is_away)
{
    setup(2, "ab");
    one.settings.window_deadline_ms = 30;
    fates[1] = never;
    fake_producer.probe_failures = 1;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 purge m2 commit end");
    ck_assert_str_eq(one.err.code, "ALL_BROKERS_DOWN");
    ck_assert_uint_eq(one.lane.slot->breakers.count, 0);
    one_teardown();
}
END_TEST

// It answers, but acknowledges nothing of several: one row will tell.
START_TEST(test_silence_in_general_is_the_clusters)
{
    setup(2, "ab");
    one.settings.window_deadline_ms = 30;
    fates[1] = fates[2] = never;
    ONE_WINDOW(WINDOW_FAILED, "begin s1 s2 purge commit end");
    ck_assert_str_eq(one.err.code, "NO_ANSWER");
    ck_assert_int_eq(one.err.fault, FAULT_CLUSTER);
    ck_assert_uint_eq(one.lane.slot->breakers.count, 0);
    one_teardown();
}
END_TEST

START_TEST(test_silence_for_one_row_is_its_topics)
{
    setup_topics("tu");
    one.settings.window_deadline_ms = 30;
    one.lane.careful = 1;
    fates[1] = never;
    ONE_WINDOW(WINDOW_FULL, "begin M1 s1 purge unmark commit end");
    assert_untouched(1);
    ck_assert_uint_eq(one.lane.slot->breakers.blocked_count, 1);
    ck_assert_int_eq(breakers_find(&one.lane.slot->breakers, "t")->silences, 1);
    one_connect();
    ONE_WINDOW(WINDOW_SHORT, "begin M2 s2 commit");
    one_teardown();
}
END_TEST

static void
order_to_leave(enum fake_call call)
{
    if (call == FAKE_CLAIM)
        atomic_store(&one.shared.abort, true);
}

START_TEST(test_leaving_at_once_in_the_middle)
{
    setup(2, "aabb");
    one.settings.batch_size = 2;
    fates[1] = never;
    fake_store.on_call = order_to_leave;
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_int_eq(fake_producer.probed, 0);
    ck_assert_ptr_null(one.lane.producer);
    ck_assert_int_eq(journal_count("purge"), 1);
    ck_assert_int_eq(journal_count("end"), 1);
    one_teardown();
}
END_TEST

// The reports came while the producer was given up, and they were good: all is marked, and the lane
// has to connect before its next window.
START_TEST(test_a_purge_that_came_too_late)
{
    setup(2, "aa");
    one.settings.window_deadline_ms = 30;
    fake_producer.reprieves = true;
    fates[2] = never;
    ONE_WINDOW(WINDOW_SHORT, "begin s1 s2 purge m1 m2 commit end");
    ck_assert_ptr_null(one.lane.producer);
    ck_assert(!one.lane.reachable);
    one_teardown();
}
END_TEST

START_TEST(test_leaving_at_once_waits_for_nobody)
{
    setup(2, "ab");
    fates[1] = never;
    atomic_store(&one.shared.abort, true);
    ck_assert_int_eq(one_window(), WINDOW_FAILED);
    ck_assert_str_eq(journal(), "begin s1 s2 purge m2 commit end");
    ck_assert_uint_eq(fake_published(), 1);
    one_teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "settle", test_late_reports_are_waited_for, test_infinite_times_are_no_latency,
        test_only_the_acknowledged_prefix_of_an_aggregate_is_marked,
        test_an_unknown_end_is_no_broken_order, test_the_prefix_spans_batches,
        test_without_order_all_that_was_acknowledged_is_marked,
        test_a_fault_of_the_cluster_ends_the_window,
        test_an_unlisted_code_is_named_once_and_counted, test_a_topic_stops_only_its_own_rows,
        test_a_row_tries_its_topic, test_a_released_topic_is_not_shown,
        test_a_hold_outlasts_a_breaker, test_a_blocked_topic_remembers_what_came_free_below,
        test_a_blamed_row_releases_its_topic, test_doubted_topics_are_named_each,
        test_a_refused_topic_holds_its_rows_at_once, test_a_refused_batch_is_tried_one_by_one,
        test_a_suspect_behind_the_culprit_waits, test_an_innocent_that_was_overtaken_is_counted,
        test_suspects_that_could_not_be_tried_are_not_blamed,
        test_a_possibly_written_message_is_counted, test_a_blamed_row_costs_one_attempt,
        test_it_is_dead_after_its_last_attempt,
        test_a_permanent_fault_is_dead_at_once_and_holds_nobody,
        test_what_overtook_a_rejected_row_is_counted, test_version_1_writes_a_dead_row_as_exhausted,
        test_version_1_backs_off_in_memory, test_faults_of_both_kinds_in_one_batch,
        test_a_mark_that_fails_counts_nothing, test_a_row_that_was_not_there_to_mark_is_an_error,
        test_an_attempt_that_can_not_be_counted_fails_the_window,
        test_a_deadline_marks_the_prefix_and_rebuilds_the_producer,
        test_a_deadline_gives_up_the_next_batch_too, test_a_dead_message_is_copied_first,
        test_a_copy_counts_all_attempts, test_a_row_waits_for_its_copy,
        test_too_many_blocked_topics_stop_nobody, test_others_may_be_slower_than_a_row_that_tries,
        test_a_row_that_tries_has_no_longer_than_the_window,
        test_what_the_library_gave_up_has_a_cause, test_a_row_that_can_not_be_dead_sends_no_copies,
        test_version_1_waits_for_the_copy_in_memory, test_a_copy_that_can_not_be,
        test_a_copy_that_the_dead_topics_setting_refuses,
        test_followers_of_a_row_that_waits_for_its_copy, test_a_dead_topic_that_is_missing,
        test_silence_of_a_cluster_that_is_away, test_silence_in_general_is_the_clusters,
        test_silence_for_one_row_is_its_topics, test_leaving_at_once_in_the_middle,
        test_a_purge_that_came_too_late, test_leaving_at_once_waits_for_nobody);
}
