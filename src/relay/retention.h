// SPDX-License-Identifier: Apache-2.0
// outbox.retention: a thread that purges published rows while lanes relay. Private to the relay.
#ifndef OUTRIDER_RELAY_RETENTION_H
#define OUTRIDER_RELAY_RETENTION_H

#include "outrider/relay/settings.h"
#include "outrider/store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct retention {
    const struct relay_settings *settings; // borrowed
    const struct store_settings *store_settings;
    const atomic_bool *stop; // leave at once: what is under way is rolled back
    const atomic_bool *paused;
    pthread_t thread;
    atomic_bool ended;

    // The thread's own:
    bool told_failed;    // the failure that lasts was said
    bool told_unindexed; // that all of the table is read was said
};

void *retention_main(void *retention);

// How long to wait after a round that took so long, before jitter.
int64_t retention_interval_ms(int64_t retention_ms, int64_t took_ms);

#endif
