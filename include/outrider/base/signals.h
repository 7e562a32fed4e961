#ifndef OUTRIDER_BASE_SIGNALS_H
#define OUTRIDER_BASE_SIGNALS_H

#include "outrider/base/error.h"

#include <stdatomic.h>

// What arrived since the previous signals_take(), except `terminate`, which counts for ever:
// the first asks for a graceful end, the second for an end now.
struct signals {
    unsigned terminate; // SIGTERM and SIGINT together
    bool reload;        // SIGHUP
    bool pause;         // SIGUSR1, and no SIGUSR2 after it
    bool resume;        // the other way round
};

// Installs the handlers for the process and ignores SIGPIPE. Handlers only note and wake; they also
// work as PID 1, where the kernel's default actions do not. Call once, before any thread is made.
bool signals_start(struct error *err) MUST_CHECK;

// Puts the default actions back and closes the descriptor. For the process that started them.
void signals_stop(void);

// Readable when a signal has come; for poll(2). Owned by this module.
int signals_fd(void);

// Hands over what came and makes the descriptor quiet again. Main thread only.
struct signals signals_take(void);

// signals_take().terminate without taking anything: for a wait in the midst of other work, which
// the other signals must outlast.
unsigned signals_terminations(void);

// True from the first SIGTERM or SIGINT on: for calls that end early by such a flag.
const atomic_bool *signals_terminated(void);

// In a thread that must not be interrupted: the handled signals go to the others.
void signals_block(void);

#endif
