// SPDX-License-Identifier: Apache-2.0
// /metrics. Private to the monitor.
#ifndef OUTRIDER_MONITOR_METRICS_PRIVATE_H
#define OUTRIDER_MONITOR_METRICS_PRIVATE_H

#include "snapshot.h"

#include "outrider/base/text.h"

// Prometheus' text format.
unsigned metrics_answer(const struct snapshot *snapshot, struct text *out);

// A label's value: its characters, but for what the format escapes.
void metrics_append_label(struct text *out, const char *value);

#endif
