// SPDX-License-Identifier: Apache-2.0
// What a lane knows of each of the table's slots. Private to the relay.
#ifndef OUTRIDER_RELAY_SLOTS_H
#define OUTRIDER_RELAY_SLOTS_H

#include "breakers.h"
#include "floor.h"
#include "holds.h"
#include "outrider/base/clock.h"
#include "outrider/relay/holder.h"
#include "outrider/store/store.h"
#include "quarantine.h"
#include "unburied.h"

#include <stdbool.h>
#include <stdint.h>

struct slot {
    int number;
    struct floor floor;
    struct holds holds;
    struct breakers breakers;
    struct quarantine quarantine;
    struct unburied unburied;
    bool waiting;                   // some row waits for its next attempt (version 2)
    struct heads heads;             // all that did, as of the last view
    struct lock_holder told_holder; // of locks on rows: the one that was named last
    struct mono last_sweep;
    bool sweeping;             // the window or poll in hand is a full sweep
    int64_t sweep_ns;          // how long the last one took
    struct holder_watch watch; // of the session that has the slot, while this lane cannot
    enum holder_kind taken;    // HOLDER_RELAY: by another relay, or by none
};

enum { NOBODY = -1 };

struct slots {
    struct slot *list;
    int count;
};

// So many, of which nothing is known yet; when there are as many already, what is known of them
// stays. lane: the number that the log names; retry_ms: outbox.topic_retry.
void slots_prepare(struct slots *slots, int count, int lane, int retry_ms);
void slots_free(struct slots *slots);

// The connection is another one: the claims of every slot begin at its very start. What is passed
// over there is looked at again afterwards.
void slots_begin_anew(struct slots *slots);

// The table is another one, or was changed: forgets what is known of its rows. Blocked topics stay
// blocked, from the very start of the queue on.
void slots_forget(struct slots *slots);

// The next claims begin behind `position`, or further down already: something there is looked at
// again. What the claims leave out there, of blocked topics and held aggregates, is remembered.
// slot_lower_before: the row at `position` itself is.
void slot_lower(struct slot *slot, struct position position);
void slot_lower_before(struct slot *slot, struct position row);

// Ends the holds that have passed, and leads the claims back to quarantined rows whose time has
// come.
void slot_expire_holds(struct slot *slot);

// Takes note of the rows that wait and of those that are due, and lowers the floor where some of
// their followers may be free now.
void slot_note_heads(struct slot *slot, const struct view *view);

// Now and then the claims begin at the very start of the queue again: `often` where rows may be
// left below the floor, else in case somebody un-published a row by hand.
void slot_maybe_sweep(struct slot *slot, bool often);
// What began then has ended.
void slot_note_sweep(struct slot *slot, struct mono began);

#endif
