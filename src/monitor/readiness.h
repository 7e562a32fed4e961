// SPDX-License-Identifier: Apache-2.0
// Is the process well, may it be counted on, and if not, why? Private to the monitor.
#ifndef OUTRIDER_MONITOR_READINESS_H
#define OUTRIDER_MONITOR_READINESS_H

#include "snapshot.h"

#include "outrider/base/text.h"

// A reason not to be ready; the words are a promise, see docs/monitoring.md.
struct reason {
    const char *name;
    char text[600];
};

enum { REASONS_MAX = 8 };

struct reasons {
    struct reason list[REASONS_MAX]; // each name and text once
    size_t count;
};

// None: it is ready.
void readiness_judge(const struct snapshot *snapshot, struct reasons *ret_reasons);

// Topics that are blocked and have rows that wait; *ret_all: no other topic has.
size_t readiness_blocked_topics(const struct snapshot *snapshot, const char **ret_first,
                                bool *ret_all);

// "reasons":[...], as a member of a JSON object.
void readiness_append_reasons(struct text *out, const struct reasons *reasons);

// /healthz: 200 while the lanes turn, whatever the servers do.
unsigned readiness_answer_health(const struct snapshot *snapshot, struct text *out);

// /readyz: 200 without a reason.
unsigned readiness_answer(const struct snapshot *snapshot, struct text *out);

#endif
