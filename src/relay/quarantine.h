// SPDX-License-Identifier: Apache-2.0
// Rows whose mark or whose failure PostgreSQL refuses to write. Private to the relay.
#ifndef OUTRIDER_RELAY_QUARANTINE_H
#define OUTRIDER_RELAY_QUARANTINE_H

#include "outrider/base/clock.h"
#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { QUARANTINE_MAX = 1000 }; // more rows than that mean that the table refuses, not the rows

struct quarantined {
    struct message_id id;
    struct position position; // major INT64_MAX: not known yet
    struct mono until;        // the row is left alone until then
    struct mono since;        // its first refusal
    int refusals;
    bool passed;         // `until` has passed, and the claims were led back to the row
    bool logged_mark;    // that its mark was refused
    bool logged_failure; // that its failure was
};

struct quarantine {
    struct quarantined *list; // owned
    size_t count, room;
};

void quarantine_free(struct quarantine *quarantine);

// NULL: the row is not in it.
struct quarantined *quarantine_find(const struct quarantine *quarantine,
                                    const struct message_id *id);

// The row, whose number of refusals is one higher now. NULL when the quarantine is full.
struct quarantined *quarantine_add(struct quarantine *quarantine, const struct message_id *id);
void quarantine_drop(struct quarantine *quarantine, const struct message_id *id);

// Has the time of some rows come by `now`? *ret_lowest is then the lowest of their positions. Each
// counts once. Rows that no claim has met for long after their time are dropped: they are gone.
bool quarantine_expire(struct quarantine *quarantine, struct mono now, struct position *ret_lowest);

#endif
