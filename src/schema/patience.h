// SPDX-License-Identifier: Apache-2.0
// Trying again when a lock was not to be had, a limited number of times. Private to the schema
// layer.
#ifndef OUTRIDER_SCHEMA_PATIENCE_H
#define OUTRIDER_SCHEMA_PATIENCE_H

#include "context.h"

#include "outrider/base/backoff.h"

struct patience {
    struct context *context;
    const char *what; // what is being tried, for people
    int tries;
    struct backoff backoff;
};

struct patience patience_start(struct context *context, const char *what);

// After a try that failed: whether err is one that another try may heal.
bool patience_may_heal(const struct error *err);

// Pauses, and says now and then who is in the way. After the last try: false, "LOCKED", with the
// holder's pid and state. Not inside a transaction.
bool patience_pause(struct patience *patience, struct error *err) MUST_CHECK;

// Sleeps.
void patience_sleep_ms(int ms);

#endif
