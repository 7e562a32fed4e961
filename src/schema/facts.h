// SPDX-License-Identifier: Apache-2.0
// Reading what is there. Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_FACTS_H
#define OUTRIDER_SCHEMA_FACTS_H

#include "context.h"

// The table as a whole and this role's rights; also the names' schema, when the table was given
// without one. Clears the facts first.
bool facts_read_table(struct context *context, struct error *err) MUST_CHECK;

// The version in force and what a revert would give back. After facts_read_table.
bool facts_read_version(struct context *context, struct error *err) MUST_CHECK;

// The first number of the sequence that is to be made: above those that rows have from before.
// Reads the whole table when there can be any. After fitness_check_table.
bool facts_read_numbers(struct context *context, struct error *err) MUST_CHECK;

void facts_clear(struct facts *facts);

#endif
