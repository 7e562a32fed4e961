// SPDX-License-Identifier: Apache-2.0
//
// Lanes side by side, with and without slots, a drain's limits over all of them, and days on which
// everything fails now and then: nothing is lost, nothing marked that Kafka does not have, no first
// delivery out of order.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c
// links: tests/support/one_lane.c
#include "tests/support/fake_producer.h"
#include "tests/support/fake_store.h"
#include "tests/support/one_lane.h"
#include "tests/support/unit.h"

#include <string.h>

static struct relay *relay;

static void
start(const struct relay_goal *goal)
{
    relay = relay_start(&one.settings, &one.store_settings, &one.producer_settings, goal);
}

static void
stop(void)
{
    relay_stop(relay, false);
    WAIT_FOR(relay_wait(relay, 100));
    relay_free(relay);
    one_teardown();
}

static void
prepare(int lanes, enum ordering ordering)
{
    one_prepare(2);
    one.settings.lanes = lanes;
    one.settings.batch_size = 10;
    one.store_settings.ordering = ordering;
}

static size_t
sent(void)
{
    fake_producer_lock();
    size_t count = fake_producer.sent;
    fake_producer_unlock();
    return count;
}

START_TEST(test_phases_have_names)
{
    for (enum lane_phase phase = LANE_CONNECT; phase <= LANE_ENDED; phase++) {
        ck_assert_uint_gt(strlen(lane_phase_name(phase)), 3);
        for (enum lane_phase other = LANE_CONNECT; other < phase; other++)
            ck_assert_str_ne(lane_phase_name(phase), lane_phase_name(other));
    }
}
END_TEST

START_TEST(test_waiting_has_an_end)
{
    prepare(2, ORDERING_NONE);
    start(NULL);
    ck_assert(!relay_wait(relay, 0));
    ck_assert(!relay_wait(relay, 20));
    ck_assert_uint_eq(relay_lanes(relay), 2);
    relay_free(NULL);
    stop();
}
END_TEST

START_TEST(test_lanes_share_the_work)
{
    prepare(4, ORDERING_NONE);
    fake_add_many(1, 2000, "a");
    start(NULL);
    WAIT_FOR(fake_published() == 2000);
    WAIT_FOR(relay_stats(relay)->published == 2000);
    ck_assert_uint_eq(sent(), 2000);
    ck_assert_uint_eq(relay_stats(relay)->possible_duplicates, 0);
    ck_assert_uint_eq(relay_stats(relay)->delivery.count, 2000);
    stop();
}
END_TEST

START_TEST(test_one_lane_keeps_order_and_the_others_stand_by)
{
    prepare(3, ORDERING_KEY);
    fake_add_many(1, 500, "a");
    start(NULL);
    WAIT_FOR(fake_published() == 500);
    ck_assert_uint_eq(sent(), 500);
    for (size_t i = 0; i < 500; i++)
        ck_assert_int_eq(fake_producer.sends[i].seq, (int64_t)i + 1);
    stop();
}
END_TEST

static void
assert_sent_in_order(const char *names, size_t rows)
{
    int64_t last[256] = {0};
    ck_assert_uint_eq(sent(), rows);
    for (size_t i = 0; i < rows; i++) {
        int64_t *before = &last[(unsigned char)fake_producer.sends[i].aggregate[0]];
        ck_assert_int_lt(*before, fake_producer.sends[i].seq);
        *before = fake_producer.sends[i].seq;
    }
    for (; *names; names++)
        ck_assert_int_gt(last[(unsigned char)*names], 0);
}

// Windows take their time, so that they meet.
static void
linger(enum fake_call call)
{
    if (call == FAKE_COMMIT)
        mono_sleep_ms(2);
}

