// SPDX-License-Identifier: Apache-2.0
//
// A lane with its thread: connecting, waiting, backing off, and what it keeps over a failure.
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

static struct relay *relay;

static void
start(void)
{
    relay = relay_start(&one.settings, &one.store_settings, &one.producer_settings, NULL);
}

static void
stop(bool now)
{
    relay_stop(relay, now);
    WAIT_FOR(relay_wait(relay, 100));
    ck_assert_int_eq(relay_lane(relay, 0).phase, LANE_ENDED);
    relay_free(relay);
    one_teardown();
}

static void
row(int64_t seq, const char *aggregate)
{
    fake_add((struct fake_row){.seq = seq, .aggregate = aggregate});
}

static int
calls(enum fake_call call)
{
    fake_store_lock();
    int count = fake_store.calls[call];
    fake_store_unlock();
    return count;
}

static int
probes(void)
{
    fake_producer_lock();
    int count = fake_producer.probed;
    fake_producer_unlock();
    return count;
}

static int
looks(void)
{
    fake_producer_lock();
    int count = fake_producer.looked;
    fake_producer_unlock();
    return count;
}

static uint64_t
cluster_errors(void)
{
    return relay_stats(relay)->errors[FAULT_CLUSTER];
}

// An outage of Kafka opens no connection and writes nothing to the database.
START_TEST(test_kafka_is_asked_first)
{
    one_prepare(2);
    row(1, "a");
    fake_producer.open_failures = 2;
    fake_producer.probe_failures = 3;
    start();
    WAIT_FOR(fake_published() == 1);
    ck_assert(str_starts_with(journal(), "produce open begin M1 s1"));
    ck_assert_uint_eq(cluster_errors(), 2);
    ck_assert_int_eq(fake_producer.probed, 4);
    ck_assert_int_eq(fake_producer.opened, 1 + fake_producer.closed);
    ck_assert_int_eq(fake_row(1).retry_count, 0);
    ck_assert_int_eq(one_logged("event=kafka_unavailable"), 2);
    WAIT_FOR(relay_lane(relay, 0).connected && relay_lane(relay, 0).active);
    stop(false);
}
END_TEST

// What it waits for can be read, until it goes on.
START_TEST(test_postgres_away)
{
    struct lane_trouble trouble;
    one_prepare(2);
    row(1, "a");
    fake_fail(FAKE_OPEN, 0, 2, "57P03");
    start();
    WAIT_FOR(relay_lane_trouble(relay, 0, &trouble));
    ck_assert_str_eq(trouble.event, "postgres_unavailable");
    ck_assert_str_eq(trouble.error.code, "57P03");
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(!relay_lane_trouble(relay, 0, &trouble));
    ck_assert_int_eq(calls(FAKE_OPEN), 3);
    ck_assert_uint_eq(cluster_errors(), 2);
    ck_assert_int_eq(fake_producer.probed, 1);
    stop(false);
}
END_TEST

static const enum fake_call steps[] = {FAKE_BEGIN, FAKE_CLAIM, FAKE_MARK, FAKE_COMMIT, FAKE_POLL};

// Whichever step fails: the connection is closed, Kafka has to prove itself, all goes on.
START_TEST(test_a_failed_step_connects_anew)
{
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        one_prepare(2);
        fake_add_many(1, 4, "a");
        fake_fail(steps[i], 0, 1, "08006");
        start();
        WAIT_FOR(calls(FAKE_OPEN) == 2 && fake_published() == 4);
        ck_assert_int_eq(fake_producer.probed, 2);
        ck_assert_uint_eq(relay_stats(relay)->published, 4);
        stop(false);
    }
}
END_TEST

static bool
waits_longer(void)
{
    fake_store_lock();
    bool longer = fake_store.waits_longer;
    fake_store_unlock();
    return longer;
}

static atomic_int patient_windows;

static void
note_patience(enum fake_call call)
{
    if (call == FAKE_BEGIN && waits_longer())
        atomic_fetch_add(&patient_windows, 1);
}

