// SPDX-License-Identifier: Apache-2.0
// How much of a long work is done in one short transaction, and how long the pause after it is.
// Private to the store.
#ifndef OUTRIDER_STORE_PACE_H
#define OUTRIDER_STORE_PACE_H

#include <stdint.h>

struct pace {
    int64_t amount;      // of the next piece, in whatever unit
    int64_t least, most; // of it
};

// Makes the next piece as large as fits the time that one may take, by how long the last one took.
void pace_adapt(struct pace *pace, int64_t took_ms);

// The pause after a piece that took so long and did so many things: as long as the piece, and as
// long as `rate` things a second ask for (0: whatever).
int pace_pause_ms(int64_t took_ms, int64_t things, int64_t rate);

#endif
