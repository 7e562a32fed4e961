// SPDX-License-Identifier: Apache-2.0
//
// Ending a relay in time.
//
// A lane can hang only in a library; every wait of its own ends when it is told to leave. A process
// that does not end is worse than one that ends without freeing: PostgreSQL rolls back what was in
// hand, and the next relay sends it. A process that is not to end has time: the resolver gives up
// by itself.
#include "stop.h"

#include "outrider/base/clock.h"
#include "outrider/base/log.h"
#include "outrider/base/signals.h"

#include <stdio.h>
#include <unistd.h>

enum {
    TICK_MS = 20,
    GRACE_MS = 1500, // for lanes that leave at once; docker stop waits 10 s, stop_timeout is 8 s
};

// The order of events: finish; leave at once (a second signal, or out of time); give up waiting.
bool
stop_relay(struct relay *relay, int stop_timeout_ms, bool (*tick)(void *), void *context)
{
    struct mono deadline = mono_add_ms(mono_now(), stop_timeout_ms);
    bool hurried = false;

    relay_stop(relay, false);
    while (!relay_wait(relay, TICK_MS)) {
        const bool has_time = tick(context);
        const bool asked_again = signals_terminations() >= 2;
        if (!hurried && (asked_again || mono_passed(deadline))) {
            LOG(LOG_WARN, "relay_leaving",
                LOG_STR("reason", asked_again ? "second signal" : "stop_timeout"),
                LOG_STR("next", "rolling back, what was sent may be sent again"));
            relay_stop(relay, true);
            hurried = true;
            deadline = mono_add_ms(mono_now(), GRACE_MS);
        } else if (hurried && has_time) {
            deadline = mono_add_ms(mono_now(), GRACE_MS);
        } else if (hurried && mono_passed(deadline)) {
            LOG(LOG_ERROR, "relay_stuck", LOG_STR("next", "ending the process"));
            return false;
        }
    }
    return true;
}

void
stop_abandon(int exit_code)
{
    fflush(stdout);
    _exit(exit_code);
}
