// SPDX-License-Identifier: Apache-2.0
// UTF-8 (RFC 3629) as far as a configuration needs it.
//
// Overlong forms, surrogates and what lies beyond U+10FFFF are no text.
#include "utf8.h"

#include <stddef.h>

// How long the sequence is that begins with this byte, and the least code point that needs it.
static size_t
sequence_length(unsigned char first, uint32_t *ret_least)
{
    if (first >= 0xf0 && first <= 0xf4) {
        *ret_least = 0x10000;
        return 4;
    }
    if (first >= 0xe0 && first < 0xf0) {
        *ret_least = 0x800;
        return 3;
    }
    if (first >= 0xc2 && first < 0xe0) {
        *ret_least = 0x80;
        return 2;
    }
    return 0;
}

uint32_t
utf8_next(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    (*text)++;
    if (p[0] < 0x80)
        return p[0];
    uint32_t least;
    size_t len = sequence_length(p[0], &least);
    if (len == 0)
        return UINT32_MAX;
    uint32_t value = p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return UINT32_MAX;
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return UINT32_MAX;
    *text += len - 1;
    return value;
}

bool
utf8_valid(const char *text)
{
    while (*text != '\0')
        if (utf8_next(&text) == UINT32_MAX)
            return false;
    return true;
}
