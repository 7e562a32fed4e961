// SPDX-License-Identifier: Apache-2.0
// What the placeholders of the SQL files stand for. Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_PHRASES_H
#define OUTRIDER_SCHEMA_PHRASES_H

#include "context.h"

// As far as it does not change from step to step; from the names and the facts.
void phrases_set(struct context *context);
void phrases_clear(struct context *context);

// The number of slots that the table is to have; 0 without a database, when none was asked for.
int phrases_slots_wanted(const struct context *context);

// Without the schema, as CREATE INDEX wants it: an index is made in its table's. Caller frees.
char *phrases_identifier(const struct names *names, const char *suffix);

// The function's name, without its schema. Caller frees.
char *phrases_function(const struct names *names, enum function function);

// What lies beside the table: quoted, with its schema when that is known. Caller frees.
char *phrases_beside(const struct names *names, const char *name);

#endif
