// SPDX-License-Identifier: Apache-2.0
// The messages of one claim, in the table's order.
#ifndef OUTRIDER_MODEL_BATCH_H
#define OUTRIDER_MODEL_BATCH_H

#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>

struct batch_memory; // whatever the messages' bytes live in

struct batch {
    struct message *messages;
    size_t count;
    size_t bytes; // sum of payload sizes
    bool full;    // the claim met its limit (rows or bytes): there may be more behind it
    bool holes;   // some row is not `taken`
    struct batch_memory *memory;
};

// Memory that lives as long as the batch, for what is rendered per message. Never NULL.
void *batch_alloc(struct batch *batch, size_t size);

// A copy of the text in that memory.
const char *batch_copy(struct batch *batch, const char *text);

// An empty batch that owns `rows`, released by `release_rows` (both may be NULL).
void batch_init(struct batch *batch, size_t capacity, void *rows, void (*release_rows)(void *));

// Frees messages and memory. No outcome may be pending: the producer still borrows those bytes.
// A no-op on a zeroed batch; leaves the batch zeroed.
void batch_free(struct batch *batch);

#endif
