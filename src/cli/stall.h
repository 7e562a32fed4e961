// SPDX-License-Identifier: Apache-2.0
// One line when a relay gets nowhere, and one when it does again.
#ifndef OUTRIDER_CLI_STALL_H
#define OUTRIDER_CLI_STALL_H

#include "outrider/relay/health.h"

// {0}: nothing was told.
struct stall {
    enum lane_health told;
    struct mono since;
    struct mono lanes_began; // what the lanes show as progress up to then is only their start
};

// Tells what is new: a stall once, however long it lasts, and once more when it turns out that a
// lane is stuck. Other lanes do not end it; their progress does.
void stall_watch(struct stall *stall, const struct relay *relay, const struct health *health);

#endif
