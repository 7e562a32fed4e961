// SPDX-License-Identifier: Apache-2.0
// Wake-up by NOTIFY: a thread that listens, and lanes that look seldom while it hears. Private to
// the relay.
#ifndef OUTRIDER_RELAY_WAKE_H
#define OUTRIDER_RELAY_WAKE_H

#include "outrider/relay/settings.h"
#include "outrider/store/store.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

// How long an idle lane waits at most while notifications come.
enum { WAKE_POLL_MS = 1000 };

struct lane;

struct wake {
    const struct store_settings *store_settings;
    const atomic_bool *stop;
    pthread_t thread;
    atomic_bool ended;
    atomic_uint turn;   // changes with each notification, and when it is to be looked without one
    atomic_bool heard;  // notifications come: there was one, and no row without one since
    atomic_bool missed; // a row came without one: the connection may lead to a server of the past
};

// The thread. argument: a struct wake that outlives it.
void *wake_main(void *wake);

// Waits before an idle lane's next look. True: it was told to look.
bool wake_wait(struct lane *lane);

// A look that nobody told of has found something.
void wake_note_found(struct lane *lane);

#endif
