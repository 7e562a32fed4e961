// SPDX-License-Identifier: Apache-2.0
// One window, from BEGIN to COMMIT. Private to the relay.
#ifndef OUTRIDER_RELAY_WINDOW_H
#define OUTRIDER_RELAY_WINDOW_H

#include "lane.h"
#include "outrider/store/store.h"

struct window {
    struct lane *lane;
    struct view view;
    struct claim claim;
    struct mono began;
    struct mono deadline;    // for the outcomes of what is published
    struct batch claimed;    // the newest batch, not published yet
    struct batch published;  // not settled yet
    struct position reached; // of the last row claimed
    struct position locked;  // of the last row that was taken
    bool exhausted;          // the last claim met the end of the queue
    bool cut;                // a later claim met rows that are not older than the window
    int batches;
    bool committed;
    int64_t reserved; // of the drain's limit
    uint64_t marked;
    uint64_t marked_bytes;
    uint64_t failed;
    uint64_t dead;
    bool faulted; // a message met no fault of its own: `fault` says which
    struct error fault;
};

enum window_end {
    WINDOW_EMPTY,   // nothing to claim
    WINDOW_SHORT,   // everything that could be claimed was
    WINDOW_FULL,    // there may be more
    WINDOW_STANDBY, // somebody else has the slot
    WINDOW_CHANGED, // the table's version changed: store_refresh is due
    WINDOW_FAILED,  // err says why
};

enum window_end window_run(struct lane *lane, struct error *err);

// The claim that a window or a poll begins with.
struct claim window_first_claim(const struct lane *lane, int limit);

// Waits for the batch's outcomes, and writes what they mean to the table. Frees the batch.
bool window_settle(struct window *window, struct batch *batch, struct error *err) MUST_CHECK;

bool window_keeps_order(const struct window *window);
bool window_is_version_2(const struct window *window);

#endif
