// SPDX-License-Identifier: Apache-2.0
// A lane: connect, run windows, idle, and back off when a server is away.
//
// A lane shares nothing with the others but atomics, so it needs no lock and reads from top to
// bottom. Any error ends its window: the connection is closed, which is a rollback wherever it
// stood, and it connects anew after a jittered wait. Kafka is asked first, so that an outage of
// Kafka opens no transaction and writes nothing to the database.
#include "fault_at.h"
#include "window.h"

#include "outrider/base/log.h"

enum {
    PROBE_MS = 5000, // how long a cluster may take to answer who it is
    LOOK_MS = 1000,  // and what it says of a topic
    PROBE_STEP_MS = 500,
    PROBE_PAUSE_MS = 50,
    OUTAGE_FIRST_MS = 100, // the wait after the first failure
    OUTAGE_MAX_MS = 5000,  // and at most
    SLICE_MS = 100,        // how long a stop can go unnoticed
    SWEEP_V1_MS = 1000,    // full sweeps on version 1, where the floor proves nothing
    SWEEP_V2_MS = 60000,   // and on version 2, where they should find nothing
    SWEEP_SHARE = 50,      // a sweep may take one part in so many of the time
};

void
lane_enter(struct lane *lane, enum lane_phase phase)
{
    if (atomic_load(&lane->phase) == (int)phase)
        return;
    atomic_store(&lane->phase, (int)phase);
    atomic_store(&lane->since_ns, mono_now().ns);
    if (fault_at)
        fault_point_enter(fault_at, phase);
}

bool
lane_stopping(const struct lane *lane)
{
    return atomic_load(&lane->shared->stop) || atomic_load(&lane->shared->abort);
}

void
lane_lower(struct lane *lane, struct position position)
{
    floor_lower(&lane->floor, position);
    breakers_lower(&lane->breakers, position);
    holds_lower(&lane->holds, position);
}

void
lane_lower_before(struct lane *lane, struct position row)
{
    lane_lower(lane, position_before(row));
}

// Rows that wait keep others back, and the floor passes those. When the set of them is another than
// before, by our own hand or by another relay's, some of those are free: not below its first.
void
lane_note_heads(struct lane *lane, const struct view *view)
{
    struct heads before = lane->heads;

    lane->heads = view->heads;
    lane->waiting = view->heads.count > 0;
    if (before.count > 0 && (before.count != lane->heads.count || before.mix != lane->heads.mix))
        lane_lower_before(lane, (struct position){.major = before.lowest});
    if (view->due)
        lane_lower(lane, view->due_after);
}

// Waits, keeping the producer served: an idle client refreshes its metadata and its tokens too.
static void
lane_wait(struct lane *lane, int64_t wait_ms)
{
    struct mono until = mono_add_ms(mono_now(), wait_ms);

    while (!lane_stopping(lane)) {
        int left = mono_ms_until(until);
        if (left == 0)
            break;
        if (left > SLICE_MS)
            left = SLICE_MS;
        if (lane->producer)
            producer_poll(lane->producer, left);
        else
            mono_sleep_ms(left);
    }
}

void
lane_back_off(struct lane *lane, const char *event, const struct error *err)
{
    int wait_ms = backoff_next(&lane->outage);

    atomic_fetch_add(&lane->shared->stats.errors[err->fault], 1);
    LOG(LOG_WARN, event, LOG_INT("lane", lane->number), LOG_FAULT(err), LOG_STR("next", "retried"),
        LOG_INT("retry_ms", wait_ms));
    trouble_write(&lane->trouble, event, err);
    lane_enter(lane, LANE_BACK_OFF);
    lane_wait(lane, wait_ms);
}

static void
disconnect(struct lane *lane)
{
    store_close(lane->store);
    lane->store = NULL;
    atomic_store(&lane->connected, false);
    atomic_store(&lane->active, false);
}

// Asks in short steps, so that a stop need not wait for the answer.
static bool
probe(struct lane *lane, struct error *err)
{
    struct mono deadline = mono_add_ms(mono_now(), PROBE_MS);

    while (!producer_probe(lane->producer, PROBE_STEP_MS, err)) {
        if (mono_passed(deadline) || lane_stopping(lane))
            return false;
        lane_wait(lane, PROBE_PAUSE_MS); // when it failed at once
    }
    return true;
}

// A producer whose cluster did not answer goes: a new one reads certificates and looks names up
// anew.
static bool
reach_kafka(struct lane *lane, struct error *err)
{
    if (!lane->producer && !producer_open(lane->shared->producer_settings, &lane->producer, err))
        return false;
    lane->reachable = lane->reachable || probe(lane, err);
    if (!lane->reachable) {
        producer_close(lane->producer);
        lane->producer = NULL;
    }
    return lane->reachable;
}

