// SPDX-License-Identifier: Apache-2.0
//
// A stall is told once, with what a person needs; its end too.
// links: base src/relay/phase.c src/cli/stall.c tests/support/fake_relay.c
#include "src/cli/stall.h"

#include "outrider/base/log.h"
#include "tests/support/fake_relay.h"
#include "tests/support/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct lane_trouble trouble = {
    .event = "kafka_unavailable",
    .error = {.fault = FAULT_CLUSTER, .code = "_TRANSPORT", .text = "no broker answers"},
};
static struct stall stall;
static struct fake_moment now;
static int log_fd;

// What one look makes the log say; "" for nothing.
static const char *
look(enum lane_health health)
{
    static char line[2048];
    ck_assert_int_eq(ftruncate(log_fd, 0), 0);
    ck_assert_int_eq(lseek(log_fd, 0, SEEK_SET), 0);
    const struct health seen = {.worst = health, .lanes = health != LANE_WELL};
    stall_watch(&stall, NULL, &seen);
    ssize_t size = pread(log_fd, line, sizeof line - 1, 0);
    ck_assert_int_ge(size, 0);
    line[size] = '\0';
    return line;
}

static void
prepare(struct fake_moment moment)
{
    now = moment;
    stall = (struct stall){0};
    fake = (struct fake){.moments = &now, .moment_count = 1};
    log_fd = memfd_create("log", MFD_CLOEXEC);
    log_set_fd(log_fd);
}

static void
expect(const char *line, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(line, words[i]) != NULL, "no %s in: %s", words[i], line);
}
#define EXPECT(line, ...)                                                                          \
    expect(line, (const char *const[]){__VA_ARGS__},                                               \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

START_TEST(test_an_outage_is_told_once)
{
    prepare((struct fake_moment){.phase = LANE_BACK_OFF, .still_ms = 61500, .trouble = &trouble});
    ck_assert_str_eq(look(LANE_WELL), "");
    EXPECT(look(LANE_STALLED), "event=stalled", "level=error", "lane=0", "stuck=false",
           "phase=back_off", "seconds_without_progress=61", "connected=false", "code=_TRANSPORT",
           "no broker answers", "goes on by itself");
    for (int i = 0; i < 100; i++)
        ck_assert_str_eq(look(LANE_STALLED), "");
    EXPECT(look(LANE_WELL), "event=stall_over", "level=info", "seconds=61");
    ck_assert_str_eq(look(LANE_WELL), "");
    EXPECT(look(LANE_STALLED), "event=stalled");
}
END_TEST

START_TEST(test_a_stuck_lane_is_told_even_in_a_stall)
{
    prepare((struct fake_moment){.phase = LANE_SETTLE, .still_ms = 90500, .connected = true});
    EXPECT(look(LANE_STALLED), "stuck=false", "connected=true", "code=NONE", "phase=settle",
           "slow statements");
    EXPECT(look(LANE_STUCK), "stuck=true", "phase_seconds=90", "watchdog");
    ck_assert_str_eq(look(LANE_STUCK), "");
    ck_assert_str_eq(look(LANE_STALLED), "");
    EXPECT(look(LANE_WELL), "event=stall_over");
}
END_TEST

// Lanes of a reload are well for a while, whatever the outage does.
START_TEST(test_new_lanes_end_no_stall)
{
    prepare((struct fake_moment){.phase = LANE_BACK_OFF, .still_ms = 61500, .trouble = &trouble});
    EXPECT(look(LANE_STALLED), "event=stalled");
    stall.lanes_began = mono_now();
    now.still_ms = 100; // their start
    ck_assert_str_eq(look(LANE_WELL), "");
    ck_assert_str_eq(look(LANE_STALLED), "");
    now.still_ms = 0;
    EXPECT(look(LANE_WELL), "event=stall_over", "seconds=61");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("stall", test_an_outage_is_told_once,
                     test_a_stuck_lane_is_told_even_in_a_stall, test_new_lanes_end_no_stall);
}
