// SPDX-License-Identifier: Apache-2.0
// The relay: lanes that run until they are stopped, or until a drain's goal is reached.
#ifndef OUTRIDER_RELAY_RELAY_H
#define OUTRIDER_RELAY_RELAY_H

#include "outrider/base/clock.h"
#include "outrider/broker/producer.h"
#include "outrider/relay/settings.h"
#include "outrider/relay/stats.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lane_phase {
    LANE_CONNECT,
    LANE_BACK_OFF,
    LANE_STANDBY,
    LANE_CLAIM,
    LANE_PUBLISH,
    LANE_SETTLE,
    LANE_COMMIT,
    LANE_IDLE,
    LANE_PAUSED,
    LANE_ENDED,
};

const char *lane_phase_name(enum lane_phase phase);

// What is asked for beyond relaying, mostly by a drain. All zero: relay for ever.
struct relay_goal {
    bool paused;        // begin as after relay_pause
    bool purge;         // published rows, as settings->retention_ms says
    bool wait_for_slot; // take the slot at the active relay's next commit instead of polling for it
    int64_t until;      // rows up to this position only (see struct claim); 0: all
    uint64_t max_messages; // 0: no limit; reached: the lanes go idle
    uint64_t rate;         // messages a second, all lanes together; 0: no limit
};

struct relay;

// The longest that a relay lets a row wait for its next attempt.
int64_t relay_longest_wait_ms(const struct relay_settings *settings);

// Starts the lanes. The settings are borrowed until relay_free.
struct relay *relay_start(const struct relay_settings *settings, const struct store_settings *store,
                          const struct producer_settings *producer, const struct relay_goal *goal);

// Asks the lanes to finish the batches in hand; `now`: to leave at once, rolling back.
void relay_stop(struct relay *relay, bool now);

// Paused, the lanes finish the batches in hand, keep the connections that they have, and claim
// nothing; nothing is purged either. They end as soon as they are asked to.
void relay_pause(struct relay *relay, bool paused);

// True when every lane has ended, and what purges; waits at most timeout_ms for it.
bool relay_wait(struct relay *relay, int timeout_ms);

// The topics that lanes found blocked when they ended, after relay_wait said true: borrowed from
// the relay, by name and each once, in an array that the caller frees.
const char **relay_blocked(const struct relay *relay, size_t *ret_count);

// After relay_wait said true.
void relay_free(struct relay *relay);

const struct stats *relay_stats(const struct relay *relay);

struct lane_view {
    enum lane_phase phase;
    struct mono since;         // when the phase began
    struct mono last_progress; // the last window that committed, or found nothing to do
    bool connected;            // both servers
    bool active;               // had a slot in its latest window
    bool standby;              // all slots were another's; not known before its first try is over
    bool kafka, postgres;      // answered when they were last asked to let the lane in
    int server_pid;            // of its backend, 0: not connected
    int quarantined;           // rows that wait in memory: PostgreSQL refuses to write to them
    int64_t in_flight;         // messages without an outcome, as of the phase's beginning
};

// What made a lane wait.
struct lane_trouble {
    const char *event; // as it was logged, e.g. "kafka_unavailable"
    struct error error;
    struct mono at;
};

// Does a lane find the topic of that index blocked, or some topic of those that share one?
bool relay_topic_blocked(const struct relay *relay, size_t topic);

size_t relay_lanes(const struct relay *relay);
struct lane_view relay_lane(const struct relay *relay, size_t lane);

// The session that keeps the lane from a slot and is no relay at work, as "slot_taken"; false:
// none.
bool relay_lane_taken(const struct relay *relay, size_t lane, struct lane_trouble *ret_trouble);

// The lane's last failure since its last progress; else, while it finds a topic blocked, why it
// blocked the last one. False when there is neither.
bool relay_lane_trouble(const struct relay *relay, size_t lane, struct lane_trouble *ret_trouble);

#endif
