// SPDX-License-Identifier: Apache-2.0
// Is a refusal the row's fault, or does the topic refuse every row? Private to the relay.
#ifndef OUTRIDER_RELAY_DOUBTS_H
#define OUTRIDER_RELAY_DOUBTS_H

#include "outrider/model/batch.h"

#include <stdbool.h>
#include <stddef.h>

enum { DOUBTS_MAX = 64 };

// A topic that refused a row in a way that may not be the row's fault.
struct doubt {
    char *topic;
    bool taken;   // it has taken another row since its last such refusal
    bool refused; // it has refused one of the batch in hand
};

struct doubts {
    struct doubt list[DOUBTS_MAX]; // the one that was added first comes first
    size_t count;
};

// A zeroed struct is empty.
void doubts_free(struct doubts *doubts);

// Judges the refusals of a batch whose outcomes are known: sets `doubted` of those that are no
// proof of a row's fault. Returns how many those are.
size_t doubts_judge(struct doubts *doubts, struct batch *batch);

#endif
