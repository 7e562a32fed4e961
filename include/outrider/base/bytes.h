#ifndef OUTRIDER_BASE_BYTES_H
#define OUTRIDER_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

// A borrowed run of bytes; never owns, never ends with a NUL that counts.
// data NULL is SQL NULL, which is not the same as a run of length 0.
struct bytes {
    const char *data;
    size_t len;
};

// NULL equals NULL only.
bool bytes_equal(struct bytes a, struct bytes b);

// Borrows a C string without its NUL; a null pointer gives SQL NULL.
struct bytes bytes_from(const char *s);

#endif
