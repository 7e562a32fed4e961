// SPDX-License-Identifier: Apache-2.0
// One line for somebody who was woken up. Private to the monitor.
#ifndef OUTRIDER_MONITOR_VERDICT_H
#define OUTRIDER_MONITOR_VERDICT_H

#include "snapshot.h"

#include "outrider/base/text.h"

enum verdict_level {
    VERDICT_GOOD, // nothing to do
    VERDICT_WARN, // somebody should look, in the morning
    VERDICT_BAD,  // messages wait that should not
};

extern const char *const verdict_words[]; // "good", "warn", "bad"

struct verdict {
    enum verdict_level level;
    struct text line;   // what is so
    struct text reason; // why, or what it means; perhaps empty
};

// Free with verdict_free.
void verdict_judge(const struct snapshot *snapshot, struct verdict *ret_verdict);
void verdict_free(struct verdict *verdict);

// Messages a second at the last point; 0 until there is one.
double verdict_rate(const struct snapshot *snapshot);

// The command that shows the dead letters of a reason, for a shell.
void verdict_append_command(struct text *out, const struct snapshot *snapshot,
                            const struct dead_reason *reason);

#endif
