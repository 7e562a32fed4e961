// SPDX-License-Identifier: Apache-2.0
//
// The verdict and readiness: what weighs most is said, and nothing is said twice.
#include "src/monitor/verdict.h"

#include "src/monitor/readiness.h"
#include "tests/support/snapshots.h"
#include "tests/support/unit.h"

#include <string.h>

static struct snapshot snapshot;

static void
expect(enum verdict_level level, const char *line, const char *reason)
{
    struct verdict verdict;
    verdict_judge(&snapshot, &verdict);
    ck_assert_str_eq(text_str(&verdict.line), line);
    ck_assert_msg(strstr(text_str(&verdict.reason), reason) != NULL, "%s",
                  text_str(&verdict.reason));
    ck_assert_int_eq(verdict.level, level);
    verdict_free(&verdict);
}

// reasons: separated by blanks; "": ready.
static void
expect_reasons(const char *names)
{
    struct text told = {0}, body = {0};
    struct reasons reasons;
    readiness_judge(&snapshot, &reasons);
    for (size_t i = 0; i < reasons.count; i++)
        text_appendf(&told, "%s%s", i > 0 ? " " : "", reasons.list[i].name);
    ck_assert_str_eq(text_str(&told), names);
    ck_assert_uint_eq(readiness_answer(&snapshot, &body), *names == '\0' ? 200 : 503);
    text_free(&told);
    text_free(&body);
}

static void
expect_health(unsigned status)
{
    struct text body = {0};
    ck_assert_uint_eq(readiness_answer_health(&snapshot, &body), status);
    text_free(&body);
}

START_TEST(test_all_is_well)
{
    snapshot = snapshots_of_a_good_day();
    expect(VERDICT_GOOD, "All is well: nothing waits.", "");
    snapshots_add_topic(&snapshot, "orders", 3, 0, 1000);
    expect(VERDICT_GOOD, "All is well.", "");
    snapshot.points[0].rate = 1234.5;
    snapshot.point_count = 1;
    expect(VERDICT_GOOD, "All is well: 1,234 messages a second.", "");
    expect_reasons("");
    expect_health(200);
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_a_standby_is_ready)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.lanes[0].view.active = false;
    snapshot.lanes[0].view.phase = LANE_STANDBY;
    snapshot.lanes[0].view.standby = true;
    expect(VERDICT_GOOD, "Standing by.", "takes over");
    expect_reasons("");
    snapshot_free(&snapshot);
}
END_TEST

// It is not known yet whether another relay has the slot.
START_TEST(test_a_first_window_is_no_standby)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.lanes[0].view.active = false;
    snapshot.lanes[0].view.phase = LANE_CLAIM;
    expect(VERDICT_GOOD, "Starting.", "first window");
    expect_reasons("");
    snapshot_free(&snapshot);
}
END_TEST

// Whatever else the lanes do, and each session once.
START_TEST(test_a_session_that_is_no_relay)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.lanes[0].taken = true;
    snapshot.lanes[0].taken_by.event = "slot_taken";
    error_set(&snapshot.lanes[0].taken_by.error, FAULT_CLUSTER, "SLOT", "session 4711 has it");
    expect(VERDICT_BAD, "A session that is no relay at work keeps messages from being sent.",
           "session 4711 has it");
    expect_reasons("slot_taken");
    expect_health(200);
    snapshot.lanes[0].view.active = false;
    snapshot.lanes[0].view.phase = LANE_STANDBY;
    expect_reasons("slot_taken");
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_an_outage_is_no_illness)
{
    snapshot = snapshots_of_a_good_day();
    snapshots_trouble(&snapshot, "kafka_unavailable", "_TRANSPORT", "Connection refused");
    expect(VERDICT_BAD, "Kafka cannot be reached. Rows wait, nothing is lost.",
           "Connection refused");
    expect_reasons("kafka_unavailable");
    expect_health(200);
    snapshots_trouble(&snapshot, "postgres_unavailable", "CONNECT", "no route");
    expect_reasons("postgres_unavailable");
    snapshots_trouble(&snapshot, "postgres_unavailable", "TABLE", "there is no table");
    expect(VERDICT_BAD, "The table cannot be served.", "there is no table");
    expect_reasons("table_unfit");
    snapshot.lanes[0].troubled = false;
    expect(VERDICT_WARN, "Connecting.", "");
    expect_reasons("connecting");
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_stuck_and_stalled)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.lanes[0].health = LANE_STALLED;
    expect(VERDICT_BAD, "The relay gets nowhere.", "no lane");
    expect_reasons("no_progress");
    expect_health(200);
    snapshot.lanes[0].health = LANE_STUCK;
    expect(VERDICT_BAD, "A lane is stuck.", "lane 0 is in idle since");
    expect_reasons("lane_stuck");
    expect_health(503);
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_a_pause_is_not_ready)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.lanes[0].view.phase = LANE_PAUSED;
    snapshot.lanes[0].view.connected = snapshot.lanes[0].view.active = false;
    expect(VERDICT_WARN, "Paused. Rows wait, nothing is lost.", "SIGUSR2");
    expect_reasons("paused");
    expect_health(200);
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_blocked_topics)
{
    snapshot = snapshots_of_a_good_day();
    snapshots_add_topic(&snapshot, "orders", 3, 0, 1000);
    snapshots_add_topic(&snapshot, "refunds", 1, 0, 1000);
    snapshots_add_topic(&snapshot, "quiet", 0, 1, 0);
    snapshot.blocked[topic_index("orders")] = true;
    expect(VERDICT_WARN, "Topic orders cannot be written.", "all others go on");
    expect_reasons("");
    snapshot.blocked[topic_index("refunds")] = true;
    expect(VERDICT_BAD, "Nothing that waits can be sent.", "orders and others");
    expect_reasons("topics_blocked");
    // The topic that is named is one whose reason a lane knows.
    snapshot.lanes[0].troubled = true;
    snapshot.lanes[0].trouble.event = "topic_blocked";
    error_set(&snapshot.lanes[0].trouble.error, FAULT_TOPIC, "X", "topic refunds: forbidden");
    struct reasons reasons;
    readiness_judge(&snapshot, &reasons);
    ck_assert_ptr_nonnull(strstr(reasons.list[0].text, "topic refunds and others"));
    ck_assert_ptr_nonnull(strstr(reasons.list[0].text, "topic refunds: forbidden"));
    error_set(&snapshot.lanes[0].trouble.error, FAULT_TOPIC, "X", "topic orders: missing");
    expect(VERDICT_BAD, "Nothing that waits can be sent.", "for another; topic orders: missing");
    snapshot_free(&snapshot);
}
END_TEST