// What the table's version cannot promise is said once.
static void
tell_version(struct lane *lane)
{
    if (store_version(lane->store) > 1 || lane->told_version)
        return;
    lane->told_version = true;
    LOG(LOG_WARN, "table_version_1", LOG_INT("lane", lane->number),
        LOG_STR("limits", "rows go in created_at order, which is not each aggregate's own order "
                          "when transactions overlap; waits before a retry do not survive a "
                          "restart"),
        LOG_STR("next", "`outrider schema apply` brings version 2, which promises both"));
}

static bool
reach_postgres(struct lane *lane, struct error *err)
{
    if (lane->store)
        return true;
    if (!store_open(lane->shared->store_settings, &lane->shared->abort, &lane->store, err))
        return false;
    floor_reset(&lane->floor);
    holds_forget_positions(&lane->holds);
    breakers_forget_positions(&lane->breakers);
    lane->last_sweep = mono_now();
    tell_version(lane);
    LOG(LOG_INFO, "connected", LOG_INT("lane", lane->number),
        LOG_INT("server_pid", store_server_pid(lane->store)),
        LOG_INT("table_version", store_version(lane->store)));
    return true;
}

static bool
connect_lane(struct lane *lane)
{
    struct error err;

    if (lane->store && lane->reachable)
        return true;
    lane_enter(lane, LANE_CONNECT);
    atomic_store(&lane->connected, false);
    if (!reach_kafka(lane, &err))
        lane_back_off(lane, "kafka_unavailable", &err);
    else if (!reach_postgres(lane, &err))
        lane_back_off(lane, "postgres_unavailable", &err);
    else
        atomic_store(&lane->connected, true);
    return atomic_load(&lane->connected);
}

// A failed window. What Kafka did wrong makes the producer prove itself again; a producer that
// reports a fatal error is rebuilt.
static void
recover(struct lane *lane, const struct error *err)
{
    struct error last;
    bool fatal = false;

    disconnect(lane);
    lane->reachable = false;
    lane->careful = 1;
    if (lane->producer) {
        producer_last_error(lane->producer, &last, &fatal);
        if (fatal || producer_pending(lane->producer) > 0) {
            producer_close(lane->producer);
            lane->producer = NULL;
        }
    }
    if (!atomic_load(&lane->shared->abort))
        lane_back_off(lane, "window_failed", err);
}

// A blocked topic whose time has come is asked about, one at a time. When the cluster says that it
// can be written, its next row tries, and the claims begin where its rows were first passed over.
static void
look_at_topics(struct lane *lane)
{
    struct breaker *breaker = breakers_due(&lane->breakers, mono_now());
    int in_sync;
    struct error err;

    if (!breaker || !lane->producer)
        return;
    if (!producer_look_at_topic(lane->producer, breaker->topic, LOOK_MS, &in_sync, &err)) {
        breakers_postpone(&lane->breakers, breaker, mono_now());
        LOG(LOG_DEBUG, "topic_still_blocked", LOG_INT("lane", lane->number),
            LOG_STR("topic", breaker->topic), LOG_FAULT(&err), LOG_STR("next", "asked again"));
    } else if (breakers_try(&lane->breakers, breaker, in_sync, mono_now())) {
        lane_lower(lane, breaker->since);
    }
}

// Now and then the claims begin at the very start of the queue again: on version 1 because rows
// may turn up below the floor, on version 2 in case somebody un-published a row by hand.
static void
maybe_sweep(struct lane *lane)
{
    int64_t interval_ms = store_version(lane->store) > 1 ? SWEEP_V2_MS : SWEEP_V1_MS;
    int64_t since_ns = mono_diff_ns(mono_now(), lane->last_sweep);

    if (since_ns < interval_ms * 1000000 || since_ns < SWEEP_SHARE * lane->sweep_ns)
        return;
    floor_sweep(&lane->floor);
    lane->sweeping = true;
}

static void
note_sweep(struct lane *lane, struct mono began)
{
    if (!lane->sweeping)
        return;
    lane->sweeping = false;
    lane->last_sweep = mono_now();
    lane->sweep_ns = mono_diff_ns(lane->last_sweep, began);
}

// Is there anything to claim? An idle poll is one statement without a transaction.
static bool
poll_once(struct lane *lane, bool *ret_found, struct error *err)
{
    struct claim claim = window_first_claim(lane, 1);
    struct view view;

    if (!store_poll(lane->store, &claim, ret_found, &view, err))
        return false;
    struct position before = lane->floor.start;
    lane_note_heads(lane, &view);
    *ret_found |= position_compare(&lane->floor.start, &before) < 0;
    if (!*ret_found) { // it looked at everything above the floor, as an empty window does
        floor_view(&lane->floor, view.xmin, view.xmax);
        floor_end(&lane->floor, lane->floor.start, true);
    }
    return true;
}

