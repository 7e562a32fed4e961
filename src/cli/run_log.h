// SPDX-License-Identifier: Apache-2.0
// What the log has of a run: its beginning, each minute, its end.
#ifndef OUTRIDER_CLI_RUN_LOG_H
#define OUTRIDER_CLI_RUN_LOG_H

#include "figures.h"

#include "outrider/base/clock.h"

struct settings;

// What the last report said, so that the next tells the minute in between.
struct minute {
    struct mono since;
    struct mono next;
    struct figures figures;
    struct histogram mark;
};

void run_log_started(const struct settings *settings);

void run_log_minute_start(struct minute *minute);

// Once a minute, and at no other call.
void run_log_minute(struct minute *minute, const struct stats *stats);

// What the lanes' lines do not tell of themselves; `all`: no more of them come.
void run_log_suppressed(bool all);

void run_log_stopped(const struct stats *stats, struct mono started);

#endif
