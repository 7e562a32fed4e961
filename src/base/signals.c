// SPDX-License-Identifier: Apache-2.0
//
// Signals as a descriptor to poll.
//
// A handler only sets a sig_atomic_t and adds 1 to an eventfd (write(2) is async-signal-safe,
// signal-safety(7)), so nothing happens between two instructions of ours, and the main thread's
// poll() wakes. Handlers block each other, so the counter has one writer at a time.
#include "outrider/base/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
#define HANDLED (sizeof handled / sizeof handled[0])

static volatile sig_atomic_t terminate_count, reload_asked, pause_asked, resume_asked;
static volatile sig_atomic_t wake_fd = -1;
static atomic_bool terminated; // lock-free, so that a handler may set it (C17, 7.14.1.1)

static void
on_signal(int number)
{
    int saved = errno;
    switch (number) {
    case SIGHUP:
        reload_asked = 1;
        break;
    case SIGUSR1: // the last one of the two counts
        pause_asked = 1;
        resume_asked = 0;
        break;
    case SIGUSR2:
        resume_asked = 1;
        pause_asked = 0;
        break;
    default:
        terminate_count = terminate_count + 1;
        atomic_store(&terminated, true);
    }
    uint64_t one = 1;
    ssize_t ignored = write(wake_fd, &one, sizeof one);
    (void)ignored;
    errno = saved;
}

static void
handled_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < HANDLED; i++)
        sigaddset(set, handled[i]);
}

static void
install(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    handled_set(&action.sa_mask);
    for (size_t i = 0; i < HANDLED; i++)
        sigaction(handled[i], &action, NULL);
}

bool
signals_start(struct error *err)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return error_set(err, FAULT_CLUSTER, "eventfd", "cannot make an eventfd for signals: %s",
                         strerror(errno));
    terminate_count = reload_asked = pause_asked = resume_asked = 0;
    atomic_store(&terminated, false);
    wake_fd = fd;
    install(on_signal);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    return true;
}

void
signals_stop(void)
{
    install(SIG_DFL);
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(SIGPIPE, &action, NULL);
    if (wake_fd >= 0)
        close(wake_fd);
    wake_fd = -1;
}

int
signals_fd(void)
{
    return wake_fd;
}

// The descriptor is emptied before the flags are read: a signal in between is at worst reported
// with an extra wake-up, never missed. Each flag is cleared only when it was seen set.
static bool
take(volatile sig_atomic_t *flag)
{
    if (*flag == 0)
        return false;
    *flag = 0;
    return true;
}

struct signals
signals_take(void)
{
    uint64_t count;
    ssize_t ignored = read(wake_fd, &count, sizeof count);
    (void)ignored;
    return (struct signals){
        .terminate = (unsigned)terminate_count,
        .reload = take(&reload_asked),
        .pause = take(&pause_asked),
        .resume = take(&resume_asked),
    };
}

unsigned
signals_terminations(void)
{
    return (unsigned)terminate_count;
}

const atomic_bool *
signals_terminated(void)
{
    return &terminated;
}

void
signals_block(void)
{
    sigset_t set;
    handled_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}
