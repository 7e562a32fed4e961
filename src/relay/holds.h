// SPDX-License-Identifier: Apache-2.0
// Aggregates that a lane passes over for a while, in memory. Private to the relay.
#ifndef OUTRIDER_RELAY_HOLDS_H
#define OUTRIDER_RELAY_HOLDS_H

#include "outrider/base/bytes.h"
#include "outrider/base/clock.h"
#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { HOLDS_MAX = 10000 }; // a slot; beyond it a hold lasts for its window only

struct hold {
    struct bytes aggregate;   // owned by the holds
    struct position row;      // that holds the others back
    struct position position; // of it, or lower: what is behind it is held back
    struct mono until;
    bool window; // ends with the window, whatever `until` says
};

struct holds {
    struct hold *list;
    struct bytes *aggregates; // of the list, side by side for a claim
    size_t count;
    size_t lasting; // of them: not for a window only
    size_t capacity;
    size_t *index; // open addressing by the aggregate's hash: place in the list + 1, 0 is free
    size_t index_size;
};

void holds_free(struct holds *holds);

// Does an earlier row of its aggregate hold back the row at `position`?
bool holds_back(const struct holds *holds, struct bytes aggregate, struct position position);

// Until an instant, or (holds_add_window) to the end of the window. The hold of an aggregate's
// first row stands, but one for a window becomes one for longer, and the other way round never. A
// NULL aggregate has no order to keep.
void holds_add(struct holds *holds, struct bytes aggregate, struct position position,
               struct mono until);
void holds_add_window(struct holds *holds, struct bytes aggregate, struct position position);

// Rows from behind `position` on are looked at again, but for those of held aggregates: they are
// held back from there on, and looked at when their hold ends.
void holds_lower(struct holds *holds, struct position position);

// Every row of a held aggregate is held back from now on, and looked at again afterwards: what was
// sent before the row that holds the others back may have to be sent again.
void holds_forget_positions(struct holds *holds);

// The row holds no others back any more: its hold has passed.
void holds_end(struct holds *holds, struct position row);

// Drops what has passed by `now`, or with the window. True when any was dropped: *ret_lowest is
// then the lowest position among them, where the claims have to begin anew.
bool holds_expire(struct holds *holds, struct mono now, struct position *ret_lowest);
bool holds_end_window(struct holds *holds, struct position *ret_lowest);

#endif