// One row never makes the relay unready.
START_TEST(test_rows_that_cannot_be_written_to)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.lanes[0].view.quarantined = 1;
    expect(VERDICT_WARN, "1 row cannot be written to.", "mark_refused");
    expect_reasons("");
    snapshot.lanes[0].view.quarantined = 2;
    expect(VERDICT_WARN, "2 rows cannot be written to.", "All others go on.");
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_what_can_wait_comes_last)
{
    snapshot = snapshots_of_a_good_day();
    snapshots_add_topic(&snapshot, "orders", 0, 1, 0);
    expect(VERDICT_WARN, "1 dead letter waits for somebody to decide.", "left alone");
    snapshot.sample->backlog.dead = 1234;
    expect(VERDICT_WARN, "1,234 dead letters wait for somebody to decide.", "");
    snapshot.reload_refused = true;
    expect(VERDICT_WARN, "The last reload was refused.", "stays in force");
    snapshot.sample_failed = true;
    error_set(&snapshot.sample_error, FAULT_CLUSTER, "57014", "canceling statement");
    expect(VERDICT_WARN, "The backlog is not known.", "canceling statement");
    snapshots_add_topic(&snapshot, "refunds", 5, 0, 190000);
    expect(VERDICT_WARN, "The oldest message has waited 3 min 10 s.", "5 wait.");
    expect_reasons("");
    snapshot_free(&snapshot);
}
END_TEST

START_TEST(test_between_relays)
{
    snapshot = snapshots_of_a_good_day();
    snapshot.stage = STAGE_STOPPING;
    expect(VERDICT_WARN, "Stopping.", "finished");
    expect_reasons("stopping");
    snapshot.stage = STAGE_RELOADING;
    snapshot.lane_count = 0;
    expect_reasons("reloading");
    expect_health(200);
    snapshot_free(&snapshot);
}
END_TEST

// No topic and no error can end its quotes.
START_TEST(test_the_command_is_one_for_a_shell)
{
    struct text command = {0};
    snapshot = snapshots_of_a_good_day();
    snapshots_add_reason(&snapshot, "it's; rm -rf /", "$(boom) `x` \"y\"", 1);
    verdict_append_command(&command, &snapshot, &snapshot.sample->reasons.list[0]);
    ck_assert_str_eq(text_str(&command), "outrider dead list --topic 'it'\\''s; rm -rf /' --error "
                                         "'$(boom) `x` \"y\"'");
    text_clear(&command);
    snapshot.config_file = xstrdup("/etc/my relay.yaml");
    snapshots_add_reason(&snapshot, "orders", NULL, 1);
    verdict_append_command(&command, &snapshot, &snapshot.sample->reasons.list[1]);
    ck_assert_str_eq(text_str(&command),
                     "outrider dead list -c '/etc/my relay.yaml' --topic 'orders'");
    text_free(&command);
    snapshot_free(&snapshot);
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "verdict", test_all_is_well, test_a_standby_is_ready, test_a_first_window_is_no_standby,
        test_a_session_that_is_no_relay, test_an_outage_is_no_illness, test_stuck_and_stalled,
        test_a_pause_is_not_ready, test_blocked_topics, test_rows_that_cannot_be_written_to,
        test_what_can_wait_comes_last, test_between_relays, test_the_command_is_one_for_a_shell);
}
