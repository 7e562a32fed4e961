// SPDX-License-Identifier: Apache-2.0
// Figures as people read them, appended to a text.
#ifndef OUTRIDER_BASE_AMOUNT_H
#define OUTRIDER_BASE_AMOUNT_H

#include "outrider/base/text.h"

#include <stdint.h>

// "1,234,567".
void format_count(struct text *out, int64_t count);

// Two units at most: "850 ms", "4.2 s", "3 min 12 s", "2 h 5 min", "3 d 4 h".
void format_age(struct text *out, int64_t ms);

// "0:07", "12:34", "1:02:03": a time that counts down.
void format_clock(struct text *out, int64_t seconds);

// "15.2 MiB".
void format_bytes(struct text *out, int64_t bytes);

#endif
