// SPDX-License-Identifier: Apache-2.0
//
// Wake-up by NOTIFY: idle lanes look at once when told, seldom while they are told, and as often as
// ever when a row came without a word or nobody listens.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c tests/support/one_lane.c
#include "outrider/base/log.h"
#include "tests/support/fake_producer.h"
#include "tests/support/fake_store.h"
#include "tests/support/one_lane.h"
#include "tests/support/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MINUTE_MS = 60000 };

static struct relay *relay;

static void
start(int lanes, int poll_ms)
{
    one_prepare(2);
    one.settings.lanes = lanes;
    one.settings.poll_min_ms = one.settings.poll_max_ms = poll_ms;
    one.settings.listen = true;
    one.store_settings.ordering = ORDERING_NONE;
    one.store_settings.table = "t";
    relay = relay_start(&one.settings, &one.store_settings, &one.producer_settings, NULL);
}

static void
stop(void)
{
    relay_stop(relay, false);
    WAIT_FOR(relay_wait(relay, 100));
    relay_free(relay);
    one_teardown();
}

// How often this stands in the log.
static int
logged(const char *word)
{
    static char text[65536];
    ssize_t size = pread(one.log, text, sizeof text - 1, 0);
    int count = 0;
    text[size > 0 ? size : 0] = '\0';
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static void
notify(void)
{
    fake_store_lock();
    fake_store.notified = true;
    fake_store_unlock();
}

static int
calls(enum fake_call call)
{
    fake_store_lock();
    const int count = fake_store.calls[call];
    fake_store_unlock();
    return count;
}

// Their own next look is a minute away.
START_TEST(test_idle_lanes_are_told)
{
    start(2, MINUTE_MS);
    WAIT_FOR(logged("event=listening channel=t ") == 1);
    WAIT_FOR(calls(FAKE_POLL) >= 2); // for what was notified before that
    for (int64_t row = 1; row <= 3; row++) {
        fake_add((struct fake_row){.seq = row, .aggregate = "a"});
        notify();
        WAIT_FOR(fake_published() == (size_t)row);
    }
    ck_assert_int_eq(logged("event=listen_heard"), 1);
    ck_assert_int_eq(logged("event=listen_missed"), 0);
    stop();
}
END_TEST

// No notification tells that a row's time in quarantine is over.
START_TEST(test_a_row_in_quarantine_is_looked_for_by_the_clock)
{
    const struct message_id id = fake_id(1);
    one_setup(2);
    atomic_store(&one.shared.wake.heard, true);
    atomic_store(&one.shared.wake.turn, 1); // another one than the lane's: it does not wait
    ck_assert(wake_wait(&one.lane));
    ck_assert_int_eq(one.lane.idle.maximum_ms, WAKE_POLL_MS);
    quarantine_add(&one.lane.slot->quarantine, &id);
    atomic_store(&one.shared.wake.turn, 2);
    ck_assert(wake_wait(&one.lane));
    ck_assert_int_eq(one.lane.idle.maximum_ms, one.settings.poll_max_ms);
    one_teardown();
}
END_TEST

START_TEST(test_without_a_word_they_look_as_ever)
{
    start(1, 2);
    WAIT_FOR(logged("event=listening") == 1);
    notify();
    WAIT_FOR(logged("event=listen_heard") == 1);
    const int looks = calls(FAKE_POLL);
    WAIT_FOR(calls(FAKE_POLL) >= looks + 3); // the one that was told of is among them
    fake_add((struct fake_row){.seq = 1, .aggregate = "a"}); // nobody tells
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(logged("event=listen_missed") == 1);
    WAIT_FOR(logged("event=listening") == 2); // perhaps by another server
    fake_add((struct fake_row){.seq = 2, .aggregate = "a"});
    WAIT_FOR(fake_published() == 2);
    ck_assert_int_eq(logged("event=listen_missed"), 1); // it was known
    notify();
    WAIT_FOR(logged("event=listen_heard") == 2);
    stop();
}
END_TEST

START_TEST(test_nobody_listens_for_a_while)
{
    start(1, 2);
    WAIT_FOR(logged("event=listening") == 1);
    fake_fail(FAKE_HEAR, 0, 1, "CONNECT");
    fake_fail(FAKE_LISTEN, 0, 2, "42501");
    WAIT_FOR(logged("event=listen_failed") == 3);
    fake_add((struct fake_row){.seq = 1, .aggregate = "a"});
    WAIT_FOR(fake_published() == 1);
    WAIT_FOR(logged("event=listening") == 2);
    ck_assert_int_eq(logged("code=42501"), 2);
    stop();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("wake", test_idle_lanes_are_told,
                     test_a_row_in_quarantine_is_looked_for_by_the_clock,
                     test_without_a_word_they_look_as_ever, test_nobody_listens_for_a_while);
}
