// SPDX-License-Identifier: Apache-2.0
// Quarantined rows that are gone.
//
// Somebody can delete a row that PostgreSQL refuses to mark, or publish it by hand. No claim comes
// upon it then, so nothing would tell the lane. While the lane keeps rows in quarantine it asks for
// them by their ids, and forgets those that are not there any more, unpublished: the aggregate of
// each goes on, and the page does not speak of it any longer.
#include "lane.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 5000 }; // between two looks

static int
compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct message_id));
}

static bool
forget_of_slot(struct store *store, struct slot *slot, struct error *err)
{
    struct quarantine *quarantine = &slot->quarantine;
    AUTOFREE struct message_id *ids = xcalloc(quarantine->count + 1, sizeof *ids);
    size_t there = quarantine->count;

    for (size_t i = 0; i < quarantine->count; i++)
        ids[i] = quarantine->list[i].id;
    if (!store_keep_unmarked(store, ids, &there, err))
        return error_prefix(err, "looking for rows that were refused");
    qsort(ids, there, sizeof *ids, compare_ids);
    for (size_t i = quarantine->count; i-- > 0;) {
        const struct quarantined row = quarantine->list[i];
        if (bsearch(&row.id, ids, there, sizeof *ids, compare_ids))
            continue;
        holds_end(&slot->holds, row.position);
        quarantine_drop(quarantine, &row.id);
    }
    return true;
}

bool
lane_forget_gone(struct lane *lane, struct error *err)
{
    if (!mono_passed(lane->next_look))
        return true;
    lane->next_look = mono_add_ms(mono_now(), LOOK_MS);
    for (int i = 0; i < lane->slots.count; i++)
        if (lane->slots.list[i].quarantine.count > 0 &&
            !forget_of_slot(lane->store, &lane->slots.list[i], err))
            return false;
    lane_show_quarantined(lane);
    return true;
}
