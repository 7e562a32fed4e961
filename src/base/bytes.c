// SPDX-License-Identifier: Apache-2.0
//
// Borrowed runs of bytes.
//
// Payloads, keys and headers are views into a query's result and may hold any byte, so they are
// never C strings. SQL NULL is kept apart from an empty run because to Kafka they differ: NULL is a
// tombstone.
#include "outrider/base/bytes.h"

#include <string.h>

bool
bytes_equal(struct bytes a, struct bytes b)
{
    if (a.data == NULL || b.data == NULL)
        return a.data == b.data;
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

struct bytes
bytes_from(const char *s)
{
    return (struct bytes){.data = s, .len = s == NULL ? 0 : strlen(s)};
}
