#ifndef OUTRIDER_BASE_XALLOC_H
#define OUTRIDER_BASE_XALLOC_H

#include <stddef.h>

// Allocation that cannot fail: out of memory aborts with a line on stderr. All state that matters
// is in PostgreSQL, so a restart is safe, and no caller has a path that is never tested.
// All of these return memory for free(3).

void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *xrealloc(void *p, size_t size) __attribute__((alloc_size(2), returns_nonnull));

// As xrealloc for n elements; a product that overflows counts as out of memory.
void *xreallocarray(void *p, size_t n, size_t size)
    __attribute__((alloc_size(2, 3), returns_nonnull));

char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull, nonnull));
char *xstrdup_or_null(const char *s) __attribute__((malloc)); // NULL of NULL

// Copies at most len bytes and ends them with a NUL.
char *xstrndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull, nonnull));

// For a local pointer that is freed when it goes out of scope: `AUTOFREE char *name = ...;`
#define AUTOFREE __attribute__((cleanup(xfree_local)))
void xfree_local(void *address_of_pointer);

#endif
