// SPDX-License-Identifier: Apache-2.0
// What a lane lets others see of itself: its phase, what phases take, the topics that it finds
// blocked. Atomics all of it; the lane waits for no reader.
#include "fault_at.h"
#include "lane.h"

enum { US_NS = 1000 };

static void
take_time(struct lane *lane)
{
    const struct mono now = mono_now();

    lane->spent_ns[atomic_load(&lane->phase)] += mono_diff_ns(now, lane->entered);
    lane->entered = now;
}

void
lane_drop_times(struct lane *lane)
{
    take_time(lane);
    for (enum lane_phase phase = 0; phase <= LANE_ENDED; phase++)
        lane->spent_ns[phase] = 0;
}

void
lane_count_times(struct lane *lane)
{
    struct stats *stats = &lane->shared->stats;

    take_time(lane);
    histogram_add(&stats->claim, lane->spent_ns[LANE_CLAIM] / US_NS);
    histogram_add(&stats->publish, lane->spent_ns[LANE_PUBLISH] / US_NS);
    histogram_add(&stats->settle, lane->spent_ns[LANE_SETTLE] / US_NS);
    lane->spent_ns[LANE_CLAIM] = lane->spent_ns[LANE_PUBLISH] = lane->spent_ns[LANE_SETTLE] = 0;
}

// Shows why the topic that was blocked last is, unless that is what is shown already.
static void
show_block(struct lane *lane, const struct breaker *breaker)
{
    if (!breaker->why || breaker->opened.ns == lane->block_opened.ns)
        return;
    lane->block_opened = breaker->opened;
    trouble_write(&lane->block, "topic_blocked", breaker->why);
}

void
lane_show_blocked(struct lane *lane)
{
    const uint64_t bit = UINT64_C(1) << lane->number;
    const struct breaker *last = NULL;
    bool blocked[TOPIC_INDEX_SIZE] = {false};

    const bool active = atomic_load(&lane->part) == PART_ACTIVE;

    for (int i = 0; active && i < lane->slots.count; i++) {
        const struct breakers *breakers = &lane->slots.list[i].breakers;
        for (size_t k = 0; k < breakers->count; k++) {
            const struct breaker *breaker = &breakers->list[k];
            blocked[topic_index_blocked(breaker->topic)] = true;
            if (!last || mono_diff_ns(breaker->opened, last->opened) > 0)
                last = breaker;
        }
    }
    if (last)
        show_block(lane, last);
    atomic_store(&lane->blocks, last != NULL);
    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        if (blocked[i])
            atomic_fetch_or(&lane->shared->blocked[i], bit);
        else
            atomic_fetch_and(&lane->shared->blocked[i], ~bit);
}

void
lane_show_quarantined(struct lane *lane)
{
    size_t rows = 0;

    for (int i = 0; i < lane->slots.count; i++)
        rows += lane->slots.list[i].quarantine.count;
    atomic_store(&lane->quarantined, (int)rows);
}

void
lane_show_part(struct lane *lane, enum lane_part part)
{
    if (atomic_exchange(&lane->part, (int)part) != (int)part)
        lane_show_blocked(lane);
}

void
lane_enter(struct lane *lane, enum lane_phase phase)
{
    if (atomic_load(&lane->phase) == (int)phase)
        return;
    take_time(lane);
    atomic_store(&lane->phase, (int)phase);
    atomic_store(&lane->since_ns, lane->entered.ns);
    atomic_store(&lane->in_flight, lane->producer ? (int64_t)producer_pending(lane->producer) : 0);
    if (fault_at)
        fault_point_enter(fault_at, phase);
}
