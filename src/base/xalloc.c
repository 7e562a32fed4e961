// SPDX-License-Identifier: Apache-2.0
//
// Allocation that aborts when there is no memory.
//
// The line is written with write(2): stdio might allocate.
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
checked(void *p)
{
    if (p == NULL) {
        static const char line[] = "outrider: out of memory\n";
        ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
        (void)ignored;
        abort();
    }
    return p;
}

// A size of 0 may give NULL from malloc without being a failure, so at least 1 is asked for.
static size_t
nonzero(size_t size)
{
    return size == 0 ? 1 : size;
}

void *
xmalloc(size_t size)
{
    return checked(malloc(nonzero(size)));
}

void *
xcalloc(size_t n, size_t size)
{
    return checked(calloc(nonzero(n), nonzero(size)));
}

void *
xrealloc(void *p, size_t size)
{
    return checked(realloc(p, nonzero(size)));
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
    return checked(reallocarray(p, nonzero(n), nonzero(size)));
}

char *
xstrdup(const char *s)
{
    return checked(strdup(s));
}

char *
xstrdup_or_null(const char *s)
{
    return s == NULL ? NULL : xstrdup(s);
}

char *
xstrndup(const char *s, size_t len)
{
    return checked(strndup(s, len));
}

void
xfree_local(void *address_of_pointer)
{
    // Copied out bytewise: a char ** must not be read through a void **.
    void *p;
    memcpy(&p, address_of_pointer, sizeof p);
    free(p);
}
