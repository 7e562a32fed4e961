// SPDX-License-Identifier: Apache-2.0
// Starts the lanes, tells them to stop, and shows what they are doing.
#include "outrider/relay/relay.h"

#include "lane.h"
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "retention.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REFUSAL_MS = 1000 }; // how much later a refusal may be heard, on a busy machine

struct relay {
    struct shared shared;
    size_t count;
    struct lane *lanes;
    struct retention *retention; // NULL: rows are kept
};

// Signals are the main thread's: another one's system calls are not to be interrupted by them.
// The name (at most 15 bytes) is for those who look with top -H or a debugger.
static void
start_thread(pthread_t *thread, const char *name, void *(*run)(void *), void *argument)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) { // as bad as no memory, and as safe: a restart begins anew
        LOG(LOG_ERROR, "thread_failed", LOG_STR("error", strerror(failed)));
        abort();
    }
    pthread_setname_np(*thread, name);
}

static void
start_lane(struct lane *lane)
{
    char name[16]; // all that Linux keeps

    snprintf(name, sizeof name, "lane-%d", lane->number);
    start_thread(&lane->thread, name, lane_main, lane);
}

// A drain is over before a row is old.
static struct retention *
start_retention(const struct shared *shared)
{
    if (!shared->goal.purge || shared->settings->retention_ms == 0)
        return NULL;
    struct retention *retention = xcalloc(1, sizeof *retention);
    retention->settings = shared->settings;
    retention->store_settings = shared->store_settings;
    retention->stop = &shared->stop;
    retention->paused = &shared->paused;
    start_thread(&retention->thread, "purge", retention_main, retention);
    return retention;
}

// A drain has looked at everything before it is worth a connection.
static bool
listens(const struct shared *shared)
{
    return shared->settings->listen && !shared->goal.wait_for_slot;
}

static void
start_wake(struct shared *shared)
{
    struct wake *wake = &shared->wake;

    wake->store_settings = shared->store_settings;
    wake->stop = &shared->stop;
    if (listens(shared))
        start_thread(&wake->thread, "listen", wake_main, wake);
    else
        atomic_store(&wake->ended, true);
}

struct relay *
relay_start(const struct relay_settings *settings, const struct store_settings *store,
            const struct producer_settings *producer, const struct relay_goal *goal)
{
    struct relay *relay = xcalloc(1, sizeof *relay);
    struct shared *shared = &relay->shared;

    shared->settings = settings;
    shared->store_settings = store;
    shared->producer_settings = producer;
    if (goal)
        shared->goal = *goal;
    atomic_store(&shared->paused, shared->goal.paused);
    atomic_store(&shared->messages_left, (int64_t)shared->goal.max_messages);
    relay->count = (size_t)settings->lanes;
    relay->lanes = xcalloc(relay->count, sizeof *relay->lanes);
    for (size_t i = 0; i < relay->count; i++) {
        struct lane *lane = &relay->lanes[i];
        lane->shared = shared;
        lane->number = (int)i;
        lane->until = shared->goal.until ? shared->goal.until : INT64_MAX;
        lane->entered = mono_now();
        atomic_store(&lane->since_ns, lane->entered.ns);
        atomic_store(&lane->progress_ns, mono_now().ns);
        start_lane(lane);
    }
    relay->retention = start_retention(shared);
    start_wake(shared);
    return relay;
}

void
relay_stop(struct relay *relay, bool now)
{
    atomic_store(&relay->shared.stop, true);
    if (now)
        atomic_store(&relay->shared.abort, true);
}

void
relay_pause(struct relay *relay, bool paused)
{
    atomic_store(&relay->shared.paused, paused);
}

static bool
all_ended(const struct relay *relay)
{
    for (size_t i = 0; i < relay->count; i++)
        if (!atomic_load(&relay->lanes[i].ended))
            return false;
    return atomic_load(&relay->shared.wake.ended) &&
           (relay->retention == NULL || atomic_load(&relay->retention->ended));
}

