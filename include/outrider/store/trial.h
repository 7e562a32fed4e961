// SPDX-License-Identifier: Apache-2.0
// What a relay does to the table, tried with its own statements and taken back. The catalogues
// say what may be in the way, and a try says what is.
#ifndef OUTRIDER_STORE_TRIAL_H
#define OUTRIDER_STORE_TRIAL_H

#include "outrider/base/error.h"
#include "outrider/model/message_id.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stddef.h>

enum trial_act {
    TRIAL_POLL,    // is there anything to claim?
    TRIAL_CLAIM,   // reading and locking rows
    TRIAL_MARK,    // the mark, or with on_published: delete the DELETE
    TRIAL_ATTEMPT, // counting an attempt
    TRIAL_DEATH,   // giving a row up
    TRIAL_PURGE,   // deleting a published row
    TRIAL_ACTS,
};

// On which rows it was tried, from the most telling to the least.
enum trial_upon {
    TRIAL_UPON_WAITING,   // rows that wait
    TRIAL_UPON_PUBLISHED, // one that was published, made unpublished for this
    TRIAL_UPON_INSERTED,  // one that was inserted for this
    TRIAL_UPON_NONE,      // statements that meet no row
};

// One act that was refused.
struct trial_refusal {
    bool refused;
    struct error error;
    size_t rows;             // that it was refused for when each was tried alone; 0: for none alone
    size_t passed;           // that it was not refused for then
    bool unfinished;         // the time was over before each was tried alone
    bool timed_out;          // `error` came when a statement's time was over, or later
    struct message_id first; // of `rows`
};

struct trial {
    enum trial_upon upon;
    size_t rows; // it was tried on
    bool slow;   // a row that waits, `slow_row`, was not read within the statements' limit
    struct message_id slow_row;
    struct error no_row; // TRIAL_UPON_NONE: why
    struct trial_refusal acts[TRIAL_ACTS];
};

enum { TRIAL_ROWS = 100 }; // at most

// store: outside a window; its limits of time are each statement's. After five seconds no statement
// is begun any more: an act that was not tried then is refused with the code "TIMEOUT". Rows that
// others hold locked are passed over; those tried are held locked until the end. What outlives it:
// numbers of sequences, and what triggers do outside of the transaction. purges: published rows are
// deleted after a while. False when the transaction itself failed.
bool store_try(struct store *store, const struct claim *claim, bool purges, struct trial *ret_trial,
               struct error *err) MUST_CHECK;

#endif
