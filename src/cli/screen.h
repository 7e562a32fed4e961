// SPDX-License-Identifier: Apache-2.0
// The terminal under a progress bar: one line at the bottom that is drawn again and again, log
// lines above it.
#ifndef OUTRIDER_CLI_SCREEN_H
#define OUTRIDER_CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen {
    bool on; // stderr is a terminal that can move its cursor
    bool utf8;
    bool color;
    bool drawn;      // a bar stands in the last line
    int log_pipe[2]; // log lines on their way; only while on
};

// Is this descriptor a terminal that can move its cursor?
bool screen_is_terminal(int fd);

// Log lines go through the screen from now on, until screen_close. Without a terminal nothing
// happens but that `on` is false.
void screen_open(struct screen *screen);
void screen_close(struct screen *screen);

// The columns there are now.
size_t screen_width(const struct screen *screen);

// Draws the line in place of the one before. It must fit the width.
void screen_draw(struct screen *screen, const char *line);

// Writes the log lines that came, and then `line` (may be NULL) with its newline, above the bar,
// which has to be drawn again.
void screen_print(struct screen *screen, const char *line);

#endif
