// SPDX-License-Identifier: Apache-2.0
// What values must be to each other.
#ifndef OUTRIDER_CONFIG_RELATIONS_H
#define OUTRIDER_CONFIG_RELATIONS_H

#include "entry.h"

struct settings;

// Notes the values that contradict each other, and warns of those that do nothing together. Values
// that are bad themselves are passed over.
void relations_check(const struct loading *loading, const struct settings *settings);

#endif
