// SPDX-License-Identifier: Apache-2.0
//
// The loop of a drain against a scripted relay and table: when it counts, what it says, how it
// ends.
#include "src/cli/drain.h"
#include "src/cli/exits.h"
#include "tests/support/fake_relay.h"
#include "tests/support/unit.h"

#include "outrider/base/log.h"
#include "outrider/config/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// links: base tests/support/fake_relay.c src/relay/stats.c src/cli/drain.c src/cli/drain_judge.c
// links: src/relay/holder.c src/relay/health.c src/cli/ask_holder.c
// links: src/cli/closing.c src/cli/exits.c src/cli/figures.c src/cli/format.c src/cli/progress.c
// links: src/cli/run_log.c src/cli/screen.c src/cli/stop.c

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool
settings_given(const struct settings *settings, const char *path)
{
    (void)settings, (void)path;
    return false;
}

static const struct settings settings = {
    .store = {.table = "t", .ordering = ORDERING_KEY},
    .relay = {.stop_timeout_ms = 1000, .retry_backoff_max_ms = 60000},
};

static const struct slot_holder relay_at_99 = {
    .found = true, .pid = 99, .may_claim = true, .in_transaction = true, .transaction = "3/1"};

static char output[16384];

// Runs a drain; *output gets the log and the closing table.
static int
run(const struct drain_limits *limits)
{
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(file);
    setenv("TERM", "dumb", 1); // no bar, wherever the tests run
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    log_set_fd(fileno(file));
    int code = drain(&settings, limits);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    output[fread(output, 1, sizeof output - 1, file)] = '\0';
    fclose(file);
    return code;
}

static const struct drain_limits unlimited = {.give_up_ms = 30000};

START_TEST(test_nothing_to_do)
{
    const struct fake_count counts[] = {{.version = 2}};
    fake = (struct fake){.counts = counts, .count_count = COUNT(counts)};
    ck_assert_int_eq(run(&unlimited), EX_OK);
    ck_assert(!fake.started);
    ck_assert_ptr_nonnull(strstr(output, "remaining"));
}
END_TEST

START_TEST(test_all_gone)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_CONNECT},
        {.phase = LANE_CLAIM, .connected = true},
        {.phase = LANE_SETTLE, .connected = true, .active = true, .published = 60, .claimed = 100},
        {.phase = LANE_IDLE, .connected = true, .active = true, .published = 99, .dead = 1},
    };
    const struct fake_count counts[] = {{.version = 2}};
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 4711,
                         .end_messages = 100};
    struct drain_limits limits = unlimited;
    limits.max_messages = 1000;
    limits.rate = 50;
    ck_assert_int_eq(run(&limits), EX_OK);
    ck_assert(fake.goal.wait_for_slot);
    ck_assert_int_eq(fake.goal.until, 4711);
    ck_assert_uint_eq(fake.goal.max_messages, 1000);
    ck_assert_uint_eq(fake.goal.rate, 50);
    ck_assert_int_eq(fake.until, 4711);
    ck_assert_uint_eq(fake.counted, 1); // only once there was as much done as there was
    ck_assert(fake.stopped && !fake.reasons_asked);
    ck_assert_ptr_null(strstr(output, "took the slot over"));
}
END_TEST

// The table has the last word: as many rows as there were are done, but others than those.
START_TEST(test_own_figures_are_not_believed)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_IDLE, .connected = true, .active = true, .published = 10, .claimed = 10},
    };
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 1, .claimable = 1}},
        {.version = 2},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 10};
    ck_assert_int_eq(run(&unlimited), EX_OK);
    ck_assert_uint_eq(fake.counted, 2);
}
END_TEST

START_TEST(test_limit_and_reasons)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_COMMIT, .connected = true, .active = true, .published = 5, .claimed = 5},
    };
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 3, .locked = 1, .locked_pid = 77, .claimable = 2}},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 8};
    struct drain_limits limits = {.max_messages = 5, .give_up_ms = 30000};
    ck_assert_int_eq(run(&limits), EX_TEMPFAIL);
    ck_assert(fake.reasons_asked);
    ck_assert_ptr_nonnull(strstr(output, "by pid 77"));
    ck_assert_ptr_nonnull(strstr(output, "--max-messages"));
}
END_TEST

START_TEST(test_takes_over)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_CLAIM, .connected = true},
        {.phase = LANE_IDLE, .connected = true, .active = true, .published = 5, .claimed = 5},
    };
    const struct fake_count counts[] = {{.version = 2}};
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 5,
                         .holder = relay_at_99};
    ck_assert_int_eq(run(&unlimited), EX_OK);
    ck_assert_ptr_nonnull(strstr(output, "took the slot over"));
    ck_assert_ptr_nonnull(strstr(output, "99"));
}
END_TEST

