// SPDX-License-Identifier: Apache-2.0
//
// Lanes that cannot have a slot: which session they show, until when, and what they log of it.
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

static struct relay *relay;

static const struct slot_holder session = {
    .found = true,
    .pid = 4711,
    .transaction = "3/0",
    .may_claim = true,
    .transaction_ms = -1,
    .lock = "the lock of slot 0",
    .who = "session 4711 (user app)",
    .remedy = "SELECT pg_terminate_backend(4711)",
};

static void
start(int lanes, const struct slot_holder *holder)
{
    one_prepare(2);
    one.settings.lanes = lanes;
    fake_add((struct fake_row){.seq = 1, .aggregate = "a"});
    fake_store.slots_taken = 1;
    fake_store.slot_holder = *holder;
    relay = relay_start(&one.settings, &one.store_settings, &one.producer_settings, NULL);
}

static void
let_go(void)
{
    fake_store_lock();
    fake_store.slots_taken = 0;
    fake_store.slot_holder = (struct slot_holder){0};
    fake_store_unlock();
}

static void
stop(void)
{
    relay_stop(relay, false);
    WAIT_FOR(relay_wait(relay, 100));
    relay_free(relay);
    one_teardown();
}

static int
looks(void)
{
    fake_store_lock();
    const int count = fake_store.calls[FAKE_SLOT_HOLDER];
    fake_store_unlock();
    return count;
}

START_TEST(test_shown_by_each_lane_and_told_once)
{
    struct lane_trouble by;

    start(2, &session);
    WAIT_FOR(relay_lane_taken(relay, 0, &by));
    WAIT_FOR(relay_lane_taken(relay, 1, &by));
    ck_assert_str_eq(by.event, "slot_taken");
    ck_assert_ptr_nonnull(strstr(by.error.text, session.who));
    ck_assert_int_eq(one_logged("event=slot_taken"), 1);
    ck_assert_int_eq(looks(), 2 * HOLDER_ODD_LOOKS);
    let_go();
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(!relay_lane_taken(relay, 0, &by) && !relay_lane_taken(relay, 1, &by));
    ck_assert_int_eq(one_logged("event=slot_freed"), 1);
    stop();
}
END_TEST

// How many windows were begun; the lane shows no holder then.
static int
begins_untaken(void)
{
    struct lane_trouble by;

    ck_assert(!relay_lane_taken(relay, 0, &by));
    fake_store_lock();
    const int count = fake_store.calls[FAKE_BEGIN];
    fake_store_unlock();
    return count;
}

// Nothing is shown of another relay, and it is looked at seldom.
START_TEST(test_another_relay)
{
    struct slot_holder another = session;

    another.in_transaction = true;
    start(1, &another);
    fake_store_lock();
    const int begun = fake_store.calls[FAKE_BEGIN];
    fake_store_unlock();
    WAIT_FOR(looks() == 1);
    WAIT_FOR(begins_untaken() - begun >= 10);
    ck_assert_int_eq(looks(), 1);
    let_go();
    WAIT_FOR(fake_published() == 1);
    ck_assert_int_eq(one_logged("event=slot_"), 0);
    stop();
}
END_TEST

START_TEST(test_a_prepared_transaction_has_no_pid)
{
    struct lane_trouble by;
    struct slot_holder prepared = session;

    prepared.pid = 0;
    start(1, &prepared);
    WAIT_FOR(relay_lane_taken(relay, 0, &by));
    ck_assert_int_eq(one_logged("event=slot_taken"), 1);
    ck_assert_int_eq(one_logged("holder_pid="), 0);
    let_go();
    WAIT_FOR(fake_published() == 1);
    stop();
}
END_TEST

START_TEST(test_a_failed_look_connects_anew)
{
    struct lane_trouble by;

    one_prepare(2);
    fake_fail(FAKE_SLOT_HOLDER, 1, 1, "08006");
    fake_store.slots_taken = 1;
    fake_store.slot_holder = session;
    relay = relay_start(&one.settings, &one.store_settings, &one.producer_settings, NULL);
    WAIT_FOR(relay_lane_taken(relay, 0, &by));
    fake_store_lock();
    ck_assert_int_eq(fake_store.calls[FAKE_OPEN], 2);
    fake_store_unlock();
    stop();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("lane_holder", test_shown_by_each_lane_and_told_once, test_another_relay,
                     test_a_prepared_transaction_has_no_pid, test_a_failed_look_connects_anew);
}
