// SPDX-License-Identifier: Apache-2.0
// Runs steps. Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_RUNNER_H
#define OUTRIDER_SCHEMA_RUNNER_H

#include "context.h"

// Whether the step has nothing to do.
bool runner_is_done(struct context *context, const struct step *step, bool *ret_done,
                    struct error *err) MUST_CHECK;

// The same for a walk over steps that runs none of them. What follows a transaction that is not
// done may name what is not there yet, and is not asked but foreseen as not done; only an index and
// what belongs to the inbox are asked for by their names alone. *known: true before the first step.
bool runner_foresee(struct context *context, const struct step *step, bool *known, bool *ret_done,
                    struct error *err) MUST_CHECK;

// Runs one step to its end. force: statements that refuse rows do not.
// Errors beside the session's: "LOCKED", "ROWS", and "UNMET" when a must_touch statement touched no
// row: an earlier step has work again.
bool runner_run(struct context *context, const struct step *step, bool force,
                struct error *err) MUST_CHECK;

// Waits for other schema commands on the table, and keeps them away until the connection ends.
// Reads the facts again.
bool runner_exclude_others(struct context *context, struct error *err) MUST_CHECK;

#endif
