// SPDX-License-Identifier: Apache-2.0
// The words of a configuration as numbers, and back.
#ifndef OUTRIDER_CONFIG_PARSE_H
#define OUTRIDER_CONFIG_PARSE_H

#include "outrider/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Each is false, with *ret untouched, when the text is not of that form. A number that does not fit
// 64 bits is INT64_MAX, which is out of every range.

// Decimal digits, perhaps after '-'.
bool parse_integer(const char *text, int64_t *ret) __attribute__((warn_unused_result));

// Digits with ms, s, m, h or d; in milliseconds.
bool parse_duration(const char *text, int64_t *ret_ms) __attribute__((warn_unused_result));

// Digits with B, kB (KB), KiB, MB, MiB, GB or GiB; in bytes.
bool parse_size(const char *text, int64_t *ret_bytes) __attribute__((warn_unused_result));

// The index of the word. Case counts.
bool parse_word(const char *text, const char *const *words, size_t count, int *ret)
    __attribute__((warn_unused_result));

// Appends the shortest whole number with a unit, e.g. "5m".
void format_duration(struct text *out, int64_t ms);
void format_size(struct text *out, int64_t bytes);

#endif
