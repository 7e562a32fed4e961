// SPDX-License-Identifier: Apache-2.0
// The messages that librdkafka has, by number.
//
// rd_kafka_destroy drops the delivery reports that nobody polled for, and a message whose outcome
// stays pending would hold its batch for ever. So every message that was handed over is known here,
// at the price of two stores a message. Numbers instead of pointers into this table, because it
// moves when it grows.
#include "pending.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>

size_t
pending_add(struct pending *pending, struct message *message)
{
    if (pending->vacant_count == 0 && pending->used == pending->capacity) {
        pending->capacity = pending->capacity ? 2 * pending->capacity : 1024;
        pending->messages =
            xreallocarray((void *)pending->messages, pending->capacity, sizeof *pending->messages);
        pending->vacant =
            xreallocarray(pending->vacant, pending->capacity, sizeof *pending->vacant);
    }
    size_t number =
        pending->vacant_count > 0 ? pending->vacant[--pending->vacant_count] : pending->used++;
    pending->messages[number] = message;
    return number;
}

struct message *
pending_take(struct pending *pending, size_t number)
{
    struct message *message = pending->messages[number];
    pending->messages[number] = NULL;
    pending->vacant[pending->vacant_count++] = number;
    return message;
}

size_t
pending_count(const struct pending *pending)
{
    return pending->used - pending->vacant_count;
}

void
pending_end(struct pending *pending, void (*settle)(struct message *))
{
    for (size_t number = 0; number < pending->used; number++) {
        if (pending->messages[number])
            settle(pending->messages[number]);
    }
    free((void *)pending->messages);
    free(pending->vacant);
    *pending = (struct pending){0};
}
