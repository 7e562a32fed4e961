// SPDX-License-Identifier: Apache-2.0
//
// Texts and tables for a terminal.
#include "format.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAST_MIN = 20,   // columns of a grid's last column, however narrow the terminal
    CELL_MOST = 500, // of any cell, for each row is padded to the widest
};

void
format_names(struct text *out, const char *const *names, size_t count)
{
    enum { FEW = 3 };
    for (size_t i = 0; i < count && i < FEW; i++) {
        text_append(out, i > 0 ? ", " : "");
        safe_append(out, names[i]);
    }
    if (count > FEW)
        text_appendf(out, " and %zu more", count - FEW);
}

size_t
format_width(const char *text)
{
    size_t width = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if ((*p & 0xC0) != 0x80) // continuation bytes take no column
            width++;
    return width;
}

void
format_cut(struct text *out, const char *text, size_t width)
{
    if (format_width(text) <= width) {
        text_append(out, text);
        return;
    }
    const char *end = text;
    for (size_t left = width - 3; left > 0; left--)
        do
            end++;
        while ((*end & 0xC0) == 0x80); // a character's other bytes
    text_append_bytes(out, text, (size_t)(end - text));
    text_append(out, "...");
}

void
grid_add(struct grid *grid, const char *cell)
{
    struct text cut = {0};

    format_cut(&cut, cell, CELL_MOST);
    grid->cells = xreallocarray(grid->cells, grid->count + 1, sizeof *grid->cells);
    grid->cells[grid->count++] = cut.data == NULL ? xstrdup("") : cut.data;
}

void
grid_add_count(struct grid *grid, int64_t count)
{
    __attribute__((cleanup(text_free))) struct text cell = {0};
    format_count(&cell, count);
    grid_add(grid, text_str(&cell));
}

void
grid_add_printable(struct grid *grid, const char *text)
{
    __attribute__((cleanup(text_free))) struct text cell = {0};
    safe_append(&cell, text);
    grid_add(grid, text_str(&cell));
}

// Every cell is followed by the gap to the next.
static void
append_cell(struct text *line, const char *cell, size_t width, bool right)
{
    int blanks = (int)(width - format_width(cell));
    text_appendf(line, "%*s%s%*s  ", right ? blanks : 0, "", cell, right ? 0 : blanks, "");
}

// The widest cell of each column; the last column gets no more than the others leave of the width.
static void
measure(const struct grid *grid, size_t widths[static GRID_COLUMNS])
{
    size_t last = grid->columns - 1, taken = 0;
    for (size_t i = 0; i < grid->count; i++) {
        size_t width = format_width(grid->cells[i]), column = i % grid->columns;
        widths[column] = width > widths[column] ? width : widths[column];
    }
    for (size_t i = 0; i < last; i++)
        taken += widths[i] + 2;
    size_t left = grid->width > taken + LAST_MIN ? grid->width - taken : LAST_MIN;
    if (grid->width > 0 && widths[last] > left)
        widths[last] = left;
}

// Two passes: the columns' widths first. Blanks at a line's end are cut.
void
grid_append(const struct grid *grid, struct text *out)
{
    size_t widths[GRID_COLUMNS] = {0};
    if (grid->count == 0)
        return;
    measure(grid, widths);
    __attribute__((cleanup(text_free))) struct text line = {0}, cell = {0};
    for (size_t i = 0; i < grid->count; i++) {
        size_t column = i % grid->columns;
        text_clear(&cell);
        if (grid->width > 0 && column + 1 == grid->columns)
            format_cut(&cell, grid->cells[i], widths[column]);
        else
            text_append(&cell, grid->cells[i]);
        append_cell(&line, text_str(&cell), widths[column], grid->right[column]);
        if (column + 1 < grid->columns)
            continue;
        while (line.len > 0 && line.data[line.len - 1] == ' ')
            line.len--;
        text_append_bytes(out, line.data, line.len);
        text_append_char(out, '\n');
        text_clear(&line);
    }
}

void
grid_free(struct grid *grid)
{
    for (size_t i = 0; i < grid->count; i++)
        free(grid->cells[i]);
    free(grid->cells);
    *grid = (struct grid){0};
}