// While windows are careful, what goes wrong may only be too large for them: the next failure is
// not the first.
static void
progress(struct lane *lane)
{
    atomic_store(&lane->progress_ns, mono_now().ns);
    if (lane->careful == 0 || atomic_load(&lane->phase) == LANE_IDLE)
        backoff_reset(&lane->outage);
}

// Polls until there is something to claim. False when a poll failed.
static bool
idle(struct lane *lane, struct error *err)
{
    struct position lowest;
    bool found = false;

    lane_enter(lane, LANE_IDLE);
    while (!found && !lane_stopping(lane) && lane->producer) {
        progress(lane);
        lane_wait(lane, backoff_next(&lane->idle));
        if (mono_ms_until(lane->not_before) > 0)
            continue;
        if (holds_expire(&lane->holds, mono_now(), &lowest))
            lane_lower_before(lane, lowest);
        look_at_topics(lane);
        maybe_sweep(lane);
        struct mono began = mono_now();
        if (!poll_once(lane, &found, err))
            return false;
        note_sweep(lane, began);
    }
    return true;
}

// A standby's slot may be free by its next try.
static void
stand_by(struct lane *lane)
{
    atomic_store(&lane->active, false);
    lane_enter(lane, LANE_STANDBY);
    progress(lane);
    if (!lane->shared->goal.wait_for_slot) // else the try itself waited
        lane_wait(lane, lane->shared->settings->poll_max_ms);
}

static bool
adopt_change(struct lane *lane, struct error *err)
{
    if (!store_refresh(lane->store, err))
        return false;
    // A position of one version means nothing in another.
    floor_reset(&lane->floor);
    holds_free(&lane->holds);
    breakers_forget_positions(&lane->breakers);
    lane->until = INT64_MAX;
    lane->waiting = false;
    lane->heads = (struct heads){0};
    LOG(LOG_INFO, "table_version_changed", LOG_INT("lane", lane->number),
        LOG_INT("table_version", store_version(lane->store)));
    return true;
}

// What follows a window; false when something failed.
static bool
after_window(struct lane *lane, enum window_end end, struct error *err)
{
    switch (end) {
    case WINDOW_FAILED:
        return false;
    case WINDOW_CHANGED:
        return adopt_change(lane, err);
    case WINDOW_STANDBY:
        stand_by(lane);
        return true;
    case WINDOW_FULL:
        backoff_reset(&lane->idle);
        break;
    case WINDOW_SHORT:
        backoff_reset(&lane->idle);
        lane_wait(lane, lane->shared->settings->poll_min_ms);
        break;
    case WINDOW_EMPTY:
        atomic_store(&lane->active, true);
        return idle(lane, err);
    }
    atomic_store(&lane->active, true);
    progress(lane);
    lane_wait(lane, mono_ms_until(lane->not_before));
    return true;
}

// One window and what follows it.
static void
turn(struct lane *lane)
{
    struct error err;
    bool was_standby = atomic_load(&lane->phase) == LANE_STANDBY;

    look_at_topics(lane);
    if (was_standby) { // another may have failed rows, or released them, meanwhile
        floor_sweep(&lane->floor);
        breakers_forget_positions(&lane->breakers);
    } else {
        maybe_sweep(lane);
    }
    struct mono began = mono_now();
    enum window_end end = window_run(lane, &err);
    if (end != WINDOW_FAILED)
        note_sweep(lane, began);
    if (!after_window(lane, end, &err))
        recover(lane, &err);
}

void *
lane_main(void *argument)
{
    struct lane *lane = argument;
    const struct relay_settings *settings = lane->shared->settings;

    lane->outage = (struct backoff){.initial_ms = OUTAGE_FIRST_MS, .maximum_ms = OUTAGE_MAX_MS};
    lane->idle = (struct backoff){.initial_ms = settings->poll_min_ms,
                                  .maximum_ms = settings->poll_max_ms,
                                  .kept_percent = 90};
    lane->breakers.retry_ms = settings->topic_retry_ms;
    lane->told_holder = NOBODY;
    lane->careful = 1;
    lane->mean_bytes = settings->batch_bytes / 64 + 1;
    floor_reset(&lane->floor);
    while (!lane_stopping(lane)) {
        if (connect_lane(lane))
            turn(lane);
    }
    disconnect(lane);
    producer_close(lane->producer);
    holds_free(&lane->holds);
    lane_enter(lane, LANE_ENDED);
    atomic_store(&lane->ended, true);
    return NULL;
}