// With several slots nothing is taken over, and no backend is the relay's only one.
START_TEST(test_works_beside_others_in_slots)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_CLAIM, .connected = true},
        {.phase = LANE_IDLE, .connected = true, .active = true, .published = 5, .claimed = 5},
    };
    const struct fake_count counts[] = {{.version = 2}};
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 5,
                         .holder = relay_at_99,
                         .slots = 4};
    ck_assert_int_eq(run(&unlimited), EX_OK);
    ck_assert_ptr_nonnull(strstr(output, "event=drain_beside"));
    ck_assert_ptr_nonnull(strstr(output, "working beside other relays, each in some of the table's "
                                         "4 slots (one of their backends is pid 99)"));
    ck_assert_ptr_null(strstr(output, "the slot"));
}
END_TEST

// Another relay keeps the slot: the drain sees the backlog fall, and its end.
START_TEST(test_stands_by)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_CLAIM, .connected = true, .standby = true}};
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 50, .claimable = 50}},
        {.version = 2, .remaining = {.messages = 20, .claimable = 20}},
        {.version = 2},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 60};
    const struct drain_limits limits = {.give_up_ms = 2000}; // the backlog falls, so it goes on
    ck_assert_int_eq(run(&limits), EX_OK);
    ck_assert_ptr_nonnull(strstr(output, "watching the backlog fall"));
    ck_assert_ptr_nonnull(strstr(output, "taken by others"));
}
END_TEST

// Its first claim takes long: that says nothing of others.
START_TEST(test_a_first_claim_is_no_standby)
{
    const struct fake_moment moments[] = {{.phase = LANE_CLAIM, .connected = true}};
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 5, .claimable = 5}},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 5};
    const struct drain_limits limits = {.give_up_ms = 3000};
    ck_assert_int_ne(run(&limits), EX_OK);
    ck_assert_ptr_null(strstr(output, "another relay"));
}
END_TEST

// A session that is no relay keeps the slot: it is named, and not taken for another relay.
START_TEST(test_is_kept_out)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_CLAIM, .connected = true, .standby = true}};
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 5, .claimable = 5}},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 5,
                         .holder = relay_at_99};
    fake.holder.in_transaction = false;
    snprintf(fake.holder.who, sizeof fake.holder.who, "session 99 (user app)");
    const struct drain_limits limits = {.give_up_ms = 3000};
    ck_assert_int_ne(run(&limits), EX_OK);
    ck_assert_ptr_nonnull(strstr(output, "event=drain_kept_out"));
    ck_assert_ptr_nonnull(strstr(output, "session 99 (user app) has"));
    ck_assert_ptr_null(strstr(output, "another relay"));
}
END_TEST

// The end of one version means nothing in another: nothing is left up to there, and yet it goes on.
START_TEST(test_version_changes)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_IDLE, .connected = true, .active = true, .published = 5, .claimed = 5},
    };
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 1, .claimable = 1}},
        {.version = 1},
        {.version = 1, .remaining = {.messages = 2, .claimable = 2}},
        {.version = 1},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 4711,
                         .end_messages = 5};
    ck_assert_int_eq(run(&unlimited), EX_OK);
    ck_assert_uint_eq(fake.counted, COUNT(counts));
    ck_assert_int_eq(fake.until, INT64_MAX);
}
END_TEST

START_TEST(test_unavailable)
{
    const struct fake_count counts[] = {{.error = "CONNECT"}};
    fake = (struct fake){.counts = counts, .count_count = COUNT(counts)};
    const struct drain_limits limits = {.give_up_ms = 300};
    ck_assert_int_eq(run(&limits), EX_UNAVAILABLE);
    ck_assert(!fake.started);
    const struct fake_count missing[] = {{.error = "TABLE"}};
    fake = (struct fake){.counts = missing, .count_count = COUNT(missing)};
    ck_assert_int_eq(run(&unlimited), EX_CONFIG);
}
END_TEST

// The drain's own connection is lost while the lanes go on: it is made again.
START_TEST(test_report_is_lost_and_found)
{
    const struct fake_moment moments[] = {
        {.phase = LANE_IDLE, .connected = true, .active = true, .published = 5, .claimed = 5},
    };
    const struct fake_count counts[] = {
        {.version = 2, .remaining = {.messages = 1, .claimable = 1}},
        {.error = "CONNECT"},
        {.error = "CONNECT"},
        {.version = 2},
    };
    fake = (struct fake){.moments = moments,
                         .moment_count = COUNT(moments),
                         .counts = counts,
                         .count_count = COUNT(counts),
                         .end_until = 1,
                         .end_messages = 5};
    ck_assert_int_eq(run(&unlimited), EX_OK);
    ck_assert_ptr_nonnull(strstr(output, "drain_look_failed"));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("drain", test_nothing_to_do, test_all_gone, test_own_figures_are_not_believed,
                     test_limit_and_reasons, test_takes_over, test_works_beside_others_in_slots,
                     test_stands_by, test_a_first_claim_is_no_standby, test_is_kept_out,
                     test_version_changes, test_unavailable, test_report_is_lost_and_found);
}