// A claim without an answer may have met a row that is slow to read: it is given more time, and
// what follows when all is well again is not.
START_TEST(test_it_waits_longer_after_no_answer)
{
    static const struct {
        const char *code;
        bool longer;
    } codes[] = {{"TIMEOUT", true}, {"08006", false}};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        one_prepare(2);
        atomic_store(&patient_windows, 0);
        fake_store.on_call = note_patience;
        fake_add_many(1, 4, "a");
        fake_fail(FAKE_BEGIN, 0, 1, codes[i].code);
        start();
        WAIT_FOR(fake_published() == 4 && relay_lane(relay, 0).phase == LANE_IDLE);
        ck_assert_int_eq(atomic_load(&patient_windows) > 0, codes[i].longer);
        WAIT_FOR(!waits_longer());
        stop(false);
    }
}
END_TEST

static atomic_int failures_left;

static struct fate
fail_first(const struct message *message)
{
    (void)message;
    if (atomic_load(&failures_left) <= 0)
        return (struct fate){0};
    atomic_fetch_sub(&failures_left, 1);
    return (struct fate){.kind = FATE_FAILED, .fault = FAULT_CLUSTER};
}

static struct fate
never_first(const struct message *message)
{
    struct fate fate = fail_first(message);
    if (fate.kind == FATE_FAILED)
        fate.kind = FATE_NEVER;
    return fate;
}

START_TEST(test_a_fatal_producer_is_rebuilt)
{
    one_prepare(2);
    row(1, "a");
    atomic_store(&failures_left, 1);
    fake_producer.judge = fail_first;
    fake_producer.fatal = false;
    start();
    WAIT_FOR(fake_published() == 1);
    ck_assert_int_eq(fake_producer.opened, 1); // it was not fatal: the same one goes on
    ck_assert_int_eq(fake_producer.probed, 2);
    fake_producer_lock();
    fake_producer.fatal = true;
    fake_producer_unlock();
    atomic_store(&failures_left, 1);
    row(2, "a");
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(fake_producer.opened, 2);
    ck_assert_int_eq(fake_producer.closed, 1);
    stop(false);
}
END_TEST

// Nothing is sent, and yet it is known: by the word of librdkafka and by a question that nobody
// answers. An answer ends the doubt, and nothing happens.
START_TEST(test_an_idle_lane_notices_that_kafka_is_gone)
{
    one_prepare(2);
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    fake_producer_lock();
    fake_producer.troubled = true;
    fake_producer_unlock();
    WAIT_FOR(probes() == 2);
    ck_assert_int_eq(one_logged("event=kafka_unavailable"), 0);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    fake_producer_lock();
    fake_producer.troubled = true;
    fake_producer.probe_failures = 2; // the doubt, and once more when it connects
    fake_producer_unlock();
    WAIT_FOR(calls(FAKE_OPEN) == 2);
    ck_assert_int_eq(probes(), 5);
    WAIT_FOR(relay_lane(relay, 0).kafka && relay_lane(relay, 0).connected);
    row(2, "a");
    WAIT_FOR(fake_published() == 2);
    stop(false);
}
END_TEST

START_TEST(test_a_purged_producer_is_rebuilt)
{
    one_prepare(2);
    one.settings.window_deadline_ms = 20;
    fake_add_many(1, 2, "a");
    atomic_store(&failures_left, 1);
    fake_producer.judge = never_first;
    start();
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(fake_producer.opened, 2);
    ck_assert_int_eq(fake_sent(1), 2);
    stop(false);
}
END_TEST

static void
lose_kafka(enum fake_call call)
{
    if (call == FAKE_COMMIT && fake_producer.closed == 1)
        fake_producer.open_failures = 1;
}

// The window went well and yet its producer is gone: no window without another.
START_TEST(test_no_window_begins_without_a_producer)
{
    one_prepare(2);
    one.settings.window_deadline_ms = 20;
    row(1, "a");
    atomic_store(&failures_left, 1);
    fake_producer.judge = never_first;
    fake_producer.reprieves = true;
    fake_store.on_call = lose_kafka;
    start();
    WAIT_FOR(fake_published() == 1);
    row(2, "a");
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(fake_producer.opened, 2);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    stop(false);
}
END_TEST

