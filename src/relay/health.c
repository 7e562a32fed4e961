// SPDX-License-Identifier: Apache-2.0
// Stuck, stalled or merely waiting.
//
// Every wait of a lane has a deadline, so a phase has one too: the sum of what can be waited for in
// it. Only a lane beyond that is stuck, and only then may a supervisor restart the process. An
// outage, however long, is a change between connect and back_off: restarting for it would help
// nobody, and many restarts end in a service that is given up.
#include "outrider/relay/health.h"

#include "wake.h"

// A producer is taken down in the phase that needed it no more; its threads may be in the resolver.
enum {
    GRACE_MS = 10000,  // a busy machine
    NAMES_MS = 60000,  // the resolver is libc's, and so are its time-outs
    HOSTS = 3,         // of a DSN whose names are looked up one after the other
    KAFKA_MS = 5500,   // a cluster's answer who it is, a topic's how it is
    SILENCE_MS = 8000, // asking a silent cluster, giving up its messages, copying dead letters
    BACK_OFF_MS = 5000,
    CONNECT_STATEMENTS = 4, // how many a phase may wait for, one after the other
    CLAIM_STATEMENTS = 6,   // all around locked rows, or the table's shape read again
    SLOW_CLAIMS = 2,        // claims that the server may cancel late
    PUBLISH_STATEMENTS = 3, // marks that are made first
    SETTLE_STATEMENTS = 7,  // of a batch; a window's last two are settled in one phase
    STALL_LEAST_MS = 60000,
};

// A switch, so that the compiler asks whoever adds a phase.
static int64_t
phase_ms(enum lane_phase phase, const struct relay_settings *settings,
         const struct store_settings *store)
{
    const int64_t statement_ms = store->statement_timeout_ms + STORE_CLIENT_GRACE_MS;

    switch (phase) {
    case LANE_CONNECT:
        return (1 + HOSTS) * NAMES_MS + KAFKA_MS + 2 * (int64_t)store->connect_timeout_ms +
               CONNECT_STATEMENTS * statement_ms;
    case LANE_BACK_OFF:
        return BACK_OFF_MS;
    case LANE_STANDBY:
        return settings->poll_max_ms;
    case LANE_CLAIM:
        return NAMES_MS + CLAIM_STATEMENTS * statement_ms + SLOW_CLAIMS * STORE_LONG_GRACE_MS;
    case LANE_PUBLISH:
        return NAMES_MS + settings->window_deadline_ms + PUBLISH_STATEMENTS * statement_ms;
    case LANE_SETTLE:
        return NAMES_MS + settings->window_deadline_ms +
               2 * (SILENCE_MS + SETTLE_STATEMENTS * statement_ms);
    case LANE_COMMIT:
        return NAMES_MS + statement_ms + settings->poll_min_ms;
    case LANE_IDLE:
        return settings->poll_max_ms + WAKE_POLL_MS + statement_ms;
    case LANE_PAUSED:
        return 0; // it shows that it turns, several times a second
    case LANE_ENDED:
        break;
    }
    return INT32_MAX; // it is not to go on
}

struct health_limits
health_limits(const struct relay_settings *settings, const struct store_settings *store)
{
    const int64_t slow_ms = 2 * (int64_t)settings->window_deadline_ms + store->statement_timeout_ms;
    struct health_limits limits = {.progress_ms =
                                       slow_ms > STALL_LEAST_MS ? slow_ms : STALL_LEAST_MS};

    for (enum lane_phase phase = 0; phase <= LANE_ENDED; phase++)
        limits.phase_ms[phase] = phase_ms(phase, settings, store) + GRACE_MS;
    return limits;
}

static bool
longer(struct mono now, struct mono since, int64_t ms)
{
    return mono_diff_ns(now, since) > ms * 1000000;
}

// An idle lane keeps its phase and makes progress at each look.
enum lane_health
health_of(const struct health_limits *limits, const struct lane_view *view, struct mono now)
{
    const struct mono moved =
        view->since.ns > view->last_progress.ns ? view->since : view->last_progress;

    if (view->phase == LANE_ENDED)
        return LANE_WELL;
    if (longer(now, moved, limits->phase_ms[view->phase]))
        return LANE_STUCK;
    return longer(now, view->last_progress, limits->progress_ms) ? LANE_STALLED : LANE_WELL;
}

struct health
relay_health(const struct relay *relay, const struct health_limits *limits, struct mono now)
{
    struct health health = {.worst = LANE_WELL};

    for (size_t i = 0; i < relay_lanes(relay); i++) {
        const struct lane_view view = relay_lane(relay, i);
        const enum lane_health is = health_of(limits, &view, now);
        if (is > health.worst) {
            health.worst = is;
            health.lane = i;
        }
        health.lanes += is != LANE_WELL;
    }
    return health;
}
