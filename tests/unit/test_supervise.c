// SPDX-License-Identifier: Apache-2.0
//
// What a service manager hears: the watchdog's food while lanes turn, and one line for people.
// links: base src/relay/phase.c src/cli/supervise.c src/cli/progress.c src/cli/format.c
// links: src/relay/topic_index.c tests/support/fake_relay.c
#include "src/cli/supervise.h"

#include "outrider/relay/topic_index.h"

#include "tests/support/fake_relay.h"
#include "tests/support/unit.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct health well = {.worst = LANE_WELL};
static const struct health stalled = {.worst = LANE_STALLED, .lanes = 1};
static const struct health stuck = {.worst = LANE_STUCK, .lanes = 1};

static struct supervision supervision;
static struct fake_moment now;
static int manager;

// The manager's socket has an abstract name, so nothing is left behind.
static void
prepare(const char *watchdog_usec)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char name[64];
    int len = snprintf(name, sizeof name, "@outrider-supervise-%d", (int)getpid());
    memcpy(un.sun_path + 1, name + 1, (size_t)len - 1);
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len);
    ck_assert_int_eq(bind(manager, (const struct sockaddr *)&un, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    if (watchdog_usec != NULL)
        setenv("WATCHDOG_USEC", watchdog_usec, 1);
    fake = (struct fake){.moments = &now, .moment_count = 1};
    supervise_start(&supervision);
}

static void
finish(void)
{
    supervise_end(&supervision);
    close(manager);
}

// The next datagram, "" when there is none.
static const char *
heard(void)
{
    static char got[1024];
    ssize_t len = recv(manager, got, sizeof got - 1, 0);
    got[len > 0 ? len : 0] = '\0';
    return got;
}

START_TEST(test_states)
{
    prepare(NULL);
    supervise_ready();
    ck_assert_str_eq(heard(), "READY=1");
    supervise_reloading();
    const char *reloading = heard();
    long long usec;
    ck_assert_int_eq(sscanf(reloading, "RELOADING=1\nMONOTONIC_USEC=%lld", &usec), 1);
    ck_assert_int_le(usec, mono_now().ns / 1000);
    ck_assert_int_gt(usec, mono_now().ns / 1000 - 10000000);
    supervise_stopping(60000);
    ck_assert_str_eq(heard(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=64000000");
    finish();
}
END_TEST

START_TEST(test_fed_at_half_the_interval)
{
    prepare("200000");
    const struct mono began = mono_now();
    for (int beats = 0; beats < 4;) {
        supervise_beat(&supervision, &well);
        const char *got = heard();
        beats += str_equal(got, "WATCHDOG=1");
        ck_assert(*got == '\0' || str_equal(got, "WATCHDOG=1"));
        ck_assert_int_le(supervise_wait_ms(&supervision), 100);
        mono_sleep_ms(supervise_wait_ms(&supervision));
    }
    ck_assert_int_ge(mono_diff_ns(mono_now(), began), INT64_C(300000000));
    finish();
}
END_TEST

START_TEST(test_an_outage_feeds_a_stuck_lane_does_not)
{
    prepare("2000"); // due every millisecond
    supervise_beat(&supervision, &stalled);
    ck_assert_str_eq(heard(), "WATCHDOG=1");
    for (int i = 0; i < 5; i++) {
        mono_sleep_ms(2);
        supervise_beat(&supervision, &stuck);
        ck_assert_str_eq(heard(), "");
    }
    mono_sleep_ms(2);
    supervise_beat(&supervision, &well);
    ck_assert_str_eq(heard(), "WATCHDOG=1");
    finish();
}
END_TEST

START_TEST(test_no_watchdog)
{
    prepare(NULL);
    supervise_beat(&supervision, &well);
    ck_assert_str_eq(heard(), "");
    ck_assert_int_eq(supervise_wait_ms(&supervision), 1000);
    finish();
}
END_TEST

static const struct lane_trouble kafka = {.event = "kafka_unavailable",
                                          .error = {.text = "no broker\nREADY=1"}};
static const struct lane_trouble postgres = {.event = "postgres_unavailable",
                                             .error = {.text = "connection refused"}};
static const struct lane_trouble window = {.event = "window_failed",
                                           .error = {.text = "no such topic; topic a"}};
static const struct lane_trouble other = {.event = "something_new",
                                          .error = {.text = "so it is\x9B"}};

static const struct {
    struct fake_moment moment;
    const struct health *health;
    double rate;
    const char *line;
} lines[] = {
    {{.phase = LANE_CONNECT}, &well, 0, "connecting"},
    {{.phase = LANE_CLAIM, .connected = true}, &well, 0, "starting: the first window is under way"},
    {{.phase = LANE_BACK_OFF, .trouble = &kafka},
     &well,
     0,
     "waiting for Kafka: no broker\\nREADY=1"},
    {{.phase = LANE_CONNECT, .trouble = &postgres},
     &stalled,
     0,
     "waiting for PostgreSQL: connection refused"},
    {{.phase = LANE_BACK_OFF, .trouble = &window},
     &well,
     0,
     "trying again: no such topic; topic a"},
    {{.phase = LANE_BACK_OFF, .trouble = &other}, &well, 0, "waiting: so it is" UTF8_REPLACEMENT},
    {{.phase = LANE_STANDBY, .connected = true, .standby = true},
     &well,
     0,
     "standby: another relay is active"},
    {{.phase = LANE_IDLE, .connected = true, .active = true}, &well, 0, "idle, 1,234 published"},
    {{.phase = LANE_PAUSED, .connected = true},
     &well,
     0,
     "paused, SIGUSR2 lets it go on, 1,234 published"},
    {{.phase = LANE_SETTLE, .connected = true, .active = true},
     &well,
     56789.4,
     "relaying, 56,789 msg/s, 1,234 published"},
    {{.phase = LANE_SETTLE, .connected = true, .active = true},
     &stuck,
     9,
     "stuck: lane 0 in settle"},
};

START_TEST(test_lines)
{
    fake = (struct fake){.moments = &now, .moment_count = 1};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        __attribute__((cleanup(text_free))) struct text line = {0};
        now = lines[i].moment;
        supervise_append_status(&line, NULL, lines[i].health, 1234, lines[i].rate);
        ck_assert_str_eq(text_str(&line), lines[i].line);
    }
}
END_TEST

// No relay sends, so it is not said that one does.
START_TEST(test_a_session_that_is_no_relay)
{
    __attribute__((cleanup(text_free))) struct text line = {0};
    fake = (struct fake){.moments = &now, .moment_count = 1};
    error_set(&fake.taken_by, FAULT_CLUSTER, "SLOT", "session 4711\nhas it");
    now = (struct fake_moment){.phase = LANE_STANDBY, .connected = true, .standby = true};
    supervise_append_status(&line, NULL, &well, 0, 0);
    ck_assert_str_eq(text_str(&line), "kept from sending: session 4711\\nhas it");
}
END_TEST

START_TEST(test_blocked_topics)
{
    static const char *const topics[] = {"d", "b\n", "c", "a"};
    prepare(NULL);
    now = (struct fake_moment){.phase = LANE_IDLE, .connected = true, .active = true};
    fake.blocked[topic_index("d")] = true;
    supervise_status(&supervision, NULL, &well, 5);
    ck_assert_str_eq(heard(), "STATUS=idle, 5 published; 1 topic blocked: d");
    for (size_t i = 0; i < 4; i++)
        fake.blocked[topic_index(topics[i])] = true;
    supervision.next_status = (struct mono){0};
    supervise_status(&supervision, NULL, &well, 5);
    const char *got = heard();
    ck_assert_ptr_nonnull(strstr(got, "STATUS=idle, 5 published; 4 topics blocked: "));
    ck_assert_ptr_nonnull(strstr(got, " and 1 more"));
    ck_assert_ptr_null(strchr(got, '\n'));
    finish();
}
END_TEST

START_TEST(test_told_when_it_changed_and_not_at_once)
{
    prepare(NULL);
    now = (struct fake_moment){.phase = LANE_IDLE, .connected = true, .active = true};
    supervise_status(&supervision, NULL, &well, 1000);
    ck_assert_str_eq(heard(), "STATUS=idle, 1,000 published");
    supervise_status(&supervision, NULL, &well, 1000);
    ck_assert_str_eq(heard(), "");
    now.active = false;
    now.phase = LANE_STANDBY;
    now.standby = true;
    supervise_status(&supervision, NULL, &well, 1000);
    ck_assert_str_eq(heard(), ""); // within the same second
    supervision.next_status = (struct mono){0};
    supervise_status(&supervision, NULL, &well, 1000);
    ck_assert_str_eq(heard(), "STATUS=standby: another relay is active");
    supervision.next_status = (struct mono){0};
    supervise_status(&supervision, NULL, &well, 1000);
    ck_assert_str_eq(heard(), "");
    finish();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("supervise", test_states, test_fed_at_half_the_interval,
                     test_an_outage_feeds_a_stuck_lane_does_not, test_no_watchdog, test_lines,
                     test_a_session_that_is_no_relay, test_blocked_topics,
                     test_told_when_it_changed_and_not_at_once);
}