START_TEST(test_lanes_share_slots)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    prepare(3, ORDERING_KEY);
    fake_store.slots = 4;
    fake_store.on_call = linger;
    for (int64_t seq = 1; seq <= 1200; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = names[seq % 4]});
    start(NULL);
    WAIT_FOR(fake_published() == 1200);
    stop();
    assert_sent_in_order("abcd", 1200);
    ck_assert_int_gt(fake_store.most_at_once, 1);
    ck_assert_int_le(fake_store.most_at_once, 3);
}
END_TEST

// What others hold is left to them, and found when they are gone.
START_TEST(test_lanes_pass_over_slots_of_others)
{
    prepare(2, ORDERING_KEY);
    fake_store.slots = 2;
    fake_store.slots_taken = 1 << fake_slot("a", 2);
    for (int64_t seq = 1; seq <= 100; seq++)
        fake_add((struct fake_row){.seq = seq, .aggregate = seq % 2 ? "a" : "b"});
    start(NULL);
    WAIT_FOR(fake_published() == 50);
    WAIT_FOR(relay_lane(relay, 0).phase == LANE_STANDBY ||
             relay_lane(relay, 1).phase == LANE_STANDBY);
    ck_assert_uint_eq(fake_published(), 50);
    fake_store_lock();
    fake_store.slots_taken = 0;
    fake_store_unlock();
    WAIT_FOR(fake_published() == 100);
    stop();
    assert_sent_in_order("ab", 100);
}
END_TEST

START_TEST(test_no_more_messages_than_asked_for)
{
    for (uint64_t limit = 1; limit <= 1001; limit += 250) {
        prepare(4, ORDERING_NONE);
        fake_add_many(1, 1500, "a");
        start(&(struct relay_goal){.max_messages = limit});
        WAIT_FOR(relay_stats(relay)->published == limit);
        fake_add_many(1501, 1510, "a"); // and what comes later changes nothing
        stop();
        ck_assert_uint_eq(sent(), limit);
        ck_assert_uint_eq(fake_published(), limit);
    }
}
END_TEST

START_TEST(test_a_rate_is_for_all_lanes_together)
{
    prepare(2, ORDERING_NONE);
    fake_add_many(1, 60, "a");
    struct mono began = mono_now();
    start(&(struct relay_goal){.rate = 100});
    WAIT_FOR(fake_published() == 60);
    // The last window of each lane is not waited for: 2 lanes of 100 / 2 / 20 + 1 rows.
    ck_assert(mono_diff_ns(mono_now(), began) >= INT64_C(480000000));
    stop();
}
END_TEST

START_TEST(test_until_is_the_last_row)
{
    prepare(2, ORDERING_NONE);
    fake_add_many(1, 50, "a");
    start(&(struct relay_goal){.until = 30});
    WAIT_FOR(fake_published() == 30);
    WAIT_FOR(relay_lane(relay, 0).phase == LANE_IDLE && relay_lane(relay, 1).phase == LANE_IDLE);
    stop();
    ck_assert_uint_eq(sent(), 30);
}
END_TEST

// --- a bad day

enum { AGGREGATES = 8, WRITERS = 4, TRANSACTION_ROWS = 4, BAD_ROWS = 600 };

static const char *const aggregates[AGGREGATES] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static atomic_bool bad;        // is it still?
static _Atomic unsigned dice;  // of the lanes
static int broken[AGGREGATES]; // the window in which its partition lost a message

static bool
one_in(unsigned n)
{
    unsigned x = atomic_fetch_add(&dice, 0x9e3779b9U);
    x = (x ^ x >> 16) * 0x85ebca6bU;
    x = (x ^ x >> 13) * 0xc2b2ae35U;
    return atomic_load(&bad) && (x ^ x >> 16) % n == 0;
}

