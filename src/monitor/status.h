// SPDX-License-Identifier: Apache-2.0
// /status.json and /status.txt. Private to the monitor.
#ifndef OUTRIDER_MONITOR_STATUS_H
#define OUTRIDER_MONITOR_STATUS_H

#include "snapshot.h"

#include "outrider/base/text.h"

// All that the page shows, but for the configuration. docs/monitoring.md has its members.
unsigned status_answer(const struct snapshot *snapshot, struct text *out);

// The verdict as one line, with the topics that are blocked: what `outrider status` shows.
unsigned status_answer_line(const struct snapshot *snapshot, struct text *out);

extern const char *const status_health_words[]; // by enum lane_health

#endif
