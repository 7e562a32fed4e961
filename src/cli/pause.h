// SPDX-License-Identifier: Apache-2.0
// A relay that is told to pause by SIGUSR1 and to go on by SIGUSR2.
#ifndef OUTRIDER_CLI_PAUSE_H
#define OUTRIDER_CLI_PAUSE_H

#include "outrider/base/clock.h"
#include "outrider/base/signals.h"
#include "outrider/relay/relay.h"

// {0}: it is not.
struct pause {
    bool on; // also of the relay that a reload starts
    struct mono since;
    bool told; // that all lanes rest
    struct mono remind_at;
};

// Does what the signals ask for, if it is not so already. True when that changed something.
bool pause_obey(struct pause *pause, struct relay *relay, const struct signals *signals);

// Tells when all lanes have come to rest, and again after each ten minutes: a pause that was
// forgotten looks like an outage.
void pause_watch(struct pause *pause, const struct relay *relay);

#endif
