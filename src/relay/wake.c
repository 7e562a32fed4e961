// SPDX-License-Identifier: Apache-2.0
//
// Wake-up by NOTIFY.
//
// A notification only says "look now": what there is to do is found by looking, as without it. So
// everything that can go wrong with it (no trigger, a pooler that delivers nothing, a connection
// that leads to yesterday's primary) costs time and nothing else; and not even that for long:
// lanes look seldom only after a notification was heard, and as often as ever from the first row
// on that came without one. What no notification tells of (a retry that is due, a hold that ends, a
// refused row's next try, a topic that is asked about) keeps a lane looking, too.
//
// The lanes' wait is a futex on the number of turns: no lock, and no notification between looking
// and waiting is lost.
#include "wake.h"

#include "lane.h"

#include "outrider/base/log.h"
#include "outrider/store/listener.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    SLICE_MS = 100, // how long a stop can go unnoticed
    LISTEN_MS = 1000,
    OUTAGE_FIRST_MS = 100,
    OUTAGE_MAX_MS = 5000,
};

_Static_assert(sizeof(atomic_uint) == 4, "a futex is a word of 32 bits");

// futex(2): waits while *word is `seen`.
static void
futex_wait(atomic_uint *word, unsigned seen, int ms)
{
    const struct timespec timeout = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, &timeout, NULL, 0);
}

static void
tell_lanes(struct wake *wake)
{
    atomic_fetch_add(&wake->turn, 1);
    syscall(SYS_futex, &wake->turn, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

static void
note_heard(struct wake *wake)
{
    if (!atomic_exchange(&wake->heard, true))
        LOG(LOG_INFO, "listen_heard", LOG_INT("look_ms", WAKE_POLL_MS),
            LOG_STR("next", "notifications come, so idle lanes look that seldom without one"));
    tell_lanes(wake);
}

// Until the connection is lost, or may be the wrong one. False: err says why.
static bool
hear(struct wake *wake, struct listener *listener, struct error *err)
{
    bool heard;

    while (!atomic_load(wake->stop) && !atomic_exchange(&wake->missed, false)) {
        if (!listener_wait(listener, LISTEN_MS, &heard, err))
            return atomic_load(wake->stop);
        if (heard)
            note_heard(wake);
    }
    return true;
}

static void
back_off(const struct wake *wake, struct backoff *outage, const struct error *err)
{
    const int wait_ms = backoff_next(outage);
    const struct mono until = mono_add_ms(mono_now(), wait_ms);
    int left;

    LOG(LOG_WARN, "listen_failed", LOG_FAULT(err),
        LOG_STR("next", "lanes look as often as without outbox.listen; retried"),
        LOG_INT("retry_ms", wait_ms));
    while (!atomic_load(wake->stop) && (left = mono_ms_until(until)) > 0)
        mono_sleep_ms(left < SLICE_MS ? left : SLICE_MS);
}

// One connection's life. Lanes look once when it begins, for what was notified before it, and once
// when it ends.
static bool
listen_once(struct wake *wake, struct backoff *outage, struct error *err)
{
    struct listener *listener;

    if (!listener_open(wake->store_settings, wake->stop, &listener, err))
        return atomic_load(wake->stop);
    LOG(LOG_INFO, "listening", LOG_STR("channel", listener_channel(listener)),
        LOG_INT("server_pid", listener_server_pid(listener)));
    backoff_reset(outage);
    tell_lanes(wake);
    const bool good = hear(wake, listener, err);
    atomic_store(&wake->heard, false);
    tell_lanes(wake);
    listener_close(listener);
    return good;
}

void *
wake_main(void *argument)
{
    struct wake *wake = argument;
    struct backoff outage = {.initial_ms = OUTAGE_FIRST_MS, .maximum_ms = OUTAGE_MAX_MS};
    struct error err;

    log_limit_repeats();
    while (!atomic_load(wake->stop))
        if (!listen_once(wake, &outage, &err))
            back_off(wake, &outage, &err);
    atomic_store(&wake->ended, true);
    return NULL;
}

// Is there nothing that a lane has to look for by the clock?
static bool
has_no_clock(const struct lane *lane)
{
    for (int i = 0; i < lane->slots.count; i++) {
        const struct slot *slot = &lane->slots.list[i];
        if (slot->waiting || slot->holds.count > 0 || slot->breakers.count > 0 ||
            slot->quarantine.count > 0)
            return false;
    }
    return mono_passed(lane->not_before);
}

bool
wake_wait(struct lane *lane)
{
    struct wake *wake = &lane->shared->wake;
    const int poll_max_ms = lane->shared->settings->poll_max_ms;
    const bool seldom = atomic_load(&wake->heard) && has_no_clock(lane);
    int left;

    lane->idle.maximum_ms = seldom && poll_max_ms < WAKE_POLL_MS ? WAKE_POLL_MS : poll_max_ms;
    const struct mono until = mono_add_ms(mono_now(), backoff_next(&lane->idle));
    while (!lane_resting(lane) && atomic_load(&wake->turn) == lane->turn &&
           (left = mono_ms_until(until)) > 0) {
        producer_poll(lane->producer, 0);
        futex_wait(&wake->turn, lane->turn, left < SLICE_MS ? left : SLICE_MS);
    }
    const unsigned turn = atomic_load(&wake->turn);
    const bool told = turn != lane->turn;
    lane->turn = turn;
    if (told)
        backoff_reset(&lane->idle);
    return told;
}

void
wake_note_found(struct lane *lane)
{
    struct wake *wake = &lane->shared->wake;

    if (!has_no_clock(lane) || atomic_load(&wake->turn) != lane->turn ||
        !atomic_exchange(&wake->heard, false))
        return;
    LOG(LOG_INFO, "listen_missed", LOG_INT("lane", lane->number),
        LOG_STR("next", "a row came without a notification: lanes look as often as without "
                        "outbox.listen until one comes; listening anew"));
    atomic_store(&wake->missed, true);
}
