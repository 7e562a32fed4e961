// SPDX-License-Identifier: Apache-2.0
// Rows that PostgreSQL refused a write for.
#include "outrider/model/refusals.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
refusals_add(struct refusals *refusals, const struct message_id *id, const struct error *why,
             bool alone)
{
    if (refusals->count == refusals->room) {
        refusals->room = 2 * refusals->room + 8;
        refusals->list = xreallocarray(refusals->list, refusals->room, sizeof *refusals->list);
    }
    refusals->list[refusals->count++] = (struct refusal){*id, *why, alone};
}

// The id comes first in a refusal.
static int
compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct message_id));
}

void
refusals_sort(struct refusals *refusals)
{
    if (refusals->count > 0)
        qsort(refusals->list, refusals->count, sizeof *refusals->list, compare_ids);
}

const struct refusal *
refusals_find(const struct refusals *refusals, const struct message_id *id)
{
    return refusals->count == 0
               ? NULL
               : bsearch(id, refusals->list, refusals->count, sizeof *refusals->list, compare_ids);
}

void
refusals_free(struct refusals *refusals)
{
    free(refusals->list);
    *refusals = (struct refusals){0};
}

bool
refusal_is_of_others(const char *code)
{
    static const char *const states[] = {
        "40001", // serialization failure
        "40P01", // deadlock
        "55P03", // a lock that was not to be had in lock_timeout
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (str_equal(code, states[i]))
            return true;
    return false;
}