START_TEST(test_a_changed_version_is_adopted)
{
    one_prepare(1);
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    ck_assert_int_eq(one_logged("event=table_version_1"), 1);
    fake_store_lock();
    fake_store.version = 2;
    fake_store_unlock();
    row(2, "a");
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(calls(FAKE_REFRESH), 1);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    ck_assert_int_eq(one_logged("event=table_version_changed"), 1);
    stop(false);
}
END_TEST

// Changes which table it is, or how it is defined.
static void
set_table(uint32_t oid, int64_t definition, const char *identity)
{
    fake_store_lock();
    fake_store.table = (struct store_table){.oid = oid, .definition = definition};
    snprintf(fake_store.table.identity, sizeof fake_store.table.identity, "%s", identity);
    fake_store_unlock();
}

// Each of these is seen by the poll of an idle lane, and forgets what lies below the floor.
START_TEST(test_a_changed_table_is_read_anew)
{
    static const struct {
        uint32_t oid;
        int64_t definition;
        const char *identity, *logged;
    } changes[] = {
        {1, 7, "first", "level=info event=table_changed"},
        {2, 7, "first", "level=warn event=table_changed"},
        {2, 7, "second", "level=warn event=table_changed"},
        {2, 7, "first", "level=warn event=table_changed"}, // back to an older one
    };

    one_prepare(2);
    row(1000, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    for (int i = 0; i < 4; i++) {
        int before = one_logged(changes[i].logged);
        set_table(changes[i].oid, changes[i].definition, changes[i].identity);
        WAIT_FOR(one_logged(changes[i].logged) == before + 1);
        row(10 - i, "b"); // far below the floor of the table as it was
        WAIT_FOR(fake_published() == (size_t)i + 2);
    }
    ck_assert_int_eq(one_logged("event=table_changed"), 4);
    ck_assert_int_eq(one_logged("event=table_version_changed"), 0);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    stop(false);
}
END_TEST

// The changed table may refuse a mark: its first row is marked before it is sent.
START_TEST(test_a_changed_table_begins_with_a_careful_window)
{
    one_prepare(2);
    one.settings.batch_size = 2;
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    set_table(1, 7, "first");
    fake_add((struct fake_row){.seq = 2, .aggregate = "b", .unmarkable = true});
    WAIT_FOR(one_logged("event=mark_refused") == 1);
    ck_assert_int_eq(one_logged("the row is not sent before it can be marked"), 1);
    stop(false);
}
END_TEST

// What a lane held back of the table before says nothing about the rows of another.
START_TEST(test_another_table_after_an_outage_is_begun_from_its_start)
{
    one_prepare(2);
    row(1000, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    fake_fail(FAKE_POLL, 0, 1, "CONNECT");
    set_table(2, 0, "first");
    row(10, "b");
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(calls(FAKE_OPEN), 2);
    ck_assert_int_eq(one_logged("event=table_changed"), 1);
    stop(false);
}
END_TEST

// An identity that schema apply adds makes it no other table.
START_TEST(test_an_identity_for_a_table_that_had_none)
{
    one_prepare(2);
    fake_store.table = (struct store_table){.oid = 1};
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    set_table(1, 0, "first");
    WAIT_FOR(calls(FAKE_REFRESH) == 1);
    row(2, "a");
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(one_logged("event=table_changed"), 0);
    stop(false);
}
END_TEST

// Where a lane ends, and which numbers it has named, is said of a table and its version, however
// that one is defined; what changes them may be met with the next connection.
START_TEST(test_a_bound_is_one_tables)
{
    struct lane *lane = &one.lane;

    one_setup(2);
    ck_assert(!lane_note_table(lane));
    set_table(1, 7, "first");
    ck_assert(lane_adopt_change(lane, &one.err));
    lane->until = lane->told_ahead = 30;
    set_table(1, 8, "first");
    ck_assert(lane_adopt_change(lane, &one.err));
    ck_assert_int_eq(lane->until, 30);
    ck_assert_int_eq(lane->told_ahead, 30);
    set_table(2, 8, "first");
    ck_assert(lane_adopt_change(lane, &one.err));
    ck_assert_int_eq(lane->until, INT64_MAX);
    ck_assert_int_eq(lane->told_ahead, 0);
    lane->until = 30;
    fake_store.version = 1;
    ck_assert(lane_adopt_change(lane, &one.err));
    ck_assert_int_eq(lane->until, INT64_MAX);
    ck_assert_int_eq(one_logged("event=table_version_changed"), 1);
    ck_assert(lane_adopt_change(lane, &one.err)); // nothing of it changed
    ck_assert_int_eq(one_logged("event=table_version_changed"), 1);
    lane->until = 30;
    fake_store.version = 2;
    store_close(lane->store);
    lane->store = NULL;
    one_connect();
    ck_assert(!lane_note_table(lane));
    ck_assert_int_eq(lane->until, INT64_MAX);
    one_teardown();
}
END_TEST

// Without a row: the poll of several slots sees it.
START_TEST(test_a_changed_number_of_slots_is_adopted)
{
    one_prepare(2);
    fake_store.slots = 2;
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(fake_change_slots(4));
    WAIT_FOR(one_logged("event=table_version_changed") == 1);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    row(2, "c"); // what was slot 1 of 2 is 3 of 4
    WAIT_FOR(fake_published() == 2);
    stop(false);
}
END_TEST

// Slots keep the order of aggregates, and no other.
START_TEST(test_slots_need_the_aggregate_as_key)
{
    one_prepare(2);
    one.settings.envelope.key = COLUMN_EVENT_TYPE;
    fake_store.slots = 4;
    row(1, "a");
    start();
    WAIT_FOR(one_logged("code=KEY") >= 2);
    ck_assert_int_eq(calls(FAKE_BEGIN), 0);
    ck_assert_int_ge(one_logged("message.key is event_type"), 1);
    WAIT_FOR(fake_change_slots(1));
    WAIT_FOR(fake_published() == 1);
    stop(false);
}
END_TEST

START_TEST(test_lanes_without_slots_are_told_of_once)
{
    one_prepare(2);
    one.settings.lanes = 3;
    fake_store.slots = 2;
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(one_logged("event=lanes_without_slots lanes=3 slots=2") == 1);
    fake_fail(FAKE_POLL, 0, 1, "08006");
    WAIT_FOR(calls(FAKE_OPEN) >= 4);
    ck_assert_int_eq(one_logged("event=lanes_without_slots"), 1);
    WAIT_FOR(fake_change_slots(4));
    row(2, "b");
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(one_logged("event=lanes_without_slots"), 1);
    stop(false);
}
END_TEST

// A full slot has its turn, and no more.
START_TEST(test_no_slot_starves)
{
    one_prepare(2);
    fake_store.slots = 4;
    fake_add_many(1, 2000, "a");
    fake_add_many(2001, 2010, "b");
    fake_add_many(2011, 2020, "c");
    start();
    WAIT_FOR(fake_row(2010).published && fake_row(2020).published);
    ck_assert(!fake_row(2000).published);
    stop(false);
}
END_TEST

START_TEST(test_a_standby_takes_over)
{
    one_prepare(2);
    row(1, "a");
    fake_store.slots_taken = 1;
    start();
    WAIT_FOR(calls(FAKE_BEGIN) >= 3);
    ck_assert(!relay_lane(relay, 0).active);
    ck_assert(relay_lane(relay, 0).standby);
    ck_assert(relay_lane(relay, 0).connected);
    ck_assert_int_eq(fake_producer.sent, 0);
    fake_store_lock();
    fake_store.slots_taken = 0;
    fake_store_unlock();
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(relay_lane(relay, 0).active);
    ck_assert(!relay_lane(relay, 0).standby);
    stop(false);
}
END_TEST

// A claim that lasts longer than a wait for a slot has one, although its answer is not there yet.
START_TEST(test_a_long_claim_is_no_standby)
{
    one_prepare(2);
    row(1, "a");
    fake_store.slots_taken = 1;
    start();
    WAIT_FOR(relay_lane(relay, 0).standby);
    fake_store_lock(); // answers nothing
    fake_store.slots_taken = 0;
    WAIT_FOR(!relay_lane(relay, 0).standby);
    ck_assert(relay_lane(relay, 0).phase == LANE_CLAIM && !relay_lane(relay, 0).active);
    fake_store_unlock();
    WAIT_FOR(relay_lane(relay, 0).active);
    stop(false);
}
END_TEST

static int
producer_polls(void)
{
    fake_producer_lock();
    int polled = fake_producer.polled;
    fake_producer_unlock();
    return polled;
}

// The table, and the producer too: librdkafka refreshes its tokens in our calls.
START_TEST(test_an_idle_lane_only_polls)
{
    one_prepare(2);
    start();
    WAIT_FOR(calls(FAKE_POLL) >= 5);
    int polled = producer_polls();
    WAIT_FOR(producer_polls() >= polled + 5);
    ck_assert_int_eq(calls(FAKE_BEGIN), 1);
    ck_assert_int_eq(relay_lane(relay, 0).phase, LANE_IDLE);
    row(1, "a");
    WAIT_FOR(fake_published() == 1);
    stop(false);
}
END_TEST

START_TEST(test_a_late_row_is_found_while_its_transaction_could_run)
{
    one_prepare(2);
    fake_store.xmin = 50; // of snapshots with an xmax of 1000
    fake_add_many(2, 9, "b");
    start();
    WAIT_FOR(fake_published() == 8 && calls(FAKE_POLL) >= 3);
    row(1, "a");
    WAIT_FOR(fake_row(1).published);
    stop(false);
}
END_TEST

START_TEST(test_version_1_sweeps_for_rows_below_the_floor)
{
    one_prepare(1);
    fake_add_many(2, 9, "b");
    start();
    WAIT_FOR(fake_published() == 8 && calls(FAKE_POLL) >= 3);
    row(1, "a");
    WAIT_FOR(fake_row(1).published);
    stop(false);
}
END_TEST

// A claim skips the row, and the floor passes it while its lock goes from hand to hand.
START_TEST(test_ordering_none_comes_back_for_locked_rows)
{
    one_prepare(2);
    one.store_settings.ordering = ORDERING_NONE;
    row(1, "a");
    fake_add_many(2, 9, "b");
    fake_lock_row(1, true);
    start();
    WAIT_FOR(fake_published() == 8);
    fake_add_many(10, 19, "b");
    WAIT_FOR(fake_published() == 18);
    fake_lock_row(1, false);
    WAIT_FOR(fake_row(1).published);
    stop(false);
}
END_TEST

START_TEST(test_a_due_row_wakes_it)
{
    one_prepare(2);
    fake_store.now_ms = 1000;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .next_attempt_ms = 5000});
    row(2, "a");
    fake_add_many(3, 9, "b");
    start();
    WAIT_FOR(fake_published() == 7 && calls(FAKE_POLL) >= 3);
    ck_assert_int_eq(fake_sent(1), 0);
    ck_assert_int_eq(fake_sent(2), 0);
    fake_store_lock();
    fake_store.now_ms = 5000;
    fake_store_unlock();
    WAIT_FOR(fake_published() == 9);
    stop(false);
}
END_TEST

