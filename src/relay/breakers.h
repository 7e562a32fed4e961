// SPDX-License-Identifier: Apache-2.0
// Topics that cannot be written just now: a breaker each. Private to the relay.
#ifndef OUTRIDER_RELAY_BREAKERS_H
#define OUTRIDER_RELAY_BREAKERS_H

#include "outrider/base/backoff.h"
#include "outrider/base/bytes.h"
#include "outrider/base/clock.h"
#include "outrider/base/error.h"
#include "outrider/model/message.h"

#include <stdbool.h>
#include <stddef.h>

enum { BREAKERS_MAX = 1000 }; // a topic template over ids must not fill the memory

enum breaker_state {
    BREAKER_OPEN,      // its rows are not claimed
    BREAKER_HALF_OPEN, // the next of its rows is sent, as a probe
    BREAKER_PROBING,   // that one is under way, the others wait
};

struct breaker {
    char *topic;
    enum breaker_state state;
    struct position since; // none of its rows was passed over before this
    struct mono opened;
    struct mono look_at;    // when the cluster is asked about it next
    struct mono row_at;     // and no row is tried before then
    struct backoff between; // rows
    int in_sync;            // replicas, when a row was last tried; -1: none was yet
    struct position probe;  // BREAKER_PROBING: of the row that is under way
    int silences;           // rows that nobody answered, one after the other
    struct error *why;      // the refusal that opened it, owned; NULL: not said
};

struct breakers {
    int retry_ms; // outbox.topic_retry
    int lane;     // for the log
    struct breaker *list;
    size_t count;
    struct bytes *blocked; // the names of those that are open, side by side for a claim
    size_t blocked_count;
};

void breakers_free(struct breakers *breakers);

// NULL when the topic's breaker is closed.
struct breaker *breakers_find(const struct breakers *breakers, const char *topic);

// Opens the topic's breaker, again when its probe failed. Rows of it may be left behind `since`.
// NULL, and nothing is opened, when there are too many.
struct breaker *breakers_open(struct breakers *breakers, const char *topic, struct position since,
                              struct mono now);

// May the row at `position` be sent to this topic? *ret_probe: yes, as the one that tries it.
bool breakers_admit(struct breakers *breakers, const char *topic, struct position position,
                    bool *ret_probe);

// Why the topic is blocked, as it is shown. Copies `why`.
void breakers_explain(struct breaker *breaker, const struct error *why);

// The breaker that this row tries; NULL: it tries none.
struct breaker *breakers_probed_by(const struct breakers *breakers, const char *topic,
                                   struct position position);

// Says in the log that the topic is released.
void breakers_close(struct breakers *breakers, struct breaker *breaker);

// The open one whose time to be looked at came first; NULL: none's has come.
struct breaker *breakers_due(const struct breakers *breakers, struct mono now);

// The cluster said that it cannot be written yet.
void breakers_postpone(const struct breakers *breakers, struct breaker *breaker, struct mono now);

// The cluster said that it has leaders everywhere, and so many replicas in sync. True: half open
// from now on. Rows are tried seldom, because what a leader alone wrote before it said that its
// replicas are too few is a copy each time; but at once when a replica has come back.
bool breakers_try(struct breakers *breakers, struct breaker *breaker, int in_sync, struct mono now);

// A window ended. What became of its probe is not known: the next row is one. `exhausted`: it
// looked at everything behind `since`, so that one without a row has nothing to wait for any more.
void breakers_end_window(struct breakers *breakers, bool exhausted, struct position since);

// Rows from behind `position` on are looked at again, but for those of blocked topics: they are
// passed over there too.
void breakers_lower(struct breakers *breakers, struct position position);

// The same, from the very start; and positions of another version of the table mean nothing.
void breakers_forget_positions(struct breakers *breakers);

#endif
