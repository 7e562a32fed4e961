// SPDX-License-Identifier: Apache-2.0
// Is a refusal the row's fault, or does the topic refuse every row?
//
// A broker says INVALID_RECORD of a row without a key on a compacted topic, and of every row when
// somebody made a topic compacted whose rows never have one. From one refusal nobody can tell. So
// the refusal is proof of the row's fault only beside a row that the same topic took: in the same
// batch, or since the topic's last refusal of this kind. Without that proof the row waits, which
// costs no attempt, and holds back its aggregate alone: the next rows of the topic are sent, and
// are the proof when they are taken.
#include "doubts.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
doubts_free(struct doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++)
        free(doubts->list[i].topic);
    *doubts = (struct doubts){.count = 0};
}

static struct doubt *
find(struct doubts *doubts, const char *topic)
{
    for (size_t i = 0; i < doubts->count; i++)
        if (str_equal(doubts->list[i].topic, topic))
            return &doubts->list[i];
    return NULL;
}

// The oldest doubt makes room: a refusal of its topic is doubted anew then, which costs nothing.
static struct doubt *
add(struct doubts *doubts, const char *topic)
{
    if (doubts->count == DOUBTS_MAX) {
        free(doubts->list[0].topic);
        memmove(doubts->list, doubts->list + 1, --doubts->count * sizeof *doubts->list);
    }
    struct doubt *doubt = &doubts->list[doubts->count++];
    *doubt = (struct doubt){.topic = xstrdup(topic)};
    return doubt;
}

static bool
is_doubtful(const struct message *message)
{
    return message->outcome.state == OUTCOME_FAILED && message->outcome.doubtful;
}

static bool
takes_others(const struct batch *batch, const char *topic)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->messages[i].outcome.state == OUTCOME_ACKNOWLEDGED &&
            str_equal(batch->messages[i].topic, topic))
            return true;
    return false;
}

// What the batch's acknowledgements say of the topics in doubt.
static void
note_taken(struct doubts *doubts, const struct batch *batch)
{
    for (size_t i = 0; i < doubts->count; i++)
        doubts->list[i].taken |= takes_others(batch, doubts->list[i].topic);
}

// One proof serves for all refusals of a batch, and for those alone.
static void
use_up_proofs(struct doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++)
        if (doubts->list[i].refused)
            doubts->list[i].taken = doubts->list[i].refused = false;
}

size_t
doubts_judge(struct doubts *doubts, struct batch *batch)
{
    size_t doubted = 0;

    note_taken(doubts, batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct message *message = &batch->messages[i];
        if (!is_doubtful(message))
            continue;
        struct doubt *doubt = find(doubts, message->topic);
        if (doubt == NULL) {
            doubt = add(doubts, message->topic);
            doubt->taken = takes_others(batch, message->topic);
        }
        doubt->refused = true;
        message->outcome.doubted = !doubt->taken;
        doubted += message->outcome.doubted;
    }
    use_up_proofs(doubts);
    return doubted;
}
