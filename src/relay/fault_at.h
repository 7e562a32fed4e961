// SPDX-License-Identifier: Apache-2.0
// Where a process is to be killed or stopped. Private to the relay, and for the fault tests alone.
#ifndef OUTRIDER_RELAY_FAULT_AT_H
#define OUTRIDER_RELAY_FAULT_AT_H

#include "outrider/relay/relay.h"

#include <stdatomic.h>

struct fault_point {
    enum lane_phase phase;
    int signal;
    atomic_long left; // entries into the phase, the one that strikes included
};

// Reads "<phase>:<n>:<KILL|STOP>"; false, with the output untouched, when it is anything else.
bool fault_point_parse(const char *text, struct fault_point *ret_point);

// Raises the signal when this is the entry that was asked for.
void fault_point_enter(struct fault_point *point, enum lane_phase phase);

// The one that the environment asks for, or NULL.
extern struct fault_point *fault_at;

#endif
