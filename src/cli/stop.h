// SPDX-License-Identifier: Apache-2.0
// Ending a relay in time.
#ifndef OUTRIDER_CLI_STOP_H
#define OUTRIDER_CLI_STOP_H

#include "outrider/relay/relay.h"

#include <stdbool.h>

// Asks the lanes to finish and waits until they have ended: relay_free may follow. After
// stop_timeout_ms, or at a second signal, they are told to leave at once. False when they do not
// even do that: the relay and its settings are still in use then, so the process has to end by
// stop_abandon. `tick` is called every few milliseconds meanwhile; while it returns true, nothing
// presses, and lanes that do not leave are waited for.
bool stop_relay(struct relay *relay, int stop_timeout_ms, bool (*tick)(void *), void *context);

// Ends the process beside running lanes: what was printed is flushed, nothing is freed.
_Noreturn void stop_abandon(int exit_code);

#endif
