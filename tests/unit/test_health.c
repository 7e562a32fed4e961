// SPDX-License-Identifier: Apache-2.0
//
// Stuck, stalled or waiting: by phase, age and progress. The relay is the views of a test.
#include "outrider/relay/health.h"
#include "tests/support/unit.h"

// links: base src/relay/health.c

enum { SECOND = 1000, MINUTE = 60 * SECOND };

static const struct relay_settings settings = {
    .window_deadline_ms = 20 * SECOND, .poll_min_ms = 2, .poll_max_ms = 125};
static const struct store_settings store = {.connect_timeout_ms = 5 * SECOND,
                                            .statement_timeout_ms = 20 * SECOND};

static struct lane_view views[4];
static size_t view_count;

size_t
relay_lanes(const struct relay *relay)
{
    (void)relay;
    return view_count;
}

struct lane_view
relay_lane(const struct relay *relay, size_t lane)
{
    (void)relay;
    return views[lane];
}

// A lane in a phase for so long, its last progress so long ago; now is the hundredth hour.
static const struct mono now = {INT64_C(360000) * 1000000000};

static struct lane_view
lane(enum lane_phase phase, int64_t since_ms, int64_t progress_ms)
{
    return (struct lane_view){
        .phase = phase,
        .since = {now.ns - since_ms * 1000000},
        .last_progress = {now.ns - progress_ms * 1000000},
    };
}

static enum lane_health
judge(struct lane_view view)
{
    const struct health_limits limits = health_limits(&settings, &store);
    return health_of(&limits, &view, now);
}

START_TEST(test_each_phase_has_an_end)
{
    for (enum lane_phase phase = LANE_CONNECT; phase < LANE_ENDED; phase++) {
        const struct health_limits limits = health_limits(&settings, &store);
        const int64_t most = limits.phase_ms[phase];
        ck_assert_int_ge(most, 10 * SECOND);
        ck_assert_int_le(most, 7 * MINUTE);
        ck_assert_int_ne(judge(lane(phase, most - 1, 0)), LANE_STUCK);
        ck_assert_int_ne(judge(lane(phase, most, most)), LANE_STUCK);
        ck_assert_int_eq(judge(lane(phase, most + 1, most + 1)), LANE_STUCK);
    }
}
END_TEST

// Each is longer than all that can be waited for in it.
START_TEST(test_limits_follow_the_settings)
{
    const struct relay_settings patient = {
        .window_deadline_ms = 24 * SECOND, .poll_min_ms = 2, .poll_max_ms = MINUTE};
    const struct store_settings slow = {.connect_timeout_ms = 5 * MINUTE,
                                        .statement_timeout_ms = 60 * MINUTE};
    const struct health_limits limits = health_limits(&patient, &slow);
    ck_assert_int_gt(limits.phase_ms[LANE_CONNECT], 5 * MINUTE + 60 * MINUTE);
    ck_assert_int_gt(limits.phase_ms[LANE_CLAIM], 60 * MINUTE);
    ck_assert_int_gt(limits.phase_ms[LANE_PUBLISH], 24 * SECOND);
    ck_assert_int_gt(limits.phase_ms[LANE_SETTLE], 24 * SECOND + 6 * 60 * MINUTE);
    ck_assert_int_gt(limits.phase_ms[LANE_COMMIT], 60 * MINUTE);
    ck_assert_int_gt(limits.phase_ms[LANE_IDLE], MINUTE + 60 * MINUTE);
    ck_assert_int_gt(limits.phase_ms[LANE_STANDBY], MINUTE);
    ck_assert_int_eq(limits.progress_ms, 2 * 24 * SECOND + 60 * MINUTE);
    ck_assert_int_eq(health_limits(&settings, &store).progress_ms, MINUTE);
}
END_TEST

// An idle lane keeps its phase for days, and looks again and again.
START_TEST(test_idle_for_a_day)
{
    ck_assert_int_eq(judge(lane(LANE_IDLE, 24 * 60 * MINUTE, 100)), LANE_WELL);
    ck_assert_int_eq(judge(lane(LANE_IDLE, 24 * 60 * MINUTE, 40 * SECOND)), LANE_STUCK);
}
END_TEST

// An outage of a day: the lane comes back to back_off after each try.
START_TEST(test_an_outage_is_no_reason_to_restart)
{
    const int64_t day = 24 * 60 * MINUTE;
    ck_assert_int_eq(judge(lane(LANE_BACK_OFF, 5 * SECOND, 59 * SECOND)), LANE_WELL);
    ck_assert_int_eq(judge(lane(LANE_BACK_OFF, 5 * SECOND, 61 * SECOND)), LANE_STALLED);
    ck_assert_int_eq(judge(lane(LANE_BACK_OFF, 5 * SECOND, day)), LANE_STALLED);
    ck_assert_int_eq(judge(lane(LANE_CONNECT, 10 * SECOND, day)), LANE_STALLED);
}
END_TEST

START_TEST(test_an_ended_lane_is_well)
{
    ck_assert_int_eq(judge(lane(LANE_ENDED, 60 * MINUTE, 60 * MINUTE)), LANE_WELL);
}
END_TEST

START_TEST(test_the_worst_lane_counts)
{
    const struct health_limits limits = health_limits(&settings, &store);
    views[0] = lane(LANE_STANDBY, 100, 100);
    views[1] = lane(LANE_BACK_OFF, 100, 5 * MINUTE);
    views[2] = lane(LANE_SETTLE, 8 * MINUTE, 9 * MINUTE);
    views[3] = lane(LANE_COMMIT, 8 * MINUTE, 9 * MINUTE);
    view_count = 1;
    ck_assert_int_eq(relay_health(NULL, &limits, now).worst, LANE_WELL);
    ck_assert_uint_eq(relay_health(NULL, &limits, now).lanes, 0);
    view_count = 4;
    const struct health health = relay_health(NULL, &limits, now);
    ck_assert_int_eq(health.worst, LANE_STUCK);
    ck_assert_uint_eq(health.lane, 2);
    ck_assert_uint_eq(health.lanes, 3);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("health", test_each_phase_has_an_end, test_limits_follow_the_settings,
                     test_idle_for_a_day, test_an_outage_is_no_reason_to_restart,
                     test_an_ended_lane_is_well, test_the_worst_lane_counts);
}
