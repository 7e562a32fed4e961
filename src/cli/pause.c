// SPDX-License-Identifier: Apache-2.0
//
// A relay that is told to pause by SIGUSR1 and to go on by SIGUSR2.
//
// For the minutes in which somebody works on Kafka, PostgreSQL or the consumers: the process, its
// connections and its counters stay. The state is this thread's, so that it outlasts a reload.
#include "pause.h"

#include "outrider/base/log.h"

enum { REMIND_MS = 600000 };

static double
seconds_since(struct mono then)
{
    return (double)(mono_diff_ns(mono_now(), then) / 1000000) / 1000;
}

// Both signals at once: one of them came while the other was being looked at, and going on is the
// safer reading.
bool
pause_obey(struct pause *pause, struct relay *relay, const struct signals *signals)
{
    const bool on = !signals->resume && (pause->on || signals->pause);

    if (on == pause->on)
        return false;
    relay_pause(relay, on);
    if (on)
        LOG(LOG_INFO, "relay_pausing", LOG_STR("reason", "SIGUSR1"),
            LOG_STR("next", "the batches in hand are finished"));
    else
        LOG(LOG_INFO, "relay_resumed", LOG_STR("reason", "SIGUSR2"),
            LOG_FLOAT("seconds", seconds_since(pause->since)));
    *pause = (struct pause){.on = on, .since = mono_now()};
    return true;
}

static bool
all_rest(const struct relay *relay)
{
    for (size_t i = 0; i < relay_lanes(relay); i++)
        if (relay_lane(relay, i).phase != LANE_PAUSED)
            return false;
    return true;
}

void
pause_watch(struct pause *pause, const struct relay *relay)
{
    if (!pause->on || (pause->told ? !mono_passed(pause->remind_at) : !all_rest(relay)))
        return;
    LOG(pause->told ? LOG_WARN : LOG_INFO, "relay_paused",
        LOG_FLOAT("seconds", seconds_since(pause->since)),
        LOG_STR("next", "SIGUSR2 lets it go on; rows wait in the table until then"));
    pause->told = true;
    pause->remind_at = mono_add_ms(mono_now(), REMIND_MS);
}
