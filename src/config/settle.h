// SPDX-License-Identifier: Apache-2.0
// From entries to settings: references followed, values judged and put in their places.
#ifndef OUTRIDER_CONFIG_SETTLE_H
#define OUTRIDER_CONFIG_SETTLE_H

#include "entry.h"

struct settings;

// Settles every entry in order, so that the last of a key wins. All that is wrong goes to the
// problems; the place of a bad value keeps what it had.
void settle_all(const struct loading *loading, struct settings *settings);

#endif
