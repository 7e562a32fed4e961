// SPDX-License-Identifier: Apache-2.0
// UTF-8 (RFC 3629) as far as a configuration needs it.
#ifndef OUTRIDER_CONFIG_UTF8_H
#define OUTRIDER_CONFIG_UTF8_H

#include <stdbool.h>
#include <stdint.h>

// The code point at *text, which is moved behind it; UINT32_MAX, with *text moved by one byte, when
// there is no well-formed one. A NUL is code point 0.
uint32_t utf8_next(const char **text);

bool utf8_valid(const char *text);

#endif
