// SPDX-License-Identifier: Apache-2.0
// Says what a long statement of the context's session does, from a connection of its own. Private
// to the schema layer.
#ifndef OUTRIDER_SCHEMA_WATCH_H
#define OUTRIDER_SCHEMA_WATCH_H

#include "context.h"

struct watch;

// Starts a thread that says a line every few seconds while the session works. NULL when there is
// nobody to say it to, or no thread to be had: the statement goes on without.
struct watch *watch_start(const struct context *context, const char *what);

// Ends the thread; nothing is said after it returns.
void watch_stop(struct watch *watch);

#endif
