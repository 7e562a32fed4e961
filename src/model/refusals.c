// SPDX-License-Identifier: Apache-2.0
// Rows that PostgreSQL refused a write for.
#include "outrider/model/refusals.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
refusals_add(struct refusals *refusals, const struct message_id *id, const struct error *why)
{
    if (refusals->count == refusals->room) {
        refusals->room = 2 * refusals->room + 8;
        refusals->list = xreallocarray(refusals->list, refusals->room, sizeof *refusals->list);
    }
    refusals->list[refusals->count++] = (struct refusal){*id, *why};
}

const struct refusal *
refusals_find(const struct refusals *refusals, const struct message_id *id)
{
    for (size_t i = 0; i < refusals->count; i++)
        if (memcmp(&refusals->list[i].id, id, sizeof *id) == 0)
            return &refusals->list[i];
    return NULL;
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
