// SPDX-License-Identifier: Apache-2.0
// Looks at the table every 15 seconds. Private to the monitor.
#ifndef OUTRIDER_MONITOR_SAMPLER_H
#define OUTRIDER_MONITOR_SAMPLER_H

#include "state.h"

struct sampler;

// Borrows both until sampler_stop said true.
struct sampler *sampler_start(const struct settings *settings, struct state *state);

// False: it hangs in a call that nothing of ours can end, and was left to itself. NULL is allowed.
bool sampler_stop(struct sampler *sampler) MUST_CHECK;

#endif
