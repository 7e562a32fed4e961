// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets share: the entry point that libFuzzer calls, a check that says what is
// wrong, and an input taken apart.
#ifndef OUTRIDER_TESTS_FUZZ_FUZZ_H
#define OUTRIDER_TESTS_FUZZ_FUZZ_H

#include "outrider/base/bytes.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLEANUP(function) __attribute__((cleanup(function)))

// Ends the program, so that libFuzzer keeps the input.
#define CHECK(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The input, piece by piece. Pieces end with a line feed, the last one with the input.
struct input {
    const char *at, *end;
};

static inline struct bytes
input_bytes(struct input *input)
{
    const char *start = input->at;
    const char *stop =
        start < input->end ? memchr(start, '\n', (size_t)(input->end - start)) : NULL;
    input->at = stop != NULL ? stop + 1 : input->end;
    return (struct bytes){start, (size_t)((stop != NULL ? stop : input->end) - start)};
}

// A copy as a C string, up to the first NUL. The caller frees.
static inline char *
input_text(struct input *input)
{
    const struct bytes piece = input_bytes(input);
    char *copy = strndup(piece.data, piece.len);
    CHECK(copy != NULL, "no memory");
    return copy;
}

static inline void
input_free(char **text)
{
    free(*text);
}

#endif