START_TEST(test_a_released_row_is_found_again)
{
    one_prepare(2);
    row(1, "a");
    row(2, "a");
    row(3, "b");
    fake_lock_row(1, true);
    start();
    WAIT_FOR(fake_row(3).published);
    fake_lock_row(1, false);
    WAIT_FOR(fake_published() == 3);
    stop(false);
}
END_TEST

static struct fate
blame_a(const struct message *message)
{
    if (!bytes_equal(message->row.aggregate_id, bytes_from("a")))
        return (struct fate){0};
    return (struct fate){.kind = FATE_FAILED, .fault = FAULT_MESSAGE};
}

// Version 1 has the wait in memory: a new connection is no reason to try at once.
START_TEST(test_a_wait_outlasts_a_connection)
{
    one_prepare(1);
    one.settings.retry_backoff_ms = one.settings.retry_backoff_max_ms = 60000;
    fake_producer.judge = blame_a;
    row(1, "a");
    start();
    WAIT_FOR(fake_row(1).retry_count == 1);
    fake_fail(FAKE_POLL, 0, 1, "08006");
    WAIT_FOR(calls(FAKE_OPEN) == 2);
    row(2, "b");
    WAIT_FOR(fake_row(2).published);
    ck_assert_int_eq(fake_sent(1), 1);
    stop(false);
}
END_TEST

