// SPDX-License-Identifier: Apache-2.0
// Aggregates that a lane passes over for a while, in memory.
//
// Three things put one here: a row that somebody else holds locked, a row that failed in this
// window (its followers must not overtake it), and, on table version 1, a row that waits for its
// next attempt. Version 2 keeps waiting rows in the table, so that a hold survives a restart and
// costs the lane nothing. On most days this is empty; it is a hash table for the day when it holds
// thousands.
#include "holds.h"

#include "floor.h"
#include "outrider/base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t
hash(struct bytes bytes)
{
    uint64_t value = UINT64_C(14695981039346656037); // FNV-1a

    for (size_t i = 0; i < bytes.len; i++)
        value = (value ^ (unsigned char)bytes.data[i]) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32);
}

// The index's cell for an aggregate: the one that names it, or the free one where it belongs.
static size_t *
cell(const struct holds *holds, struct bytes aggregate)
{
    size_t mask = holds->index_size - 1;
    size_t i = hash(aggregate) & mask;

    while (holds->index[i] != 0 &&
           !bytes_equal(holds->list[holds->index[i] - 1].aggregate, aggregate))
        i = (i + 1) & mask;
    return &holds->index[i];
}

static void
rebuild_index(struct holds *holds)
{
    memset(holds->index, 0, holds->index_size * sizeof *holds->index);
    for (size_t i = 0; i < holds->count; i++) {
        *cell(holds, holds->list[i].aggregate) = i + 1;
        holds->aggregates[i] = holds->list[i].aggregate;
    }
}

static void
grow(struct holds *holds)
{
    holds->capacity = holds->capacity ? holds->capacity * 2 : 16;
    holds->index_size = holds->capacity * 2;
    holds->list = xreallocarray(holds->list, holds->capacity, sizeof *holds->list);
    holds->aggregates =
        xreallocarray(holds->aggregates, holds->capacity, sizeof *holds->aggregates);
    holds->index = xreallocarray(holds->index, holds->index_size, sizeof *holds->index);
    rebuild_index(holds);
}

void
holds_free(struct holds *holds)
{
    for (size_t i = 0; i < holds->count; i++)
        free((char *)holds->list[i].aggregate.data);
    free(holds->list);
    free(holds->aggregates);
    free(holds->index);
    *holds = (struct holds){0};
}

static struct hold *
find(const struct holds *holds, struct bytes aggregate)
{
    size_t place = holds->count > 0 ? *cell(holds, aggregate) : 0;

    return place ? &holds->list[place - 1] : NULL;
}

bool
holds_back(const struct holds *holds, struct bytes aggregate, struct position position)
{
    const struct hold *hold = find(holds, aggregate);

    return hold && position_compare(&hold->position, &position) < 0;
}

// An aggregate has one hold: it begins at its first row, and that row's time counts.
static void
extend(struct holds *holds, struct hold *known, const struct hold *hold)
{
    bool earlier = position_compare(&hold->position, &known->position) < 0;

    if (earlier)
        known->position = hold->position;
    if (position_compare(&hold->row, &known->row) < 0)
        known->row = hold->row;
    if (!hold->window && (earlier || known->window)) {
        holds->lasting += known->window;
        known->window = false;
        known->until = hold->until;
    }
}

static void
add(struct holds *holds, struct hold hold)
{
    struct hold *known = find(holds, hold.aggregate);

    if (!hold.aggregate.data)
        return;
    if (known) {
        extend(holds, known, &hold);
        return;
    }
    if (holds->count == holds->capacity)
        grow(holds);
    hold.aggregate.data = xstrndup(hold.aggregate.data, hold.aggregate.len);
    holds->list[holds->count] = hold;
    holds->aggregates[holds->count] = hold.aggregate;
    *cell(holds, hold.aggregate) = ++holds->count;
    holds->lasting += !hold.window;
}

void
holds_add(struct holds *holds, struct bytes aggregate, struct position position, struct mono until)
{
    add(holds, (struct hold){.aggregate = aggregate,
                             .row = position,
                             .position = position,
                             .until = until,
                             .window = holds->lasting >= HOLDS_MAX});
}

void
holds_add_window(struct holds *holds, struct bytes aggregate, struct position position)
{
    add(holds, (struct hold){
                   .aggregate = aggregate, .row = position, .position = position, .window = true});
}

void
holds_end(struct holds *holds, struct position row)
{
    for (size_t i = 0; i < holds->count; i++)
        if (position_compare(&row, &holds->list[i].row) == 0)
            holds->list[i].until = (struct mono){0};
}

void
holds_lower(struct holds *holds, struct position position)
{
    for (size_t i = 0; i < holds->count; i++)
        if (position_compare(&position, &holds->list[i].position) < 0)
            holds->list[i].position = position;
}

void
holds_forget_positions(struct holds *holds)
{
    holds_lower(holds, (struct position){.major = INT64_MIN});
}

// Keeps what `ended` says no to.
static bool
drop(struct holds *holds, bool (*ended)(const struct hold *, struct mono), struct mono now,
     struct position *ret_lowest)
{
    size_t kept = 0;
    bool dropped = false;

    for (size_t i = 0; i < holds->count; i++) {
        struct hold *hold = &holds->list[i];
        if (!ended(hold, now)) {
            holds->list[kept++] = *hold;
            continue;
        }
        if (!dropped || position_compare(&hold->position, ret_lowest) < 0)
            *ret_lowest = hold->position;
        dropped = true;
        holds->lasting -= !hold->window;
        free((char *)hold->aggregate.data);
    }
    holds->count = kept;
    if (dropped)
        rebuild_index(holds);
    return dropped;
}

static bool
has_passed(const struct hold *hold, struct mono now)
{
    return mono_diff_ns(now, hold->until) >= 0;
}

static bool
is_of_window(const struct hold *hold, struct mono now)
{
    (void)now;
    return hold->window;
}

bool
holds_expire(struct holds *holds, struct mono now, struct position *ret_lowest)
{
    return holds->count > 0 && drop(holds, has_passed, now, ret_lowest);
}

bool
holds_end_window(struct holds *holds, struct position *ret_lowest)
{
    return holds->count > 0 && drop(holds, is_of_window, (struct mono){0}, ret_lowest);
}
