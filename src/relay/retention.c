// SPDX-License-Identifier: Apache-2.0
//
// outbox.retention: purges published rows while lanes relay.
//
// One thread a relay, with a connection of its own that is opened for each round, so that it takes
// none while it sleeps and a server that was restarted is no matter. It never waits for a lock and
// rests as long as it works, so lanes and writers do not feel it. Relays beside each other need no
// agreement: each passes over the rows that another has locked. A failure costs nothing but time:
// it is said once, and the next round tries again.
#include "retention.h"

#include "outrider/base/backoff.h"
#include "outrider/base/clock.h"
#include "outrider/base/log.h"
#include "outrider/store/purge.h"

enum {
    SHARE = 100,           // rounds in the time that a row is kept
    LEAST_MS = 1000,       // between two of them
    MOST_MS = 600000,      //
    WORK_SHARE = 20,       // a round of 1 s is followed by 20 s without
    RETRY_MOST_MS = 60000, // after a failure
    STEP_MS = 50,          // how soon a stop is seen
};

static bool
stopping(const struct retention *retention)
{
    return atomic_load(retention->stop);
}

// Whoever pauses a relay wants the database to himself.
static bool
resting(const struct retention *retention)
{
    return atomic_load(retention->paused) && !stopping(retention);
}

// At least that long, and to the end of a pause; a stop ends it.
static void
sleep_ms(const struct retention *retention, int64_t ms)
{
    const struct mono end = mono_add_ms(mono_now(), ms);

    while (resting(retention) || (!stopping(retention) && !mono_passed(end))) {
        const int left = mono_ms_until(end);
        mono_sleep_ms(left > 0 && left < STEP_MS ? left : STEP_MS);
    }
}

static int64_t
ms_since(struct mono then)
{
    return mono_diff_ns(mono_now(), then) / 1000000;
}

int64_t
retention_interval_ms(int64_t retention_ms, int64_t took_ms)
{
    int64_t interval_ms = retention_ms / SHARE;

    if (interval_ms > MOST_MS)
        interval_ms = MOST_MS;
    if (interval_ms < WORK_SHARE * took_ms)
        interval_ms = WORK_SHARE * took_ms;
    return interval_ms < LEAST_MS ? LEAST_MS : interval_ms;
}

static void
tell_unindexed(struct retention *retention, const struct purge *purge)
{
    if (purge_is_indexed(purge) || retention->told_unindexed)
        return;
    retention->told_unindexed = true;
    LOG(LOG_WARN, "purge_unindexed", LOG_STR("table", retention->store_settings->table),
        LOG_STR("next", "each round reads the whole table; an index on its columns for published "
                        "and created_at would save that"));
}

// All batches of a round, until it is told to stop.
static bool
purge_all(struct retention *retention, struct purge *purge, int64_t *ret_rows, struct error *err)
{
    struct purged purged = {0};

    while (!purged.last && !stopping(retention)) {
        if (!purge_next(purge, &purged, err))
            return false;
        *ret_rows += purged.rows;
        if (!purged.last)
            sleep_ms(retention, purged.pause_ms);
    }
    return true;
}

// One round; *ret_rows also when it fails on its way.
static bool
purge_once(struct retention *retention, int64_t *ret_rows, struct error *err)
{
    const struct purge_limits limits = {.older_than_ms = retention->settings->retention_ms};
    const struct mono started = mono_now();
    struct purge *purge;

    *ret_rows = 0;
    if (!purge_open(retention->store_settings, &limits, retention->stop, &purge, err))
        return false;
    tell_unindexed(retention, purge);
    const bool done = purge_all(retention, purge, ret_rows, err);
    if (done)
        LOG(*ret_rows > 0 ? LOG_INFO : LOG_DEBUG, "purged",
            LOG_STR("table", retention->store_settings->table), LOG_INT("rows", *ret_rows),
            LOG_STR("published_before", purge_before(purge)),
            LOG_INT("took_ms", ms_since(started)));
    purge_close(purge);
    return done;
}

// A failure that lasts is said once; so is its end, by the next line of what was purged.
static void
tell_failed(struct retention *retention, const struct error *err, int64_t rows)
{
    LOG(retention->told_failed ? LOG_DEBUG : LOG_WARN, "purge_failed", LOG_FAULT(err),
        LOG_INT("rows", rows), LOG_STR("next", "relaying goes on; purging is tried again"));
    retention->told_failed = true;
}

// The first round comes after an interval too: a process that is started again and again must not
// purge each time. What is drawn is half of it at least, so relays that were started together part.
void *
retention_main(void *argument)
{
    struct retention *retention = argument;
    const int64_t retention_ms = retention->settings->retention_ms;
    int64_t interval_ms = retention_interval_ms(retention_ms, 0), rows;
    struct error err;

    for (;;) {
        const int most_ms = (int)(interval_ms < INT32_MAX ? interval_ms : INT32_MAX);
        sleep_ms(retention, backoff_delay_ms(most_ms, most_ms, 1));
        if (stopping(retention))
            break;
        const struct mono started = mono_now();
        const bool done = purge_once(retention, &rows, &err);
        interval_ms = retention_interval_ms(retention_ms, ms_since(started));
        if (done)
            retention->told_failed = false;
        else if (!stopping(retention))
            tell_failed(retention, &err, rows);
        if (!done && interval_ms > RETRY_MOST_MS)
            interval_ms = RETRY_MOST_MS;
    }
    atomic_store(&retention->ended, true);
    return NULL;
}