// Row 3 is locked and holds its aggregate; row 2 goes, but its window fails. The hold outlasts
// that, and the floor passes row 2 meanwhile.
START_TEST(test_a_hold_forgets_its_row_with_the_window)
{
    one_prepare(2);
    row(2, "a");
    row(3, "a");
    fake_add_many(4, 9, "b");
    fake_lock_row(3, true);
    fake_fail(FAKE_COMMIT, 0, 1, "08006");
    start();
    WAIT_FOR(fake_row(2).published);
    ck_assert_int_eq(fake_sent(2), 2);
    fake_lock_row(3, false);
    WAIT_FOR(fake_published() == 8);
    stop(false);
}
END_TEST

static struct fate
refuse_t(const struct message *message)
{
    if (!str_equal(message->topic, "t") || !atomic_load(&failures_left))
        return (struct fate){0};
    return (struct fate){.kind = FATE_FAILED, .fault = FAULT_TOPIC};
}

// A topic that is missing stops its own rows and nobody else: no connection is closed, nothing is
// waited for. When it is there, its rows go, in order.
START_TEST(test_a_blocked_topic_is_tried_until_it_is_there)
{
    one_prepare(2);
    one.settings.batch_size = 8;
    atomic_store(&failures_left, 1);
    fake_producer.judge = refuse_t;
    fake_producer.look_failures = -1;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a", .event = "t"});
    fake_add((struct fake_row){.seq = 2, .aggregate = "a", .event = "t"});
    row(3, "a");
    start();
    WAIT_FOR(fake_row(3).published && looks() >= 3);
    ck_assert_int_eq(relay_lane(relay, 0).phase, LANE_IDLE);
    ck_assert_int_eq(fake_sent(1), 1);
    ck_assert_int_eq(fake_sent(2), 0);
    fake_producer_lock();
    fake_producer.look_failures = 0; // it is there, but may not be written
    fake_producer_unlock();
    WAIT_FOR(fake_sent(1) >= 3);
    ck_assert_int_eq(fake_sent(2), 0);
    atomic_store(&failures_left, 0);
    WAIT_FOR(fake_published() == 3);
    ck_assert_int_eq(fake_sent(2), 1);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    ck_assert_uint_eq(cluster_errors(), 0);
    ck_assert_uint_eq(relay_stats(relay)->failed_attempts, 0);
    stop(false);
}
END_TEST

