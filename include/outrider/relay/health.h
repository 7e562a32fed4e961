// SPDX-License-Identifier: Apache-2.0
// Do the lanes turn? Each phase of a lane has an end that its settings know; a lane that is still
// in it hangs in a call that nothing of ours can end. A lane that turns may still get nowhere.
#ifndef OUTRIDER_RELAY_HEALTH_H
#define OUTRIDER_RELAY_HEALTH_H

#include "outrider/relay/relay.h"

enum lane_health {
    LANE_WELL,    // works, is idle, stands by, or backs off and has not done so for long
    LANE_STALLED, // turns, but without progress: an outage, or windows that all fail
    LANE_STUCK,   // its phase is older than it can be
};

struct health_limits {
    int64_t phase_ms[LANE_ENDED + 1]; // how long each can last at most
    int64_t progress_ms;              // how long a lane may be without progress
};

struct health {
    enum lane_health worst;
    size_t lane;  // the first of those that are worst
    size_t lanes; // how many are not well
};

struct health_limits health_limits(const struct relay_settings *settings,
                                   const struct store_settings *store);

enum lane_health health_of(const struct health_limits *limits, const struct lane_view *view,
                           struct mono now);

struct health relay_health(const struct relay *relay, const struct health_limits *limits,
                           struct mono now);

#endif
