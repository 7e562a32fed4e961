// SPDX-License-Identifier: Apache-2.0
// What `status` shows: once as a table or an object, and watched as a view, a line or an object a
// look.
#ifndef OUTRIDER_CLI_STATUS_PRINT_H
#define OUTRIDER_CLI_STATUS_PRINT_H

#include "trend.h"

#include "outrider/base/text.h"
#include "outrider/store/report.h"

enum { STATUS_COUNT_LIMIT = 100000 }; // rows, each of the unpublished and the dead

// One look.
struct status {
    const char *table;
    int version;
    struct backlog backlog;
    int64_t wall_us;   // when
    const char *relay; // what it says of itself, one line; "": nobody was asked
};

struct status_view {
    size_t rows, columns; // of the terminal
    bool utf8;
    int64_t interval_ms;
    const char *trouble; // why the latest look failed, so that this one is old; NULL: it did not
};

// For people, and for scripts: one object with its newline. trend: NULL, or what looks before this
// one told.
void status_append_table(struct text *out, const struct status *status);
void status_append_json(struct text *out, const struct status *status, const struct trend *trend);

// One line with its newline.
void status_append_line(struct text *out, const struct status *status, const struct trend *trend);

// At most view->rows - 1 lines of at most view->columns columns. Topics that have no room are
// counted: those with the most messages stay.
void status_append_view(struct text *out, const struct status *status, const struct trend *trend,
                        const struct status_view *view);

#endif