// A mark that fails costs no copy: rows are marked first until it succeeds.
START_TEST(test_a_mark_that_fails_costs_no_copies)
{
    one_prepare(2);
    one.settings.batch_size = 8;
    fake_add_many(1, 4, "a");
    fake_fail(FAKE_MARK, 0, 4, "42501");
    start();
    WAIT_FOR(fake_published() == 4);
    for (int64_t seq = 1; seq <= 4; seq++)
        ck_assert_int_eq(fake_sent(seq), 1);
    fake_fail(FAKE_MARK, 0, 3, "42501");
    const struct fake_row more[] = {{.seq = 5, .aggregate = "a"}, {.seq = 6, .aggregate = "a"}};
    fake_commit(more, 2, 1000, 1000);
    WAIT_FOR(fake_published() == 6);
    ck_assert_int_eq(fake_sent(5), 2); // with its batch, and alone
    ck_assert_int_eq(fake_sent(6), 2);
    ck_assert_uint_eq(relay_stats(relay)->possible_duplicates, 2);
    stop(false);
}
END_TEST

START_TEST(test_a_stop_waits_for_what_is_in_flight)
{
    one_prepare(2);
    fake_producer.judge = never_first;
    one.settings.window_deadline_ms = 300;
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    atomic_store(&failures_left, 1);
    const struct fake_row both[] = {{.seq = 2, .aggregate = "a"}, {.seq = 3, .aggregate = "b"}};
    fake_commit(both, 2, 1000, 1000);
    WAIT_FOR(fake_sent(3) == 1);
    stop(false);
    ck_assert(!fake_row(2).published);
    ck_assert(fake_row(3).published);
}
END_TEST

