// SPDX-License-Identifier: Apache-2.0
//
// What a lane knows of each of the table's slots.
//
// A slot is a queue of its own: whoever has its lock is its one sender, and an aggregate's rows are
// all in one. So what keeps their order, the floor, holds and breakers, is a slot's; and of each
// slot a lane remembers what it did there itself. Others send from it in between, which makes its
// memory old but not wrong: a row below the floor that was neither published nor made dead then is
// behind a hold or a breaker of this lane, or waits or follows one that waits, and that no set of
// waiting rows leaves unseen (see slot_note_heads). All that others can do to such rows is to
// publish them, to make them dead, or to let them wait.
#include "slots.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>

enum {
    SWEEP_OFTEN_MS = 1000,   // full sweeps where rows may be left below the floor
    SWEEP_SELDOM_MS = 60000, // and where they should find nothing
    SWEEP_SHARE = 50,        // a sweep may take one part in so many of the time
};

void
slots_free(struct slots *slots)
{
    for (int i = 0; i < slots->count; i++) {
        holds_free(&slots->list[i].holds);
        quarantine_free(&slots->list[i].quarantine);
        unburied_free(&slots->list[i].unburied);
        breakers_free(&slots->list[i].breakers);
    }
    free(slots->list);
    *slots = (struct slots){0};
}

void
slots_prepare(struct slots *slots, int count, int lane, int retry_ms)
{
    if (slots->count == count)
        return;
    slots_free(slots);
    slots->list = xcalloc((size_t)count, sizeof *slots->list);
    slots->count = count;
    for (int i = 0; i < count; i++) {
        struct slot *slot = &slots->list[i];
        slot->number = i;
        slot->breakers.retry_ms = retry_ms;
        slot->breakers.lane = lane;
        slot->told_holder = (struct lock_holder){.pid = NOBODY};
        slot->last_sweep = mono_now();
        floor_reset(&slot->floor);
    }
}

void
slots_begin_anew(struct slots *slots)
{
    for (int i = 0; i < slots->count; i++) {
        struct slot *slot = &slots->list[i];
        floor_reset(&slot->floor);
        holds_forget_positions(&slot->holds);
        breakers_forget_positions(&slot->breakers);
        slot->last_sweep = mono_now();
    }
}

void
slots_forget(struct slots *slots)
{
    for (int i = 0; i < slots->count; i++) {
        struct slot *slot = &slots->list[i];
        floor_reset(&slot->floor);
        holds_free(&slot->holds);
        quarantine_free(&slot->quarantine);
        unburied_free(&slot->unburied);
        breakers_forget_positions(&slot->breakers);
        slot->waiting = false;
        slot->heads = (struct heads){0};
    }
}

void
slot_lower(struct slot *slot, struct position position)
{
    floor_lower(&slot->floor, position);
    breakers_lower(&slot->breakers, position);
    holds_lower(&slot->holds, position);
}

void
slot_lower_before(struct slot *slot, struct position row)
{
    slot_lower(slot, position_before(row));
}

void
slot_expire_holds(struct slot *slot)
{
    struct position lowest;

    if (holds_expire(&slot->holds, mono_now(), &lowest))
        slot_lower_before(slot, lowest);
    if (quarantine_expire(&slot->quarantine, mono_now(), &lowest))
        slot_lower_before(slot, lowest);
}

// Rows that wait keep others back, and the floor passes those. When the set of them is another than
// before, by our own hand or by another relay's, some of those are free: not below its first.
void
slot_note_heads(struct slot *slot, const struct view *view)
{
    struct heads before = slot->heads;

    slot->heads = view->heads;
    slot->waiting = view->heads.count > 0;
    if (before.count > 0 && (before.count != slot->heads.count || before.mix != slot->heads.mix))
        slot_lower_before(slot, (struct position){.major = before.lowest});
    if (view->due)
        slot_lower(slot, view->due_after);
}

void
slot_maybe_sweep(struct slot *slot, bool often)
{
    int64_t interval_ms = often ? SWEEP_OFTEN_MS : SWEEP_SELDOM_MS;
    int64_t since_ns = mono_diff_ns(mono_now(), slot->last_sweep);

    if (since_ns < interval_ms * 1000000 || since_ns < SWEEP_SHARE * slot->sweep_ns)
        return;
    floor_sweep(&slot->floor);
    slot->sweeping = true;
}

void
slot_note_sweep(struct slot *slot, struct mono began)
{
    if (!slot->sweeping)
        return;
    slot->sweeping = false;
    slot->last_sweep = mono_now();
    slot->sweep_ns = mono_diff_ns(slot->last_sweep, began);
}
