// SPDX-License-Identifier: Apache-2.0
// The names of a lane's phases, in logs and to people.
#include "outrider/relay/relay.h"

const char *
lane_phase_name(enum lane_phase phase)
{
    static const char *const names[] = {
        [LANE_CONNECT] = "connect", [LANE_BACK_OFF] = "back_off", [LANE_STANDBY] = "standby",
        [LANE_CLAIM] = "claim",     [LANE_PUBLISH] = "publish",   [LANE_SETTLE] = "settle",
        [LANE_COMMIT] = "commit",   [LANE_IDLE] = "idle",         [LANE_PAUSED] = "paused",
        [LANE_ENDED] = "ended",
    };

    return names[phase];
}
