// SPDX-License-Identifier: Apache-2.0
// What made a lane wait, written by the lane and read by others. Private to the relay.
#ifndef OUTRIDER_RELAY_TROUBLE_H
#define OUTRIDER_RELAY_TROUBLE_H

#include "outrider/relay/relay.h"

#include <stdatomic.h>

enum { TROUBLE_WORDS = (sizeof(struct lane_trouble) + 7) / 8 };

// {0} holds nothing.
struct trouble {
    _Atomic unsigned turn; // odd while it is being written
    _Atomic uint64_t words[TROUBLE_WORDS];
};

// The lane's thread only. event: a literal.
void trouble_write(struct trouble *trouble, const char *event, const struct error *err);

// Any thread; false when nothing was ever written.
bool trouble_read(const struct trouble *trouble, struct lane_trouble *ret_trouble);

#endif
