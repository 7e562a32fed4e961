// SPDX-License-Identifier: Apache-2.0
//
// The messages of one claim, and an arena for what is rendered for them.
//
// At 100,000 messages a second there is no room for a malloc and a free per message, and all of a
// batch dies at once: so memory comes in chunks that are only ever freed together. A chunk never
// moves, because the producer borrows what is in it.
//
// Ownership: the batch owns its messages, its chunks, and the rows that the messages' views point
// into; the rows are opaque here, so that the store's types stay in the store.
#include "outrider/model/batch.h"

#include "outrider/base/xalloc.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Below malloc's threshold for mmap (128 KiB), so that a chunk is not a system call.
#define CHUNK_BYTES ((size_t)64 * 1024)

struct chunk {
    struct chunk *next;
    alignas(max_align_t) char data[];
};

struct batch_memory {
    void *rows;
    void (*release_rows)(void *);
    struct chunk *chunks;
    char *free; // the rest of the newest shared chunk
    size_t left;
};

// A chunk of its own for `size` bytes; the batch frees it.
static char *
chunk_new(struct batch_memory *memory, size_t size)
{
    assert(size <= SIZE_MAX - sizeof(struct chunk));
    struct chunk *chunk = xmalloc(sizeof *chunk + size);
    chunk->next = memory->chunks;
    memory->chunks = chunk;
    return chunk->data;
}

void *
batch_alloc(struct batch *batch, size_t size)
{
    struct batch_memory *memory = batch->memory;
    assert(memory != NULL);
    // Anything large gets a chunk of its own: the rest of the shared one stays in use.
    if (size > CHUNK_BYTES / 4)
        return chunk_new(memory, size);
    // Every piece is a multiple of the alignment and never empty: the next one starts aligned too.
    size_t units = size == 0 ? 1 : (size + alignof(max_align_t) - 1) / alignof(max_align_t);
    size = units * alignof(max_align_t);
    if (size > memory->left) {
        memory->free = chunk_new(memory, CHUNK_BYTES);
        memory->left = CHUNK_BYTES;
    }
    char *piece = memory->free;
    memory->free += size;
    memory->left -= size;
    return piece;
}

const char *
batch_copy(struct batch *batch, const char *text)
{
    const size_t size = strlen(text) + 1;

    return memcpy(batch_alloc(batch, size), text, size);
}

void
batch_init(struct batch *batch, size_t capacity, void *rows, void (*release_rows)(void *))
{
    struct batch_memory *memory = xcalloc(1, sizeof *memory);
    memory->rows = rows;
    memory->release_rows = release_rows;
    *batch = (struct batch){
        .messages = xcalloc(capacity, sizeof *batch->messages),
        .memory = memory,
    };
}

void
batch_free(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        assert(batch->messages[i].outcome.state != OUTCOME_PENDING);
    struct batch_memory *memory = batch->memory;
    if (memory != NULL) {
        while (memory->chunks != NULL) {
            struct chunk *chunk = memory->chunks;
            memory->chunks = chunk->next;
            free(chunk);
        }
        if (memory->release_rows != NULL)
            memory->release_rows(memory->rows);
        free(memory);
    }
    free(batch->messages);
    *batch = (struct batch){0};
}