// What is written to a partition is a prefix of what was sent, as with an idempotent producer.
static struct fate
judge(const struct message *message)
{
    int *mine = &broken[message->row.aggregate_id.data[0] - 'a'];
    fake_store_lock();
    int window = fake_store.window[fake_slot(aggregates[mine - broken], fake_store.slots)];
    fake_store_unlock();
    if (one_in(60))
        return (struct fate){.kind = FATE_REFUSED, .fault = FAULT_MESSAGE};
    if (one_in(60))
        *mine = window;
    struct fate fate = {.polls = one_in(10) ? 2 : 0};
    if (*mine == window) {
        fate.kind = one_in(4) ? FATE_NEVER : FATE_FAILED;
        fate.fault = FAULT_CLUSTER;
    }
    return fate;
}

static void
strike(enum fake_call call)
{
    if (call != FAKE_OPEN && one_in(call == FAKE_POLL ? 20 : 60))
        fake_fail(call, 0, 1, "08006");
}

// Writers whose transactions overlap; an aggregate is one's from its first row to its commit.
static struct {
    unsigned random;
    int64_t next_seq;
    uint64_t next_id;
    struct {
        uint64_t id; // 0: not running
        struct fake_row rows[TRANSACTION_ROWS];
        size_t count;
    } writers[WRITERS];
    int owner[AGGREGATES]; // a writer's number + 1
    int changes;           // of the number of slots
} day;

static unsigned
draw(unsigned n)
{
    day.random = day.random * 1664525U + 1013904223U;
    return (day.random >> 8) % n;
}

static void
write_row(unsigned me)
{
    unsigned aggregate = draw(AGGREGATES);
    if (day.owner[aggregate] != 0 && day.owner[aggregate] != (int)me + 1)
        return;
    day.owner[aggregate] = (int)me + 1;
    if (day.writers[me].id == 0)
        day.writers[me].id = day.next_id++;
    day.writers[me].rows[day.writers[me].count++] =
        (struct fake_row){.seq = day.next_seq++,
                          .aggregate = aggregates[aggregate],
                          .writer = (uint32_t)day.writers[me].id};
}

static void
commit(unsigned me)
{
    uint64_t xmin = day.next_id;
    day.writers[me].id = 0;
    for (unsigned i = 0; i < WRITERS; i++)
        if (day.writers[i].id != 0 && day.writers[i].id < xmin)
            xmin = day.writers[i].id;
    for (int i = 0; i < AGGREGATES; i++)
        if (day.owner[i] == (int)me + 1)
            day.owner[i] = 0;
    fake_commit(day.writers[me].rows, day.writers[me].count, xmin, day.next_id);
    day.writers[me].count = 0;
}

// Somebody looks at a row for a while; time passes for those that wait.
static void
disturb(int64_t *locked)
{
    fake_store_lock();
    fake_store.now_ms += 20;
    if (*locked != 0)
        fake_find(*locked)->locked = false;
    *locked = 0;
    if (fake_store.count > 0) {
        struct fake_row *row = &fake_store.rows[fake_store.count - 1 - draw(2) % fake_store.count];
        if (!row->owner && !row->published)
            *locked = row->seq;
        row->locked = *locked != 0;
    }
    fake_store_unlock();
}

// Or everything would be written before the lanes have begun. A locked row may keep them.
static void
let_lanes_follow(void)
{
    struct mono enough = mono_add_ms(mono_now(), 50);
    while (day.next_seq > (int64_t)fake_published() + 40 && !mono_passed(enough)) {
        mono_sleep_ms(1);
        fake_store_lock();
        fake_store.now_ms += 5;
        fake_store_unlock();
    }
}

// The slots of a day: always 1, always so many, or (0) another number now and then.
static void
maybe_change_slots(int slots)
{
    if (slots == 0 && draw(10) == 0)
        day.changes += fake_change_slots(1 << draw(3));
}

static void
write_all(int slots)
{
    int64_t locked = 0;
    while (day.next_seq <= BAD_ROWS) {
        unsigned me = draw(WRITERS);
        if (day.writers[me].count == TRANSACTION_ROWS || draw(4) == 0)
            commit(me);
        else
            write_row(me);
        if (draw(20) == 0)
            disturb(&locked);
        maybe_change_slots(slots);
        let_lanes_follow();
    }
    for (unsigned i = 0; i < WRITERS; i++)
        commit(i);
    if (locked != 0)
        fake_lock_row(locked, false);
}