START_TEST(test_leaving_at_once)
{
    one_prepare(2);
    atomic_store(&failures_left, 1000);
    fake_producer.judge = never_first;
    fake_add_many(1, 6, "a");
    start();
    WAIT_FOR(fake_sent(1) == 1);
    struct mono began = mono_now();
    stop(true);
    ck_assert(mono_diff_ns(mono_now(), began) < INT64_C(5000000000));
    ck_assert_uint_eq(fake_published(), 0);
}
END_TEST

// The others do not wait for a sweep, which comes once a minute.
START_TEST(test_a_number_above_the_sequence_holds_up_no_row)
{
    one_prepare(2);
    fake_store.last_number = 1;
    row(1, "a");
    row(INT64_MAX, "b");
    start();
    for (int64_t seq = 2; seq <= 6; seq++) {
        WAIT_FOR(fake_published() == (size_t)seq);
        fake_store_lock();
        fake_store.xmin = ++fake_store.xmax; // all that were there have ended
        fake_store_unlock();
        WAIT_FOR(calls(FAKE_POLL) >= 3 * (int)seq);
        fake_store_lock();
        fake_store.last_number = seq;
        fake_store_unlock();
        row(seq, "a");
    }
    WAIT_FOR(fake_published() == 7);
    stop(false);
}
END_TEST

// At the start, and a refusal stops no window.
START_TEST(test_rows_without_a_number_get_one)
{
    one_prepare(2);
    fake_store.lost = 2;
    fake_fail(FAKE_NUMBER, 0, 1, "42501");
    row(1, "a");
    start();
    WAIT_FOR(fake_published() == 1);
    ck_assert_int_eq(calls(FAKE_NUMBER), 1);
    ck_assert_int_eq(calls(FAKE_OPEN), 1);
    fake_fail(FAKE_POLL, 0, 1, "08006"); // it connects anew
    WAIT_FOR(calls(FAKE_NUMBER) == 2);
    stop(false);
    ck_assert_int_eq(fake_store.lost, 0);
}
END_TEST

START_TEST(test_it_closes_what_it_opened)
{
    one_prepare(2);
    start();
    WAIT_FOR(calls(FAKE_POLL) >= 1);
    relay_stop(relay, false);
    WAIT_FOR(relay_wait(relay, 100));
    const char *words = journal();
    ck_assert_msg(str_equal(words + strlen(words) - strlen("close end"), "close end"), "%s", words);
    relay_free(relay);
    one_teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "lane", test_kafka_is_asked_first, test_an_idle_lane_notices_that_kafka_is_gone,
        test_postgres_away, test_a_failed_step_connects_anew, test_it_waits_longer_after_no_answer,
        test_a_fatal_producer_is_rebuilt, test_a_purged_producer_is_rebuilt,
        test_no_window_begins_without_a_producer, test_a_changed_table_is_read_anew,
        test_a_changed_table_begins_with_a_careful_window,
        test_another_table_after_an_outage_is_begun_from_its_start,
        test_an_identity_for_a_table_that_had_none, test_a_changed_version_is_adopted,
        test_a_bound_is_one_tables, test_a_changed_number_of_slots_is_adopted,
        test_slots_need_the_aggregate_as_key, test_lanes_without_slots_are_told_of_once,
        test_no_slot_starves, test_a_standby_takes_over, test_a_long_claim_is_no_standby,
        test_an_idle_lane_only_polls, test_a_late_row_is_found_while_its_transaction_could_run,
        test_version_1_sweeps_for_rows_below_the_floor,
        test_ordering_none_comes_back_for_locked_rows, test_a_due_row_wakes_it,
        test_a_released_row_is_found_again, test_a_wait_outlasts_a_connection,
        test_a_hold_forgets_its_row_with_the_window,
        test_a_blocked_topic_is_tried_until_it_is_there, test_a_mark_that_fails_costs_no_copies,
        test_a_stop_waits_for_what_is_in_flight, test_leaving_at_once,
        test_a_number_above_the_sequence_holds_up_no_row, test_rows_without_a_number_get_one,
        test_it_closes_what_it_opened);
}
