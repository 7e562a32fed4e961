// SPDX-License-Identifier: Apache-2.0
// Texts as YAML scalars.
#ifndef OUTRIDER_CONFIG_QUOTE_H
#define OUTRIDER_CONFIG_QUOTE_H

#include "outrider/base/text.h"

// Appends the text (UTF-8) as a scalar of one line that every YAML reader reads as this text:
// plain where that is safe in block context, else in double quotes.
void quote_append(struct text *out, const char *text);

// The same inside [ ], always quoted.
void quote_append_item(struct text *out, const char *text);

#endif
