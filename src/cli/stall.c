// SPDX-License-Identifier: Apache-2.0
//
// One line when a relay gets nowhere, and one when it does again.
//
// A stall is told once: an outage that lasts the night must not fill a log with what its first line
// said. The lane's own lines tell each try.
#include "stall.h"

#include "outrider/base/log.h"

static double
seconds(int64_t ns)
{
    return (double)(ns / 1000000) / 1000;
}

static const char *
next(enum lane_health health, const struct lane_view *view)
{
    if (health == LANE_STUCK)
        return "no call of outrider's takes so long: the watchdog ends the process where there is "
               "one, otherwise restart it, and report this";
    if (!view->connected)
        return "it goes on by itself when the server named in the error is back";
    return "see what the windows failed with; look for locks and slow statements";
}

static void
tell(const struct relay *relay, const struct health *health, struct mono now)
{
    const struct lane_view view = relay_lane(relay, health->lane);
    struct lane_trouble trouble = {.error = {.fault = FAULT_CLUSTER}};
    if (!relay_lane_trouble(relay, health->lane, &trouble))
        error_set(&trouble.error, FAULT_CLUSTER, "NONE", "no error since the last progress");
    LOG(LOG_ERROR, "stalled", LOG_INT("lane", health->lane),
        LOG_BOOL("stuck", health->worst == LANE_STUCK), LOG_INT("lanes_affected", health->lanes),
        LOG_STR("phase", lane_phase_name(view.phase)),
        LOG_FLOAT("phase_seconds", seconds(mono_diff_ns(now, view.since))),
        LOG_FLOAT("seconds_without_progress", seconds(mono_diff_ns(now, view.last_progress))),
        LOG_BOOL("connected", view.connected), LOG_FAULT(&trouble.error),
        LOG_STR("next", next(health->worst, &view)));
}

static bool
all_progressed(const struct relay *relay, struct mono began)
{
    for (size_t i = 0; i < relay_lanes(relay); i++)
        if (relay_lane(relay, i).last_progress.ns <= began.ns)
            return false;
    return true;
}

void
stall_watch(struct stall *stall, const struct relay *relay, const struct health *health)
{
    const struct mono now = mono_now();
    if (health->worst > stall->told) {
        if (stall->told == LANE_WELL)
            stall->since = relay_lane(relay, health->lane).last_progress;
        tell(relay, health, now);
        stall->told = health->worst;
    } else if (health->worst == LANE_WELL && stall->told != LANE_WELL &&
               all_progressed(relay, stall->lanes_began)) {
        LOG(LOG_INFO, "stall_over", LOG_FLOAT("seconds", seconds(mono_diff_ns(now, stall->since))));
        stall->told = LANE_WELL;
    }
}
