// SPDX-License-Identifier: Apache-2.0
// Rows whose mark or whose failure PostgreSQL refuses to write.
//
// A failed row usually waits in the table. When a constraint or a trigger refuses even that, the
// lane has no other place for the wait than its memory. The same holds for a row that was sent and
// cannot be marked: a lane that forgot it would send it again with each sweep. A restart forgets
// the rows here, and the first windows after a start mark before they send: so a row that cannot be
// marked is not sent by them. On most days this is empty.
#include "quarantine.h"

#include "floor.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    FORGET_MS = 10 * 60 * 1000, // after its time: longer than the sweeps take to meet a row
    CROWD = 64,                 // fewer rows are tried whenever their time has come
    TRIES = 50,                 // of a crowd, a second: a few per cent of a lane's time
};

void
quarantine_free(struct quarantine *quarantine)
{
    free(quarantine->list);
    free(quarantine->index);
    *quarantine = (struct quarantine){0};
}

// Where the search for an id begins.
static size_t
home(const struct quarantine *quarantine, const struct message_id *id)
{
    uint64_t value = UINT64_C(14695981039346656037); // FNV-1a

    for (size_t i = 0; i < sizeof id->bytes; i++)
        value = (value ^ id->bytes[i]) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32) & (quarantine->index_size - 1);
}

// The index's cell for an id: the one that names it, or the free one where it belongs.
static size_t
cell(const struct quarantine *quarantine, const struct message_id *id)
{
    size_t i = home(quarantine, id);

    while (quarantine->index[i] != 0 &&
           memcmp(&quarantine->list[quarantine->index[i] - 1].id, id, sizeof *id) != 0)
        i = (i + 1) & (quarantine->index_size - 1);
    return i;
}

static void
grow(struct quarantine *quarantine)
{
    quarantine->room = quarantine->room ? 2 * quarantine->room : 16;
    quarantine->index_size = 2 * quarantine->room;
    quarantine->list = xreallocarray(quarantine->list, quarantine->room, sizeof *quarantine->list);
    free(quarantine->index);
    quarantine->index = xcalloc(quarantine->index_size, sizeof *quarantine->index);
    for (size_t i = 0; i < quarantine->count; i++)
        quarantine->index[cell(quarantine, &quarantine->list[i].id)] = (uint32_t)i + 1;
}

struct quarantined *
quarantine_find(const struct quarantine *quarantine, const struct message_id *id)
{
    const uint32_t place = quarantine->count > 0 ? quarantine->index[cell(quarantine, id)] : 0;

    return place ? &quarantine->list[place - 1] : NULL;
}

// Frees a cell. What follows it in its run moves up, or no search would reach it any more.
static void
free_cell(struct quarantine *quarantine, size_t hole)
{
    const size_t mask = quarantine->index_size - 1;

    for (size_t i = (hole + 1) & mask; quarantine->index[i] != 0; i = (i + 1) & mask) {
        const size_t from = home(quarantine, &quarantine->list[quarantine->index[i] - 1].id);
        if (((i - from) & mask) < ((i - hole) & mask))
            continue; // it may not move in front of where its search begins
        quarantine->index[hole] = quarantine->index[i];
        hole = i;
    }
    quarantine->index[hole] = 0;
}

void
quarantine_drop(struct quarantine *quarantine, const struct message_id *id)
{
    struct quarantined *row = quarantine_find(quarantine, id);

    if (!row)
        return;
    free_cell(quarantine, cell(quarantine, id));
    const struct quarantined last = quarantine->list[quarantine->count - 1];
    if (row != &quarantine->list[quarantine->count - 1]) {
        quarantine->index[cell(quarantine, &last.id)] = (uint32_t)(row - quarantine->list) + 1;
        *row = last;
    }
    quarantine->count--;
}

// Drops the row whose time comes first. It is met again then, as if for the first time.
static void
evict(struct quarantine *quarantine)
{
    const struct quarantined *first = &quarantine->list[0];

    for (size_t i = 1; i < quarantine->count; i++)
        if (mono_diff_ns(quarantine->list[i].until, first->until) < 0)
            first = &quarantine->list[i];
    const struct message_id id = first->id;
    quarantine_drop(quarantine, &id);
}

struct quarantined *
quarantine_add(struct quarantine *quarantine, const struct message_id *id)
{
    struct quarantined *row = quarantine_find(quarantine, id);

    if (!row) {
        if (quarantine->count == QUARANTINE_MAX)
            evict(quarantine);
        if (quarantine->count == quarantine->room)
            grow(quarantine);
        row = &quarantine->list[quarantine->count];
        *row = (struct quarantined){.id = *id, .position = POSITION_LAST, .since = mono_now()};
        quarantine->index[cell(quarantine, id)] = (uint32_t)++quarantine->count;
    }
    row->refusals++;
    row->passed = row->admitted = false;
    return row;
}

// Tries that were not used are lost, but for a second's.
static void
count_tries(struct quarantine *quarantine, struct mono now)
{
    const int64_t more = mono_diff_ns(now, quarantine->counted) / (INT64_C(1000000000) / TRIES);

    if (more == 0)
        return;
    quarantine->counted = now;
    quarantine->tries = more < TRIES - quarantine->tries ? quarantine->tries + (int)more : TRIES;
}

bool
quarantine_admit(struct quarantine *quarantine, struct quarantined *row, struct mono now)
{
    if (row->admitted || quarantine->count <= CROWD)
        return true;
    count_tries(quarantine, now);
    if (quarantine->tries > 0) {
        quarantine->tries--;
        row->admitted = true;
        return true;
    }
    // So late that, one with the other, as many are due as can be tried; spread by their ids.
    const uint64_t spread = home(quarantine, &row->id) % quarantine->count;
    row->until = mono_add_ms(now, 1000 + (int64_t)spread * 2 * 1000 / TRIES);
    row->passed = false;
    return false;
}

void
quarantine_refund(struct quarantine *quarantine)
{
    if (quarantine->tries < TRIES)
        quarantine->tries++;
}

struct message_id *
quarantine_list(const struct quarantine *quarantine, struct mono now, size_t *ret_count)
{
    struct message_id *ids = xcalloc(quarantine->count + 1, sizeof *ids);

    *ret_count = 0;
    for (size_t i = 0; i < quarantine->count; i++)
        if (mono_diff_ns(now, quarantine->list[i].until) < 0)
            ids[(*ret_count)++] = quarantine->list[i].id;
    return ids;
}

bool
quarantine_expire(struct quarantine *quarantine, struct mono now, struct position *ret_lowest)
{
    bool any = false;

    for (size_t i = quarantine->count; i-- > 0;) {
        struct quarantined *row = &quarantine->list[i];
        const int64_t late_ns = mono_diff_ns(now, row->until);
        if (late_ns > FORGET_MS * INT64_C(1000000)) {
            const struct message_id id = row->id;
            quarantine_drop(quarantine, &id);
        } else if (late_ns >= 0 && !row->passed) {
            row->passed = true;
            if (!any || position_compare(&row->position, ret_lowest) < 0)
                *ret_lowest = row->position;
            any = true;
        }
    }
    return any;
}
