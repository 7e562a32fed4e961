// SPDX-License-Identifier: Apache-2.0
// What follows from the table of keys in words, the same in errors and in the reference.
#ifndef OUTRIDER_CONFIG_DESCRIBE_H
#define OUTRIDER_CONFIG_DESCRIBE_H

#include "keys.h"

#include "outrider/base/text.h"

// Appends the path, with the entry's name behind it unless that is NULL.
void describe_path(struct text *out, const struct key *key, const char *name);

// Appends the variable's name: OUTRIDER_ and the path in capitals with '_' for '.'.
void describe_variable(struct text *out, const struct key *key, const char *name);

// Appends what is allowed, e.g. "a duration from 1ms to 1m" or "one of key, none".
void describe_allowed(struct text *out, const struct key *key);

// Appends how a duration or a size is written, behind what is allowed; else nothing.
void describe_units(struct text *out, const struct key *key);

// Appends what may have been meant by an unknown path: "did you mean outbox.lanes?", or else the
// names that are known where it stands.
void describe_hint(struct text *out, const char *path);

#endif
