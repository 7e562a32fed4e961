// Foreign text made safe to show: of a server, a row, a peer, a file, an environment.
//
// One escape form for log, terminal, page, JSON and metrics. A character that moves a cursor, ends
// a line, changes the direction of writing or shows nothing becomes its JSON escape ("\u001b",
// "\n"; beyond U+FFFF a pair of them); a byte that is no UTF-8 becomes U+FFFD. The result is valid
// UTF-8 of one line that a terminal and a reader of logs show as it is, and making it safe again
// changes nothing.
#ifndef OUTRIDER_BASE_SAFE_H
#define OUTRIDER_BASE_SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct text;

// Must the well-formed UTF-8 sequence that s begins with be escaped?
bool safe_must_escape(const char *s);

// Appends the escape of the well-formed sequence of len bytes at s.
void safe_append_escape(struct text *out, const char *s, size_t len);

void safe_append(struct text *out, const char *foreign);

// Makes safe into a buffer of `size` bytes; what does not fit is cut, never inside a character or
// an escape. to and foreign may not overlap.
void safe_copy(char *to, size_t size, const char *foreign);

// Lays the lines of a library's text out as one: line feeds at its end go, other line feeds and all
// tabs become blanks. In place.
void safe_flatten(char *text);

// Formats as printf(3), and writes that as one safe line with its line feed.
void safe_print_line(FILE *stream, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(1, 2)));

#endif
