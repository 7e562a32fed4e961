// SPDX-License-Identifier: Apache-2.0
// The sources of a configuration, each as entries; nothing is judged here but names and shape.
#ifndef OUTRIDER_CONFIG_LOAD_H
#define OUTRIDER_CONFIG_LOAD_H

#include "entry.h"

#include <stddef.h>

// The file that `named` (-c, may be NULL), else $OUTRIDER_CONFIG names, which must be there; else
// the default file, which need not.
void load_file(const struct loading *loading, const char *named);

void load_environment(const struct loading *loading);
void load_overrides(const struct loading *loading, const char *const *overrides, size_t count);

// An entry for every key that has a default.
void load_defaults(const struct loading *loading);

// One value as text. Nothing, where the key has no default, is null; outside the file so is the
// word null.
void load_add_text(const struct loading *loading, const struct key *key, const char *name,
                   const char *text, const struct origin *origin);

#endif
