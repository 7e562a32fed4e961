// SPDX-License-Identifier: Apache-2.0
//
// The fault tests' hook: what it reads, and that it strikes at the entry that was asked for.
#include "src/relay/fault_at.h"
#include "tests/support/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(test_reads_phase_number_and_signal)
{
    struct fault_point point;
    ck_assert(fault_point_parse("settle:12:KILL", &point));
    ck_assert_int_eq(point.phase, LANE_SETTLE);
    ck_assert_int_eq(point.left, 12);
    ck_assert_int_eq(point.signal, SIGKILL);
    ck_assert(fault_point_parse("back_off:1:STOP", &point));
    ck_assert_int_eq(point.phase, LANE_BACK_OFF);
    ck_assert_int_eq(point.signal, SIGSTOP);
}
END_TEST

START_TEST(test_reads_nothing_else)
{
    static const char *const bad[] = {
        "",
        "settle",
        "settle:1",
        "settle:0:KILL",
        "settle:-1:KILL",
        "settle::KILL",
        "settle:1:TERM",
        "settle:1:KILL ",
        "settl:1:KILL",
        "settle:1x:KILL",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fault_point point = {.signal = -1};
        ck_assert_msg(!fault_point_parse(bad[i], &point), "%s", bad[i]);
        ck_assert_int_eq(point.signal, -1);
    }
}
END_TEST

// Enters phases as a lane would; its exit code counts the entries into `settle` that it survived.
static pid_t
walk(const char *text, int settles)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct fault_point point;
    int survived = 0;
    if (!fault_point_parse(text, &point))
        _exit(100);
    while (survived < settles) {
        fault_point_enter(&point, LANE_CLAIM);
        fault_point_enter(&point, LANE_SETTLE);
        survived++;
    }
    _exit(survived);
}

START_TEST(test_strikes_once_at_the_entry)
{
    int status;
    ck_assert_int_gt(waitpid(walk("settle:3:KILL", 3), &status, 0), 0);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    ck_assert_int_gt(waitpid(walk("settle:3:KILL", 2), &status, 0), 0);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);

    pid_t child = walk("settle:2:STOP", 5);
    ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
    ck_assert(WIFSTOPPED(status));
    kill(child, SIGCONT);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}
END_TEST

START_TEST(test_nothing_was_asked_for)
{
    ck_assert_ptr_null(fault_at);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("fault_at", test_reads_phase_number_and_signal, test_reads_nothing_else,
                     test_strikes_once_at_the_entry, test_nothing_was_asked_for);
}
