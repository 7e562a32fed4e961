// SPDX-License-Identifier: Apache-2.0
// Whether a command can do what it is asked to. Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_FITNESS_H
#define OUTRIDER_SCHEMA_FITNESS_H

#include "context.h"

// Whether the table, if there is one, is of a kind that can have versions, and its columns are
// those of version 1 and not in the way of version `to`. Also fills facts.seq_is_drawn.
bool fitness_check_table(struct context *context, int to, struct error *err) MUST_CHECK;

// Whether the inbox and its functions can be made beside what the application has. with_enqueue:
// the function that writes to the table, too.
bool fitness_check_inbox(struct context *context, bool with_enqueue, struct error *err) MUST_CHECK;

// Whether this role may change what apply and revert change.
bool fitness_check_rights(const struct context *context, struct error *err) MUST_CHECK;

// Whether the connection is one to PostgreSQL itself: locks of a session mean nothing behind a
// pooler that hands each transaction to another server process.
bool fitness_check_connection(const struct context *context, struct error *err) MUST_CHECK;

#endif
