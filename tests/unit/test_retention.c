// SPDX-License-Identifier: Apache-2.0
//
// The thread that purges while lanes relay: when it works, what it says, and that it leaves.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c tests/support/one_lane.c
#include "src/relay/retention.h"

#include "outrider/relay/relay.h"
#include "tests/support/fake_purge.h"
#include "tests/support/one_lane.h"
#include "tests/support/unit.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const int64_t second = 1000, hour = 3600 * 1000, day = 24 * 3600 * 1000;

static struct relay *relay;

static void
start(int64_t retention_ms, bool purge)
{
    one_prepare(2);
    fake_purge = (struct fake_purge){0};
    one.settings.lanes = 1;
    one.settings.retention_ms = retention_ms;
    relay = relay_start(&one.settings, &one.store_settings, &one.producer_settings,
                        &(struct relay_goal){.purge = purge});
}

// It sleeps for long, and leaves at once all the same.
static void
stop(void)
{
    relay_stop(relay, false);
    ck_assert(relay_wait(relay, 5000));
    relay_free(relay);
    ck_assert_int_eq(atomic_load(&fake_purge.closed), atomic_load(&fake_purge.opened));
    one_teardown();
}

START_TEST(test_a_hundredth_of_the_time_that_rows_are_kept)
{
    ck_assert_int_eq(retention_interval_ms(hour, 0), 36 * second);
    ck_assert_int_eq(retention_interval_ms(second, 0), second);
    ck_assert_int_eq(retention_interval_ms(7 * day, 0), 600 * second);
    ck_assert_int_eq(retention_interval_ms(36500 * day, 0), 600 * second);
}
END_TEST

START_TEST(test_a_round_that_takes_long_comes_seldom)
{
    ck_assert_int_eq(retention_interval_ms(7 * day, 29 * second), 600 * second);
    ck_assert_int_eq(retention_interval_ms(7 * day, 60 * second), 1200 * second);
}
END_TEST

START_TEST(test_rounds_of_batches)
{
    start(second, true);
    atomic_store(&fake_purge.rows, 25);
    WAIT_FOR(one_logged("event=purged") == 1);
    ck_assert_int_eq(one_logged("rows=25"), 1);
    ck_assert_int_eq(atomic_load(&fake_purge.batches), 3);
    atomic_store(&fake_purge.rows, 5);
    WAIT_FOR(one_logged("rows=5 ") == 1);
    ck_assert_int_eq(one_logged("event=purge_unindexed"), 1);
    stop();
}
END_TEST

START_TEST(test_a_failure_that_lasts_is_told_once)
{
    start(second, true);
    atomic_store(&fake_purge.rows, 5);
    atomic_store(&fake_purge.failing_batches, 1);
    atomic_store(&fake_purge.failing_opens, 1);
    WAIT_FOR(one_logged("event=purged") == 1);
    ck_assert_int_eq(one_logged("level=warn event=purge_failed"), 1);
    ck_assert_int_eq(one_logged("code=CONNECT"), 1);
    atomic_store(&fake_purge.failing_batches, 1);
    WAIT_FOR(one_logged("level=warn event=purge_failed") == 2);
    stop();
}
END_TEST

START_TEST(test_a_pause_comes_after_the_batch_in_hand)
{
    start(second, true);
    atomic_store(&fake_purge.rows, 1000000);
    WAIT_FOR(atomic_load(&fake_purge.batches) > 0);
    relay_pause(relay, true);
    const int most = atomic_load(&fake_purge.batches) + 1;
    WAIT_FOR(relay_lane(relay, 0).phase == LANE_PAUSED);
    const int before = atomic_load(&fake_purge.batches);
    ck_assert_int_le(before, most);
    relay_pause(relay, false);
    WAIT_FOR(atomic_load(&fake_purge.batches) > before);
    relay_pause(relay, true);
    stop();
}
END_TEST

START_TEST(test_a_stop_is_not_slept_through)
{
    start(7 * day, true);
    stop();
    ck_assert_int_eq(atomic_load(&fake_purge.opened), 0);
}
END_TEST

// Has this process, which is the test's own, a thread of that name?
static bool
purges(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    char path[300], name[16];
    bool found = false;

    ck_assert_ptr_nonnull(tasks);
    while ((task = readdir(tasks)) != NULL) {
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        if (file == NULL) // "." and ".."
            continue;
        found = found || (fgets(name, sizeof name, file) != NULL && strcmp(name, "purge\n") == 0);
        fclose(file);
    }
    closedir(tasks);
    return found;
}

START_TEST(test_off_and_in_a_drain_there_is_no_thread)
{
    start(second, true);
    ck_assert(purges());
    stop();
    start(0, true);
    ck_assert(!purges());
    stop();
    start(second, false);
    ck_assert(!purges());
    stop();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("retention", test_a_hundredth_of_the_time_that_rows_are_kept,
                     test_a_round_that_takes_long_comes_seldom, test_rounds_of_batches,
                     test_a_failure_that_lasts_is_told_once,
                     test_a_pause_comes_after_the_batch_in_hand, test_a_stop_is_not_slept_through,
                     test_off_and_in_a_drain_there_is_no_thread);
}
