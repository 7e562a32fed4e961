// SPDX-License-Identifier: Apache-2.0
// A lane: connect, run windows, idle, and back off when a server is away.
//
// A lane shares nothing with the others but atomics, so it needs no lock and reads from top to
// bottom. Any error ends its window: the connection is closed, which is a rollback wherever it
// stood, and it connects anew after a jittered wait. Kafka is asked first, so that an outage of
// Kafka opens no transaction and writes nothing to the database.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/base/text.h"

enum {
    LOOK_MS = 1000,        // how long a cluster may take to say how a topic is
    OUTAGE_FIRST_MS = 100, // the wait after the first failure
    OUTAGE_MAX_MS = 5000,  // and at most
    SLICE_MS = 100,        // how long a stop can go unnoticed
};

bool
lane_stopping(const struct lane *lane)
{
    return atomic_load(&lane->shared->stop) || atomic_load(&lane->shared->abort);
}

bool
lane_resting(const struct lane *lane)
{
    return lane_stopping(lane) || atomic_load(&lane->shared->paused);
}

bool
lane_has_tried_all(const struct lane *lane)
{
    return lane->work == 0 && !lane->took;
}

// A slice of a wait, with the producer served: an idle client refreshes its metadata and its tokens
// too.
static void
wait_slice(struct lane *lane, int left_ms)
{
    const int ms = left_ms < SLICE_MS ? left_ms : SLICE_MS;

    if (lane->producer)
        producer_poll(lane->producer, ms);
    else
        mono_sleep_ms(ms);
}

void
lane_wait(struct lane *lane, int64_t wait_ms)
{
    struct mono until = mono_add_ms(mono_now(), wait_ms);
    int left;

    while (!lane_resting(lane) && (left = mono_ms_until(until)) > 0)
        wait_slice(lane, left);
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
    lane_show_part(lane, PART_STARTING);
    lane_forget_holders(lane);
    atomic_store(&lane->server_pid, 0);
}

