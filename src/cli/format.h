// SPDX-License-Identifier: Apache-2.0
// Figures and texts as people read them, appended to a text, for a terminal.
#ifndef OUTRIDER_CLI_FORMAT_H
#define OUTRIDER_CLI_FORMAT_H

#include "outrider/base/amount.h"
#include "outrider/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The names made safe (base/safe.h), the first three of them: "a, b, c and 4 more".
void format_names(struct text *out, const char *const *names, size_t count);

// The columns that a UTF-8 text takes on a terminal, one a character.
size_t format_width(const char *text);

// The text, or when it is wider its beginning and "...", together `width` columns. width: at least
// 3.
void format_cut(struct text *out, const char *text, size_t width);

// A table: rows of cells, the columns as wide as their widest cell and two blanks apart.
enum { GRID_COLUMNS = 8 };

struct grid {
    size_t columns;
    bool right[GRID_COLUMNS]; // right-aligned
    size_t width; // the last column is cut so that lines fit, if 20 are left for it; 0: never
    char **cells;
    size_t count;
};

// Rows are filled cell by cell from the left. The text is copied, and cut at 500 columns.
void grid_add(struct grid *grid, const char *cell);
void grid_add_count(struct grid *grid, int64_t count);
void grid_add_printable(struct grid *grid, const char *text); // made safe (base/safe.h)
void grid_append(const struct grid *grid, struct text *out);
void grid_free(struct grid *grid);

#endif
