// SPDX-License-Identifier: Apache-2.0
// The messages that librdkafka has, by a number that travels with each as its opaque.
#ifndef OUTRIDER_BROKER_PENDING_H
#define OUTRIDER_BROKER_PENDING_H

#include "outrider/model/message.h"

#include <stddef.h>

struct pending {
    struct message **messages; // by number; NULL: vacant
    size_t *vacant;            // a stack of vacant numbers
    size_t vacant_count;
    size_t capacity; // of both arrays
    size_t used;     // numbers ever given out
};

// A zeroed struct is empty. Borrows the message; its number stays its own until it is taken.
size_t pending_add(struct pending *pending, struct message *message);

// The message of that number, which becomes vacant.
struct message *pending_take(struct pending *pending, size_t number);

// Gives every message that is still here to `settle`, and frees the table.
void pending_end(struct pending *pending, void (*settle)(struct message *));

size_t pending_count(const struct pending *pending);

#endif
