// SPDX-License-Identifier: Apache-2.0
// Where a value came from, and all that is wrong in one run.
#ifndef OUTRIDER_CONFIG_PROBLEMS_H
#define OUTRIDER_CONFIG_PROBLEMS_H

#include "outrider/base/text.h"

#include <stddef.h>

// In order of precedence, lowest first; problems are reported in this order too.
enum origin_kind { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_ENVIRONMENT, ORIGIN_OVERRIDE };

struct origin {
    enum origin_kind kind;
    const char *name; // the file as it was named, or the variable; borrowed
    int line, column; // from 1; 0: the file as a whole; line counts the -o too
};

struct problem {
    struct origin origin;
    size_t number; // in order of discovery
    char *text;
};

// {0} is empty.
struct problems {
    struct problem *list;
    size_t count;
};

// Notes what is wrong with `path` (NULL: with the place as a whole), control characters as '?'.
// Whoever calls keeps secrets out.
void problems_add(struct problems *problems, const struct origin *origin, const char *path,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

// Appends a line each, in order of source and position.
void problems_report(struct problems *problems, struct text *out);

void problems_free(struct problems *problems);

// Appends "file:line:column", the variable's name, or "-o".
void origin_append(struct text *out, const struct origin *origin);

// Appends text from outside for an error: passwords of a DSN masked, control characters as '?', cut
// when long.
void problems_append_shown(struct text *out, const char *text);

#endif
