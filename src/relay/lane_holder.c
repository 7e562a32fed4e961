// SPDX-License-Identifier: Apache-2.0
//
// A lane that cannot have a slot finds out which session has it.
//
// As a rule that is another relay's, and the lane stands by. Any other session keeps all messages
// of the slot back, for PostgreSQL lets every role take the lock: that is logged once a holder, and
// shown until the slot is free.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/relay/health.h"

enum { TOLD_NOBODY, TOLD_PREPARED = -1 };

// Is there anything to claim in the slot in hand?
static bool
ask_rows_wait(struct lane *lane, bool *ret_waiting, struct error *err)
{
    struct claim claims[STORE_SLOTS_MAX];
    struct view views[STORE_SLOTS_MAX];
    bool found[STORE_SLOTS_MAX];

    for (int i = 0; i < lane->slots.count; i++)
        claims[i] = window_first_claim(lane, &lane->slots.list[i], 1);
    if (!store_poll(lane->store, claims, found, views, err))
        return false;
    *ret_waiting = found[lane->slot->number];
    return true;
}

// Shows the first slot that a session other than a relay's holds, if there is one.
static void
show(struct lane *lane)
{
    struct error why;

    for (int i = 0; i < lane->slots.count; i++) {
        const struct slot *slot = &lane->slots.list[i];
        if (slot->taken == HOLDER_RELAY)
            continue;
        holder_explain(&slot->watch.holder, slot->taken, &why);
        trouble_write(&lane->taken_by, "slot_taken", &why);
        atomic_store(&lane->taken, true);
        return;
    }
    atomic_store(&lane->taken, false);
}

// Lanes share what was told: one line a holder, however many lanes it keeps waiting.
static void
tell(const struct lane *lane, const struct slot *slot)
{
    const struct slot_holder *holder = &slot->watch.holder;
    const int whom = holder->pid == 0 ? TOLD_PREPARED : holder->pid;

    if (atomic_exchange(&lane->shared->told_taken[slot->number], whom) == whom)
        return;
    LOG(LOG_WARN, "slot_taken", LOG_INT("lane", lane->number), LOG_INT("slot", slot->number),
        holder->pid == 0 ? LOG_STR("holder_pid", NULL) : LOG_INT("holder_pid", holder->pid),
        LOG_STR("holder", holder->who), LOG_STR("lock", holder->lock),
        LOG_STR("why", holder_reason(slot->taken)),
        LOG_STR("next", "messages wait until the lock is released"),
        LOG_STR("remedy", holder->remedy));
}

static bool
look_at_holder(struct lane *lane, struct error *err)
{
    struct slot *slot = lane->slot;
    const int64_t longest_ms =
        health_limits(lane->shared->settings, lane->shared->store_settings).progress_ms;
    struct slot_holder holder;
    bool waiting = false;

    if (!store_slot_holder(lane->store, slot->number, &holder, err))
        return false;
    const struct mono now = mono_now();
    holder_note(&slot->watch, &holder, now);
    if (holder_seems_still(&slot->watch, longest_ms, now) && !ask_rows_wait(lane, &waiting, err))
        return false;
    slot->taken = holder_judge(&slot->watch, longest_ms, waiting, now);
    if (slot->taken != HOLDER_RELAY)
        tell(lane, slot);
    show(lane);
    return true;
}

void
lane_forget_holder(struct lane *lane, struct slot *slot)
{
    slot->watch = (struct holder_watch){0};
    if (slot->taken == HOLDER_RELAY)
        return;
    slot->taken = HOLDER_RELAY;
    show(lane);
}

void
lane_forget_holders(struct lane *lane)
{
    for (int i = 0; i < lane->slots.count; i++)
        lane_forget_holder(lane, &lane->slots.list[i]);
}

static void
note_free(struct lane *lane)
{
    struct slot *slot = lane->slot;

    lane_forget_holder(lane, slot);
    if (atomic_exchange(&lane->shared->told_taken[slot->number], TOLD_NOBODY) != TOLD_NOBODY)
        LOG(LOG_INFO, "slot_freed", LOG_INT("lane", lane->number), LOG_INT("slot", slot->number));
}

bool
lane_watch_holder(struct lane *lane, enum window_end end, struct error *err)
{
    switch (end) {
    case WINDOW_STANDBY:
        return !mono_passed(lane->slot->watch.next_look) || look_at_holder(lane, err);
    case WINDOW_EMPTY: // with several slots perhaps that of no slot at all
        if (lane->slots.count == 1)
            note_free(lane);
        break;
    case WINDOW_FULL:
    case WINDOW_SHORT:
        note_free(lane);
        break;
    case WINDOW_CHANGED:
    case WINDOW_FAILED:
        break;
    }
    return true;
}
