// SPDX-License-Identifier: Apache-2.0
// Where a window's claims begin: as high as it can be proved that nothing is left below. Private to
// the relay.
#ifndef OUTRIDER_RELAY_FLOOR_H
#define OUTRIDER_RELAY_FLOOR_H

#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOOR_MARKS = 64 };

struct floor_mark {
    struct position reached;
    uint64_t
        xmax; // every transaction that could put a row at or below `reached` has an id below this
};

struct floor {
    struct position start; // claims begin behind it
    struct position
        proved; // how high it may be; above `start` while something below is looked at again
    struct position reached;              // the furthest that was ever locked
    bool unmarked;                        // `reached` moved since the newest mark
    struct floor_mark marks[FLOOR_MARKS]; // oldest first
    size_t count;
    struct position candidate; // what `proved` becomes when the window in hand ends well
    struct position ceiling; // the last number that the sequence had drawn, as of the latest window
};

// Nothing is known.
void floor_reset(struct floor *floor);

// Down to `position`, if it is not below already: something behind it is to be looked at again.
// What was proved stays.
void floor_lower(struct floor *floor, struct position position);

// Where a claim has to begin so that the row at `row` itself is looked at.
struct position position_before(struct position row);

// Down to the beginning of the queue, for one window: a full sweep.
void floor_sweep(struct floor *floor);

// A window or a poll began with a snapshot of these bounds, taken before its claim's.
void floor_view(struct floor *floor, uint64_t xmin, uint64_t xmax);

// The last number that the table's sequence had drawn when the window began, INT64_MAX when there
// is none: a row above it was given its number by a writer, and the floor never rises past it. A
// sequence that has gone back takes the floor down with it.
void floor_limit(struct floor *floor, int64_t last_number);

// It ended well and looked at everything from `start` to `reached`, a row that it locked;
// `exhausted`: and beyond, to the end.
void floor_end(struct floor *floor, struct position reached, bool exhausted);

int position_compare(const struct position *a, const struct position *b);

#endif
