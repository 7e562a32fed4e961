// SPDX-License-Identifier: Apache-2.0
//
// Rows of a slot that wait for their copy in outbox.dead_topic.
//
// Such a row is sent again when its time has come, for what made it fail can be mended meanwhile.
// When it is refused again, a later row of its aggregate that was sent with it would be ahead of
// it, and could not be taken back. So the relay remembers these rows, and sends nothing of their
// aggregates in the windows that try them. A row that is forgotten, or of another relay, is found
// out again by its next try.
#include "unburied.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

// Its index; count when it is none of them.
static size_t
find(const struct unburied *unburied, const struct message_id *id)
{
    size_t i = 0;

    while (i < unburied->count && memcmp(&unburied->ids[i], id, sizeof *id) != 0)
        i++;
    return i;
}

void
unburied_add(struct unburied *unburied, const struct message_id *id)
{
    if (unburied_has(unburied, id))
        return;
    if (!unburied->ids)
        unburied->ids = xcalloc(UNBURIED_MAX, sizeof *unburied->ids);
    if (unburied->count < UNBURIED_MAX) {
        unburied->ids[unburied->count++] = *id;
        return;
    }
    unburied->ids[unburied->next] = *id;
    unburied->next = (unburied->next + 1) % UNBURIED_MAX;
}

void
unburied_drop(struct unburied *unburied, const struct message_id *id)
{
    const size_t i = find(unburied, id);

    if (i < unburied->count)
        unburied->ids[i] = unburied->ids[--unburied->count];
}

bool
unburied_has(const struct unburied *unburied, const struct message_id *id)
{
    return find(unburied, id) < unburied->count;
}

void
unburied_free(struct unburied *unburied)
{
    free(unburied->ids);
    *unburied = (struct unburied){0};
}
