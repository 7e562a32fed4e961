// SPDX-License-Identifier: Apache-2.0
// Rows of a slot that wait for their copy in outbox.dead_topic. Private to the relay.
#ifndef OUTRIDER_RELAY_UNBURIED_H
#define OUTRIDER_RELAY_UNBURIED_H

#include "outrider/model/message_id.h"

#include <stdbool.h>
#include <stddef.h>

enum { UNBURIED_MAX = 256 }; // then the one that was added first is forgotten

struct unburied {
    struct message_id *ids; // NULL: there was none
    size_t count, next;
};

void unburied_add(struct unburied *unburied, const struct message_id *id);
void unburied_drop(struct unburied *unburied, const struct message_id *id);
bool unburied_has(const struct unburied *unburied, const struct message_id *id);
void unburied_free(struct unburied *unburied);

#endif
