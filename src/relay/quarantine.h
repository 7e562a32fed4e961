// SPDX-License-Identifier: Apache-2.0
// Rows whose mark or whose failure PostgreSQL refuses to write. Private to the relay.
#ifndef OUTRIDER_RELAY_QUARANTINE_H
#define OUTRIDER_RELAY_QUARANTINE_H

#include "holds.h"
#include "outrider/base/clock.h"
#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUARANTINE_MAX = HOLDS_MAX }; // a slot; beyond it the row whose time comes first makes room

struct quarantined {
    struct message_id id;
    struct position position; // major INT64_MAX: not known yet
    struct mono until;        // the row is left alone until then
    struct mono since;        // its first refusal, or the last one when others were refused too
    int refusals;
    int alone;           // of these, without others in the set that was refused
    int unwritten;       // attempts that could not be counted in the table
    bool passed;         // `until` has passed, and the claims were led back to the row
    bool admitted;       // and it may be tried
    bool logged_mark;    // that its mark was refused
    bool logged_failure; // that its failure was
};

struct quarantine {
    struct quarantined *list; // owned
    size_t count, room;
    uint32_t *index; // owned; open addressing by the id: place in the list + 1, 0 is free
    size_t index_size;
    int tries;           // of a crowd, that are left
    struct mono counted; // when `tries` was counted
};

void quarantine_free(struct quarantine *quarantine);

// NULL: the row is not in it. The pointer is good until the next row comes or goes.
struct quarantined *quarantine_find(const struct quarantine *quarantine,
                                    const struct message_id *id);

// The row, whose number of refusals is one higher now.
struct quarantined *quarantine_add(struct quarantine *quarantine, const struct message_id *id);
void quarantine_drop(struct quarantine *quarantine, const struct message_id *id);

// May a row whose time has come be tried by `now`? A crowd of them has its turn bit by bit: a try
// is a write that PostgreSQL refuses, and the rows that are good wait for it. No: the row's time is
// later.
bool quarantine_admit(struct quarantine *quarantine, struct quarantined *row, struct mono now);

// A row that was admitted is written: that cost the others nothing.
void quarantine_refund(struct quarantine *quarantine);

// The ids of the rows that are left alone at `now`, in an array that the caller frees.
struct message_id *quarantine_list(const struct quarantine *quarantine, struct mono now,
                                   size_t *ret_count);

// Has the time of some rows come by `now`? *ret_lowest is then the lowest of their positions. Each
// counts once. Rows that no claim has met for long after their time are dropped: they are gone.
bool quarantine_expire(struct quarantine *quarantine, struct mono now, struct position *ret_lowest);

#endif