static bool
reach_postgres(struct lane *lane, struct error *err)
{
    if (lane->store)
        return true;
    const bool there =
        store_open(lane->shared->store_settings, &lane->shared->abort, &lane->store, err);
    atomic_store(&lane->postgres, there);
    if (!there)
        return false;
    atomic_store(&lane->server_pid, store_server_pid(lane->store));
    store_wait_longer(lane->store, lane->wait_longer);
    if (!lane_take_up_slots(lane, err)) {
        disconnect(lane);
        return false;
    }
    slots_begin_anew(&lane->slots);
    lane_note_table(lane);
    lane->next_numbering = mono_now();
    lane_tell_version(lane);
    LOG(LOG_INFO, "connected", LOG_INT("lane", lane->number),
        LOG_INT("server_pid", store_server_pid(lane->store)),
        LOG_INT("table_version", store_version(lane->store)), LOG_INT("slots", lane->slots.count));
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
    if (!lane_reach_kafka(lane, &err))
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
    lane->wait_longer |= str_equal(err->code, "TIMEOUT");
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

// The slot with the blocked topic that is to be looked at, and its breaker; NULL: none's time has
// come.
static struct slot *
find_due_topic(const struct lane *lane, struct breaker **ret_breaker)
{
    for (int i = 0; i < lane->slots.count; i++) {
        struct slot *slot = &lane->slots.list[(lane->next + i) % lane->slots.count];
        *ret_breaker = breakers_due(&slot->breakers, mono_now());
        if (*ret_breaker)
            return slot;
    }
    return NULL;
}

// A blocked topic whose time has come is asked about, one at a time. When the cluster says that it
// can be written, its next row tries, and the claims begin where its rows were first passed over.
static void
look_at_topics(struct lane *lane)
{
    struct breaker *breaker;
    struct slot *slot = find_due_topic(lane, &breaker);
    int in_sync;
    struct error err;

    if (!slot || !lane->producer)
        return;
    if (!producer_look_at_topic(lane->producer, breaker->topic, LOOK_MS, &in_sync, &err)) {
        breakers_postpone(&slot->breakers, breaker, mono_now());
        LOG(LOG_DEBUG, "topic_still_blocked", LOG_INT("lane", lane->number),
            LOG_STR("topic", breaker->topic), LOG_FAULT(&err), LOG_STR("next", "asked again"));
    } else if (breakers_try(&slot->breakers, breaker, in_sync, mono_now())) {
        slot_lower(slot, breaker->since);
    }
}

// What a poll of the slot saw; true: there is work.
static bool
note_poll(struct slot *slot, const struct claim *claim, bool found, const struct view *view)
{
    struct position before = slot->floor.start;

    slot_note_heads(slot, view);
    if (found || view->changed || position_compare(&slot->floor.start, &before) < 0)
        return true;
    // It looked at everything above the floor, as an empty window does.
    breakers_end_window(&slot->breakers, true, claim->since);
    floor_view(&slot->floor, view->xmin, view->xmax);
    floor_end(&slot->floor, slot->floor.start, true);
    return false;
}

// Can the floor pass a row that was not published? On version 1 it proves nothing; and with
// ordering: none a claim skips what others hold locked, without a hold to remember it by.
static bool
leaves_rows_below(const struct lane *lane)
{
    return store_version(lane->store) == 1 ||
           lane->shared->store_settings->ordering == ORDERING_NONE;
}

// Which slots have work? One statement without a transaction.
static bool
look(struct lane *lane, struct error *err)
{
    struct claim claims[STORE_SLOTS_MAX];
    struct view views[STORE_SLOTS_MAX];
    bool found[STORE_SLOTS_MAX];
    const int count = lane->slots.count;
    struct slot *list = lane->slots.list;

    for (int i = 0; i < count; i++) {
        slot_expire_holds(&list[i]);
        slot_maybe_sweep(&list[i], leaves_rows_below(lane));
        claims[i] = window_first_claim(lane, &list[i], 1);
    }
    struct mono began = mono_now();
    if (!store_poll(lane->store, claims, found, views, err))
        return false;
    lane->took = false;
    for (int i = 0; i < count; i++) {
        const size_t blocked = list[i].breakers.count;
        lane->work |= (uint64_t)note_poll(&list[i], &claims[i], found[i], &views[i]) << i;
        slot_note_sweep(&list[i], began);
        if (!found[i])
            lane_forget_holder(lane, &list[i]);
        if (list[i].breakers.count < blocked)
            lane_show_blocked(lane);
    }
    return true;
}

// While windows are careful, what goes wrong may only be too large for them: the next failure is
// not the first.
static void
progress(struct lane *lane)
{
    atomic_store(&lane->progress_ns, mono_now().ns);
    if (lane->careful > 0 && atomic_load(&lane->phase) != LANE_IDLE)
        return;
    backoff_reset(&lane->outage);
    lane->wait_longer = false;
    store_wait_longer(lane->store, false);
}

// False: it is to connect anew.
static bool
still_has_kafka(struct lane *lane)
{
    lane_doubt_kafka(lane);
    if (!lane->reachable)
        disconnect(lane);
    return lane->reachable;
}

// True: it was told to look.
static bool
wait_idle(struct lane *lane)
{
    if (lane->shared->settings->listen)
        return wake_wait(lane);
    lane_wait(lane, backoff_next(&lane->idle));
    return false;
}

// Polls until there is something to claim. False when a poll failed.
static bool
idle(struct lane *lane, struct error *err)
{
    lane_enter(lane, LANE_IDLE);
    while (lane->work == 0 && !lane_resting(lane) && lane->producer) {
        progress(lane);
        const bool told = wait_idle(lane);
        if (!still_has_kafka(lane))
            break;
        if (mono_ms_until(lane->not_before) > 0 || lane_resting(lane))
            continue;
        look_at_topics(lane);
        if (!lane_number_rows(lane, err) || !lane_forget_gone(lane, err) || !look(lane, err))
            return false;
        if (lane->work != 0 && !told)
            wake_note_found(lane);
    }
    return true;
}

// All slots are others'. One may be free by the next try.
static void
stand_by(struct lane *lane)
{
    lane_show_part(lane, PART_STANDBY);
    lane_enter(lane, LANE_STANDBY);
    progress(lane);
    if (!lane->shared->goal.wait_for_slot) // else the try itself waited
        lane_wait(lane, lane->shared->settings->poll_max_ms);
    still_has_kafka(lane);
}

// What follows a window; false when something failed. While other slots have work too, nothing is
// waited for.
static bool
after_window(struct lane *lane, enum window_end end, struct mono began, struct error *err)
{
    const struct relay_settings *settings = lane->shared->settings;

    if (!lane_watch_holder(lane, end, err))
        return false;
    switch (end) {
    case WINDOW_FAILED:
        return false;
    case WINDOW_CHANGED:
        if (!lane_adopt_change(lane, err))
            return false;
        // A table that keeps changing is read again at the back-off's pace.
        lane_wait(lane, backoff_next(&lane->idle));
        return true;
    case WINDOW_STANDBY:
        if (lane_has_tried_all(lane))
            stand_by(lane);
        return true;
    case WINDOW_FULL:
        backoff_reset(&lane->idle);
        break;
    case WINDOW_SHORT:
        backoff_reset(&lane->idle);
        if (lane->work == 0)
            lane_wait(lane, mono_ms_until(mono_add_ms(began, settings->poll_min_ms)));
        break;
    case WINDOW_EMPTY:
        lane_show_part(lane, PART_ACTIVE);
        return idle(lane, err);
    }
    lane->took = true;
    lane_show_part(lane, PART_ACTIVE);
    progress(lane);
    lane_wait(lane, mono_ms_until(lane->not_before));
    return true;
}

// The next slot with work, in rotation: each has its turn.
static void
choose_slot(struct lane *lane)
{
    while ((lane->work >> lane->next & 1) == 0)
        lane->next = (lane->next + 1) % lane->slots.count;
    lane->slot = &lane->slots.list[lane->next];
    lane->work &= ~(UINT64_C(1) << lane->next);
    lane->next = (lane->next + 1) % lane->slots.count;
}

// A window of the next slot. The only one is tried without asking whether it has work: a window
// tells that as cheaply.
static enum window_end
run_window(struct lane *lane, struct error *err)
{
    const int before = atomic_load(&lane->phase);
    const bool was_away = before == LANE_STANDBY || before == LANE_PAUSED;

    lane_enter(lane, LANE_CLAIM);
    if (lane->slots.count == 1) {
        lane->work = 1;
        lane->took = false;
    } else if (lane->work == 0 && !look(lane, err)) {
        return WINDOW_FAILED;
    }
    if (lane->work == 0)
        return WINDOW_EMPTY;
    choose_slot(lane);
    if (was_away && lane->slots.count == 1) { // another may have failed rows, or released them
        floor_sweep(&lane->slot->floor);
        breakers_forget_positions(&lane->slot->breakers);
    } else {
        slot_maybe_sweep(lane->slot, leaves_rows_below(lane));
    }
    struct mono began = mono_now();
    enum window_end end = window_run(lane, err);
    if (end != WINDOW_FAILED)
        slot_note_sweep(lane->slot, began);
    return end;
}

// One window and what follows it.
static void
turn(struct lane *lane)
{
    struct error err;

    look_at_topics(lane);
    const struct mono began = mono_now();
    if (!lane_number_rows(lane, &err) || !lane_forget_gone(lane, &err) ||
        !after_window(lane, run_window(lane, &err), began, &err))
        recover(lane, &err);
}

// Nothing is asked of either server meanwhile, so that both may be worked on: what is lost of the
// connections by that is found out by the first window afterwards.
static void
rest(struct lane *lane)
{
    lane_show_part(lane, PART_STARTING);
    lane_enter(lane, LANE_PAUSED);
    while (lane_resting(lane) && !lane_stopping(lane)) {
        atomic_store(&lane->progress_ns, mono_now().ns);
        wait_slice(lane, SLICE_MS);
    }
    backoff_reset(&lane->idle);
}

void *
lane_main(void *argument)
{
    struct lane *lane = argument;
    const struct relay_settings *settings = lane->shared->settings;

    log_limit_repeats();
    lane->outage = (struct backoff){.initial_ms = OUTAGE_FIRST_MS, .maximum_ms = OUTAGE_MAX_MS};
    lane->idle = (struct backoff){.initial_ms = settings->poll_min_ms,
                                  .maximum_ms = settings->poll_max_ms,
                                  .kept_percent = 90};
    lane->careful = 1;
    lane->mean_bytes = settings->batch_bytes / 64 + 1;
    while (!lane_stopping(lane)) {
        if (lane_resting(lane))
            rest(lane);
        else if (connect_lane(lane))
            turn(lane);
    }
    disconnect(lane);
    producer_close(lane->producer);
    lane->producer = NULL;
    doubts_free(&lane->doubts);
    lane_enter(lane, LANE_ENDED);
    atomic_store(&lane->ended, true);
    return NULL;
}
