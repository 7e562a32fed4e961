// SPDX-License-Identifier: Apache-2.0
//
// Lanes that do not leave: a stop gives up after its grace, what has time waits on.
// links: base src/cli/stop.c
#include "src/cli/stop.h"

#include "outrider/base/clock.h"
#include "outrider/base/log.h"
#include "tests/support/unit.h"

#include <stdint.h>
#include <sys/mman.h>

enum { STOP_TIMEOUT_MS = 50, GRACE_MS = 1500 };

static struct mono hurried_at;
static int64_t leaves_after_ms; // being told to leave at once; -1: never
static int64_t presses_after_ms;

void
relay_stop(struct relay *relay, bool now)
{
    (void)relay;
    if (now)
        hurried_at = mono_now();
}

static bool
hurried_for(int64_t ms)
{
    return hurried_at.ns > 0 && mono_diff_ns(mono_now(), hurried_at) >= ms * 1000000;
}

bool
relay_wait(struct relay *relay, int timeout_ms)
{
    (void)relay;
    if (leaves_after_ms >= 0 && hurried_for(leaves_after_ms))
        return true;
    mono_sleep_ms(timeout_ms);
    return false;
}

static bool
tick(void *context)
{
    (void)context;
    return !hurried_for(presses_after_ms);
}

// True when the lanes ended; *ret_ms: how long that, or giving up, took from the hurry on.
static bool
stop(int64_t leaves_ms, int64_t presses_ms, int64_t *ret_ms)
{
    log_set_fd(memfd_create("log", MFD_CLOEXEC));
    hurried_at = (struct mono){0};
    leaves_after_ms = leaves_ms;
    presses_after_ms = presses_ms;
    const bool ended = stop_relay(NULL, STOP_TIMEOUT_MS, tick, NULL);
    *ret_ms = mono_diff_ns(mono_now(), hurried_at) / 1000000;
    return ended;
}

START_TEST(test_a_stop_gives_up_after_its_grace)
{
    int64_t ms;
    ck_assert(!stop(-1, 0, &ms));
    ck_assert_int_ge(ms, GRACE_MS);
}
END_TEST

START_TEST(test_what_has_time_waits_on)
{
    int64_t ms;
    ck_assert(stop(2 * GRACE_MS, 10 * GRACE_MS, &ms));
    ck_assert_int_ge(ms, 2 * GRACE_MS);
}
END_TEST

START_TEST(test_it_gives_up_once_something_presses)
{
    int64_t ms;
    ck_assert(!stop(-1, 2 * GRACE_MS, &ms));
    ck_assert_int_ge(ms, 3 * GRACE_MS - 100);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("stop", test_a_stop_gives_up_after_its_grace, test_what_has_time_waits_on,
                     test_it_gives_up_once_something_presses);
}