// A row that tries its topic is waited for up to half a minute, but not by a test.
static void
heal(void)
{
    atomic_store(&bad, false);
    fake_producer_lock();
    fake_producer.healed = true;
    fake_producer_unlock();
}

static bool
all_done(void)
{
    fake_store_lock();
    fake_store.now_ms += 100;
    bool done = true;
    for (size_t i = 0; i < fake_store.count; i++)
        done &= fake_store.rows[i].published || fake_store.rows[i].dead;
    fake_store_unlock();
    return done;
}

static void
assert_first_deliveries_are_in_order(void)
{
    static bool delivered[BAD_ROWS + 100];
    int64_t last[AGGREGATES] = {0};
    memset(delivered, 0, sizeof delivered);
    for (size_t i = 0; i < fake_producer.sent; i++) {
        const struct fake_send *send = &fake_producer.sends[i];
        if (!send->acknowledged || delivered[send->seq])
            continue;
        int64_t *before = &last[send->aggregate[0] - 'a'];
        ck_assert_msg(*before < send->seq, "row %lld of %s arrived after row %lld",
                      (long long)send->seq, send->aggregate, (long long)*before);
        *before = send->seq;
        delivered[send->seq] = true;
    }
    for (size_t i = 0; i < fake_store.count; i++)
        ck_assert(delivered[fake_store.rows[i].seq] == fake_store.rows[i].published);
}

static void
bad_day(unsigned seed, int lanes, int slots)
{
    prepare(lanes, ORDERING_KEY);
    fake_store.slots = slots > 0 ? slots : 1;
    one.settings.window_deadline_ms = 40;
    one.settings.max_retries = one.store_settings.max_retries = 50;
    one.settings.retry_backoff_ms = 100;
    one.settings.retry_backoff_max_ms = 400;
    memset(&day, 0, sizeof day);
    day.random = seed;
    day.next_seq = 1;
    day.next_id = 100;
    fake_store.xmin = fake_store.xmax = 100;
    fake_store.on_call = strike;
    fake_producer.judge = judge;
    atomic_store(&dice, seed);
    memset(broken, 0, sizeof broken);
    atomic_store(&bad, true);
    start(NULL);
    write_all(slots);
    heal();
    WAIT_FOR(all_done());
    ck_assert_uint_gt(relay_stats(relay)->errors[FAULT_CLUSTER], 5); // or it was a good day
    ck_assert_uint_gt(relay_stats(relay)->failed_attempts, 0);
    ck_assert_uint_eq(relay_stats(relay)->dead, 0);
    ck_assert_int_ge(day.changes, slots > 0 ? 0 : 3);
    stop();
    assert_first_deliveries_are_in_order();
}

START_TEST(test_a_bad_day)
{
    for (unsigned seed = 1; seed <= 5; seed++)
        bad_day(seed, 2, 1);
}
END_TEST

START_TEST(test_a_bad_day_with_slots)
{
    for (unsigned seed = 1; seed <= 4; seed++) {
        bad_day(seed, 2, 4);
        bad_day(seed, 4, 2);
    }
}
END_TEST

START_TEST(test_a_bad_day_while_the_slots_change)
{
    for (unsigned seed = 1; seed <= 4; seed++)
        bad_day(seed, 3, 0);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("relay", test_phases_have_names, test_waiting_has_an_end,
                     test_lanes_share_the_work, test_one_lane_keeps_order_and_the_others_stand_by,
                     test_lanes_share_slots, test_lanes_pass_over_slots_of_others,
                     test_no_more_messages_than_asked_for, test_a_rate_is_for_all_lanes_together,
                     test_until_is_the_last_row, test_a_bad_day, test_a_bad_day_with_slots,
                     test_a_bad_day_while_the_slots_change);
}
