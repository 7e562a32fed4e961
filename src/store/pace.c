// SPDX-License-Identifier: Apache-2.0
//
// Short transactions by measuring them.
//
// How long a batch takes depends on triggers, foreign keys, disks and neighbours, so no number of
// rows is right everywhere. What matters to others is the time: for so long locks are held and a
// snapshot keeps vacuum back.
#include "pace.h"

#include <limits.h>

enum {
    AIM_MS = 50,   // of a piece
    LEAST_MS = 10, // of a pause
};

static int64_t
within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

// By halves and doubles: a single slow piece says little.
void
pace_adapt(struct pace *pace, int64_t took_ms)
{
    if (took_ms > 2 * AIM_MS)
        pace->amount /= 2;
    else if (took_ms < AIM_MS)
        pace->amount *= 2;
    pace->amount = within(pace->amount, pace->least, pace->most);
}

int
pace_pause_ms(int64_t took_ms, int64_t things, int64_t rate)
{
    int64_t pause_ms = took_ms;

    if (rate > 0 && things * 1000 / rate - took_ms > pause_ms)
        pause_ms = things * 1000 / rate - took_ms;
    return (int)within(pause_ms, LEAST_MS, INT_MAX);
}
