// SPDX-License-Identifier: Apache-2.0
// Dead letters as people and as scripts read them.
#ifndef OUTRIDER_CLI_DEAD_PRINT_H
#define OUTRIDER_CLI_DEAD_PRINT_H

#include "format.h"

#include "outrider/store/dead.h"

#include <stdbool.h>
#include <stddef.h>

// A table with its head, for a terminal of so many columns; 0: nothing is cut.
void dead_print_heads(struct grid *grid, size_t width);
void dead_print_row(struct grid *grid, const struct dead_letter *letter);

// One JSON object in one line. whole: with headers and payload.
void dead_print_json(struct text *out, const struct dead_letter *letter, bool whole);

// Everything of a row, its payload last.
void dead_print_whole(struct text *out, const struct dead_letter *letter);

#endif
