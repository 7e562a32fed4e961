// SPDX-License-Identifier: Apache-2.0
// /status.json. Private to the monitor.
#ifndef OUTRIDER_MONITOR_STATUS_H
#define OUTRIDER_MONITOR_STATUS_H

#include "snapshot.h"

#include "outrider/base/text.h"

// All that the page shows, but for the configuration. docs/monitoring.md has its members.
unsigned status_answer(const struct snapshot *snapshot, struct text *out);

extern const char *const status_health_words[]; // by enum lane_health

#endif
