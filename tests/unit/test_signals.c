// SPDX-License-Identifier: Apache-2.0
//
// Each signal wakes the descriptor, is handed over once, and termination counts.
#include "outrider/base/signals.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void
start(void)
{
    struct error err;
    if (!signals_start(&err))
        ck_abort_msg("%s", err.text);
}

static bool
readable(int timeout_ms)
{
    struct pollfd pfd = {.fd = signals_fd(), .events = POLLIN};
    return poll(&pfd, 1, timeout_ms) == 1;
}

START_TEST(test_quiet_at_first)
{
    start();
    ck_assert(!readable(0));
    struct signals got = signals_take();
    ck_assert_uint_eq(got.terminate, 0);
    ck_assert(!got.reload && !got.pause && !got.resume);
    ck_assert(fcntl(signals_fd(), F_GETFD) & FD_CLOEXEC);
    signals_stop();
    ck_assert_int_eq(signals_fd(), -1);
}
END_TEST

START_TEST(test_each_is_handed_over_once)
{
    start();
    raise(SIGHUP);
    ck_assert(readable(0));
    struct signals got = signals_take();
    ck_assert(got.reload && !got.pause && !got.resume);
    ck_assert(!readable(0));
    ck_assert(!signals_take().reload);

    raise(SIGUSR1);
    raise(SIGUSR2);
    raise(SIGUSR2);
    got = signals_take();
    ck_assert(!got.reload && !got.pause && got.resume); // the last one counts
    ck_assert(!signals_take().resume);
    raise(SIGUSR2);
    raise(SIGUSR1);
    got = signals_take();
    ck_assert(got.pause && !got.resume);
    ck_assert(!signals_take().pause);
    signals_stop();
}
END_TEST

START_TEST(test_termination_counts_for_ever)
{
    start();
    raise(SIGHUP);
    signals_take();
    ck_assert(!atomic_load(signals_terminated()));
    raise(SIGTERM);
    ck_assert(atomic_load(signals_terminated()));
    ck_assert_uint_eq(signals_take().terminate, 1);
    ck_assert_uint_eq(signals_take().terminate, 1);
    raise(SIGINT);
    ck_assert(readable(0));
    ck_assert_uint_eq(signals_take().terminate, 2);
    raise(SIGHUP);
    ck_assert_uint_eq(signals_terminations(), 2);
    ck_assert(signals_take().reload); // looking takes nothing
    signals_stop();
}
END_TEST

START_TEST(test_a_closed_pipe_does_not_kill)
{
    start();
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    close(fds[0]);
    ck_assert_int_eq(write(fds[1], "x", 1), -1);
    close(fds[1]);
    signals_stop();
}
END_TEST

static void *
lane(void *done)
{
    signals_block();
    sigset_t set;
    pthread_sigmask(SIG_BLOCK, NULL, &set);
    *(bool *)done = sigismember(&set, SIGTERM) && sigismember(&set, SIGINT) &&
                    sigismember(&set, SIGHUP) && sigismember(&set, SIGUSR1) &&
                    sigismember(&set, SIGUSR2) && !sigismember(&set, SIGSEGV);
    return NULL;
}

START_TEST(test_a_thread_can_be_left_alone)
{
    start();
    pthread_t thread;
    bool blocked = false;
    ck_assert_int_eq(pthread_create(&thread, NULL, lane, &blocked), 0);
    pthread_join(thread, NULL);
    ck_assert(blocked);
    // Only that thread: this one still takes them.
    kill(getpid(), SIGTERM);
    ck_assert(readable(5000));
    ck_assert_uint_eq(signals_take().terminate, 1);
    signals_stop();
}
END_TEST

START_TEST(test_stop_restores_the_default)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        start();
        signals_stop();
        raise(SIGTERM);
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("signals", test_quiet_at_first, test_each_is_handed_over_once,
                     test_termination_counts_for_ever, test_a_closed_pipe_does_not_kill,
                     test_a_thread_can_be_left_alone, test_stop_restores_the_default);
}