bool
relay_wait(struct relay *relay, int timeout_ms)
{
    enum { STEP_MS = 5 };
    struct mono deadline = mono_add_ms(mono_now(), timeout_ms);

    while (!all_ended(relay)) {
        int left = mono_ms_until(deadline);
        if (left == 0)
            return false;
        mono_sleep_ms(left < STEP_MS ? left : STEP_MS);
    }
    return true;
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Sorts them, each once; how many there are then.
static size_t
distinct(const char **names, size_t count)
{
    size_t kept = 0;

    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !str_equal(names[kept - 1], names[i]))
            names[kept++] = names[i];
    return kept;
}

// Each lane found a topic blocked in each of its slots by itself.
const char **
relay_blocked(const struct relay *relay, size_t *ret_count)
{
    const char **topics = NULL;
    size_t count = 0;

    for (size_t i = 0; i < relay->count; i++) {
        const struct slots *slots = &relay->lanes[i].slots;
        for (int n = 0; n < slots->count; n++) {
            const struct breakers *breakers = &slots->list[n].breakers;
            topics = xreallocarray(topics, count + breakers->count + 1, sizeof *topics);
            for (size_t k = 0; k < breakers->count; k++)
                topics[count++] = breakers->list[k].topic;
        }
    }
    *ret_count = distinct(topics, count);
    return topics;
}

void
relay_free(struct relay *relay)
{
    if (!relay)
        return;
    for (size_t i = 0; i < relay->count; i++) {
        pthread_join(relay->lanes[i].thread, NULL);
        slots_free(&relay->lanes[i].slots);
    }
    if (relay->retention)
        pthread_join(relay->retention->thread, NULL);
    free(relay->retention);
    if (listens(&relay->shared))
        pthread_join(relay->shared.wake.thread, NULL);
    free(relay->lanes);
    free(relay);
}

const struct stats *
relay_stats(const struct relay *relay)
{
    return &relay->shared.stats;
}

bool
relay_topic_blocked(const struct relay *relay, size_t topic)
{
    return atomic_load(&relay->shared.blocked[topic]) != 0;
}

size_t
relay_lanes(const struct relay *relay)
{
    return relay->count;
}

// A try that another's slot refuses is over within lock_timeout: a claim that takes longer has one.
static bool
stands_by(const struct lane *lane, const struct lane_view *view)
{
    const int64_t claiming_ms = mono_diff_ns(mono_now(), view->since) / 1000000;
    const int64_t refused_ms = lane->shared->store_settings->lock_timeout_ms + REFUSAL_MS;

    return atomic_load(&lane->part) == PART_STANDBY &&
           (view->phase != LANE_CLAIM || claiming_ms <= refused_ms);
}

struct lane_view
relay_lane(const struct relay *relay, size_t number)
{
    const struct lane *lane = &relay->lanes[number];

    struct lane_view view = {
        .phase = (enum lane_phase)atomic_load(&lane->phase),
        .since = {atomic_load(&lane->since_ns)},
        .last_progress = {atomic_load(&lane->progress_ns)},
        .connected = atomic_load(&lane->connected),
        .active = atomic_load(&lane->part) == PART_ACTIVE,
        .kafka = atomic_load(&lane->kafka),
        .postgres = atomic_load(&lane->postgres),
        .server_pid = atomic_load(&lane->server_pid),
        .quarantined = atomic_load(&lane->quarantined),
        .in_flight = atomic_load(&lane->in_flight),
    };

    view.standby = stands_by(lane, &view);
    return view;
}

bool
relay_lane_taken(const struct relay *relay, size_t number, struct lane_trouble *ret_trouble)
{
    const struct lane *lane = &relay->lanes[number];

    return atomic_load(&lane->taken) && trouble_read(&lane->taken_by, ret_trouble);
}

bool
relay_lane_trouble(const struct relay *relay, size_t number, struct lane_trouble *ret_trouble)
{
    const struct lane *lane = &relay->lanes[number];
    struct lane_trouble last;

    if (trouble_read(&lane->trouble, &last) && last.at.ns >= atomic_load(&lane->progress_ns)) {
        *ret_trouble = last;
        return true;
    }
    return atomic_load(&lane->blocks) && trouble_read(&lane->block, ret_trouble);
}
