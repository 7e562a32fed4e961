// SPDX-License-Identifier: Apache-2.0
// Rows that PostgreSQL refused a write for, each alone: a constraint, a trigger, a value.
#ifndef OUTRIDER_MODEL_REFUSALS_H
#define OUTRIDER_MODEL_REFUSALS_H

#include "outrider/base/error.h"
#include "outrider/model/message_id.h"

#include <stdbool.h>
#include <stddef.h>

struct refusal {
    struct message_id id;
    // Of the message, or of the cluster: another session was in the way, or the code is mostly not
    // a row's. code: the SQLSTATE, or "SHORT": left untouched, "UNDONE": by a trigger, "SHARED_ID":
    // not alone.
    struct error why;
    bool alone; // else with others, and nobody knows whether it would be refused without them
};

struct refusals {         // zeroed: none
    struct refusal *list; // owned
    size_t count, room;
};

void refusals_add(struct refusals *refusals, const struct message_id *id, const struct error *why,
                  bool alone);

// By their ids, for refusals_find.
void refusals_sort(struct refusals *refusals);

// Of sorted ones. NULL: the row was not refused.
const struct refusal *refusals_find(const struct refusals *refusals, const struct message_id *id);

void refusals_free(struct refusals *refusals);

// Was another session in the way? Then the row that is refused alone is at no fault.
bool refusal_is_of_others(const char *code);

#endif
