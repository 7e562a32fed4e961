// SPDX-License-Identifier: Apache-2.0
// What the service manager hears of a running relay: sd_notify(3).
#ifndef OUTRIDER_CLI_SUPERVISE_H
#define OUTRIDER_CLI_SUPERVISE_H

#include "progress.h"

#include "outrider/relay/health.h"

struct supervision {
    int beat_ms; // half the watchdog's interval; 0: there is none
    struct mono next_beat;
    struct mono next_status;
    struct text status; // as it was told last
    struct meter meter;
};

void supervise_start(struct supervision *supervision);
void supervise_end(struct supervision *supervision);

void supervise_ready(void);
void supervise_reloading(void);

// The service manager's own patience, TimeoutStopSec=, need not be longer than stop_timeout: it is
// asked to wait for so long.
void supervise_stopping(int stop_timeout_ms);

// Feeds the watchdog when that is due and no lane is stuck.
void supervise_beat(struct supervision *supervision, const struct health *health);

// Tells one line for people when it has changed, at most once a second. published: so far.
void supervise_status(struct supervision *supervision, const struct relay *relay,
                      const struct health *health, int64_t published);

// How long the main thread may sleep at most.
int supervise_wait_ms(const struct supervision *supervision);

// The line for people.
void supervise_append_status(struct text *out, const struct relay *relay,
                             const struct health *health, int64_t published, double rate);

#endif
