// SPDX-License-Identifier: Apache-2.0
// Rows whose mark or whose failure PostgreSQL refuses to write.
//
// A failed row usually waits in the table. When a constraint or a trigger refuses even that, the
// lane has no other place for the wait than its memory. The same holds for a row that was sent and
// cannot be marked: a lane that forgot it would send it again with each sweep. A restart forgets
// the rows here, and the first windows after a start mark before they send: so a row that cannot be
// marked is not sent by them.
#include "quarantine.h"

#include "floor.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { FORGET_MS = 10 * 60 * 1000 }; // after its time: longer than the sweeps take to meet a row

void
quarantine_free(struct quarantine *quarantine)
{
    free(quarantine->list);
    *quarantine = (struct quarantine){0};
}

struct quarantined *
quarantine_find(const struct quarantine *quarantine, const struct message_id *id)
{
    for (size_t i = 0; i < quarantine->count; i++)
        if (memcmp(&quarantine->list[i].id, id, sizeof *id) == 0)
            return &quarantine->list[i];
    return NULL;
}

struct quarantined *
quarantine_add(struct quarantine *quarantine, const struct message_id *id)
{
    struct quarantined *row = quarantine_find(quarantine, id);

    if (!row && quarantine->count == QUARANTINE_MAX)
        return NULL;
    if (!row && quarantine->count == quarantine->room) {
        quarantine->room = 2 * quarantine->room + 8;
        quarantine->list =
            xreallocarray(quarantine->list, quarantine->room, sizeof *quarantine->list);
    }
    if (!row) {
        row = &quarantine->list[quarantine->count++];
        *row = (struct quarantined){.id = *id, .position = POSITION_LAST, .since = mono_now()};
    }
    row->refusals++;
    row->passed = false;
    return row;
}

void
quarantine_drop(struct quarantine *quarantine, const struct message_id *id)
{
    struct quarantined *row = quarantine_find(quarantine, id);

    if (row)
        *row = quarantine->list[--quarantine->count];
}

bool
quarantine_expire(struct quarantine *quarantine, struct mono now, struct position *ret_lowest)
{
    bool any = false;

    for (size_t i = quarantine->count; i-- > 0;) {
        struct quarantined *row = &quarantine->list[i];
        const int64_t late_ns = mono_diff_ns(now, row->until);
        if (late_ns > FORGET_MS * INT64_C(1000000)) {
            *row = quarantine->list[--quarantine->count];
        } else if (late_ns >= 0 && !row->passed) {
            row->passed = true;
            if (!any || position_compare(&row->position, ret_lowest) < 0)
                *ret_lowest = row->position;
            any = true;
        }
    }
    return any;
}
