// SPDX-License-Identifier: Apache-2.0
// `status --watch`: looks again and again, until a signal comes.
#ifndef OUTRIDER_CLI_WATCH_H
#define OUTRIDER_CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct settings;

// On a terminal the same lines are drawn anew at each look, elsewhere each look is a line; json: an
// object a line, everywhere. Returns the exit code.
int watch_status(const struct settings *settings, int64_t interval_ms, bool json);

#endif
