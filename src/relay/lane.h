// SPDX-License-Identifier: Apache-2.0
// A lane: one thread with one PostgreSQL connection and one Kafka producer. Private to the relay.
#ifndef OUTRIDER_RELAY_LANE_H
#define OUTRIDER_RELAY_LANE_H

#include "doubts.h"
#include "outrider/base/backoff.h"
#include "outrider/relay/relay.h"
#include "slots.h"
#include "trouble.h"
#include "wake.h"

#include <pthread.h>
#include <stdatomic.h>

// What all lanes share: settings that do not change, and atomics.
struct shared {
    const struct relay_settings *settings;
    const struct store_settings *store_settings;
    const struct producer_settings *producer_settings;
    struct relay_goal goal;
    struct stats stats;
    _Atomic uint64_t
        blocked[TOPIC_INDEX_SIZE];           // by topic: 1 << number of each lane that finds it so
    atomic_bool stop;                        // finish the batches in hand
    atomic_bool abort;                       // leave at once
    atomic_bool paused;                      // finish the batches in hand, and wait
    struct wake wake;                        // with settings->listen
    _Atomic int told_taken[STORE_SLOTS_MAX]; // by slot: the holder that the log named last
    _Atomic int64_t messages_left;           // of goal.max_messages
    _Atomic int64_t marked_ns;               // when a row was marked last, by any lane
};

// What a lane knows of its part among all lanes and relays.
enum lane_part {
    PART_STARTING, // none yet: no window has ended since it connected, rested or took a slot over
    PART_STANDBY,  // its latest try found all slots another's
    PART_ACTIVE,   // its latest window had a slot, or found no work in any
};

struct lane {
    struct shared *shared;
    pthread_t thread;
    int number;

    // For others to read:
    _Atomic int phase;
    _Atomic int64_t since_ns;
    _Atomic int64_t progress_ns;
    atomic_bool connected;
    _Atomic int part;
    atomic_bool kafka;
    atomic_bool postgres;
    _Atomic int server_pid;
    _Atomic int64_t in_flight;
    _Atomic int quarantined; // rows
    atomic_bool ended;
    struct trouble trouble;
    struct trouble block;    // why the topic is blocked that was blocked last and still is
    atomic_bool blocks;      // some topic
    atomic_bool taken;       // a session that is no relay at work has a slot:
    struct trouble taken_by; // which, and why it is none

    // The thread's own:
    struct store *store;       // NULL: not connected
    struct store_table table;  // as it was last read; oid 0: not yet
    int version;               // of the table then
    struct producer *producer; // NULL: to be built
    bool reachable;            // the producer has seen its cluster since the last fault
    struct backoff outage;     // between attempts while a server is away
    struct backoff idle;       // between polls while there is nothing to do
    struct slots slots;
    struct slot *slot; // one of them: of the window in hand, or of the last one
    uint64_t work;     // slots (1 << number) that had some when looked at, and were not tried since
    bool took;         // one of them was worked on since then
    int next;          // the slot whose turn it is
    struct mono block_opened; // when the topic was blocked that `block` tells of
    struct holds refused; // of the window in hand: topic and aggregate of rows that Kafka refused
    struct doubts doubts; // topics that perhaps refuse every row
    int careful;      // the next window is so many rows, marked before they are sent; 0: as usual
    bool wait_longer; // set after a time-out, until a window is whole or the lane idles: calls wait
                      // STORE_LONG_GRACE_MS
    bool told_version;          // what version 1 cannot promise was said
    int64_t until;              // rows up to this position only
    struct mono doubt_at;       // it is not asked before then whether Kafka is still there
    struct mono not_before;     // goal.rate allows nothing until then
    unsigned turn;              // of shared->wake, when it last looked
    int64_t mean_bytes;         // running mean of a row's size
    bool told_full;             // that there are too many blocked topics was said
    int64_t told_ahead;         // the highest seq above the sequence's numbers that was named
    bool told_unnumbered;       // that rows cannot be numbered was said
    struct mono next_numbering; // of rows without a usable seq
    struct mono next_look;      // for quarantined rows that are gone
    const char *told_code; // Kafka's last code outside kafka_fault.c that the log named; a constant
                           // of the broker layer
    struct mono entered;   // the phase, or since its time was counted
    int64_t spent_ns[LANE_ENDED + 1]; // in each phase, not counted yet
};

void *lane_main(void *lane);

// Takes up the slots that the table has. Lanes begin their rounds at different ones.
bool lane_take_up_slots(struct lane *lane, struct error *err) MUST_CHECK;
// Notes which table was read, and forgets what was known of another's rows. True: it is another.
bool lane_note_table(struct lane *lane);
// Reads a table that was changed anew, and forgets what was known of its rows.
bool lane_adopt_change(struct lane *lane, struct error *err) MUST_CHECK;
// What the table's version cannot promise is said once.
void lane_tell_version(struct lane *lane);

void lane_enter(struct lane *lane, enum lane_phase phase);

// A batch is settled: counts what claiming, publishing and settling took since the last one.
void lane_count_times(struct lane *lane);
// What they took since then was for no batch.
void lane_drop_times(struct lane *lane);

// Some breaker was opened or closed, or all are gone: shows which topics the lane finds blocked.
// One that does not work shows none: whoever does knows better.
void lane_show_blocked(struct lane *lane);
void lane_show_part(struct lane *lane, enum lane_part part);
// Publishes the number of quarantined rows.
void lane_show_quarantined(struct lane *lane);

bool lane_stopping(const struct lane *lane);
// Is it to come to rest, for good or for a while? Then nothing new is begun.
bool lane_resting(const struct lane *lane);

// When the slot in hand cannot be had: is it the last of those with work, and none of them was?
// Then there is nothing to do but to wait.
bool lane_has_tried_all(const struct lane *lane);

// Waits, keeping the producer served; to be stopped or paused ends the wait.
void lane_wait(struct lane *lane, int64_t wait_ms);

// Builds a producer, unless there is one, and asks whether its cluster is there.
bool lane_reach_kafka(struct lane *lane, struct error *err) MUST_CHECK;

// Asks again when there is reason to doubt it; `reachable` tells.
void lane_doubt_kafka(struct lane *lane);

// The session that had the slot is not in the lane's way any more, or not known to be.
void lane_forget_holder(struct lane *lane, struct slot *slot);
void lane_forget_holders(struct lane *lane);
// Numbers the rows that no claim comes upon, after a connect and once a minute.
bool lane_number_rows(struct lane *lane, struct error *err) MUST_CHECK;
// Now and then forgets the quarantined rows that are no longer in the table, or are published.
bool lane_forget_gone(struct lane *lane, struct error *err) MUST_CHECK;

// Logs a failure, whose line ends with what happens next, and waits; a stop or a pause ends
// the wait.
void lane_back_off(struct lane *lane, const char *event, const struct error *err);

#endif
