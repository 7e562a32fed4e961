// SPDX-License-Identifier: Apache-2.0
//
// Exponential back-off with jitter.
//
// Randomness is only there to spread relays apart, so a xorshift generator is enough; each thread
// seeds its own from the kernel, so lanes need no lock and two processes never share a sequence.
#include "outrider/base/backoff.h"

#include <sys/random.h>
#include <time.h>

// xorshift64* (S. Vigna, "An experimental exploration of Marsaglia's xorshift generators,
// scrambled").
static uint64_t
random_u64(void)
{
    static _Thread_local uint64_t state;
    while (state == 0) {
        if (getrandom(&state, sizeof state, GRND_NONBLOCK) != (ssize_t)sizeof state) {
            // The kernel's pool is not ready (very early boot): the clock and this thread's own
            // address differ enough.
            struct timespec ts;
            clock_gettime(CLOCK_MONOTONIC, &ts);
            state = (uint64_t)ts.tv_nsec * UINT64_C(0x9E3779B97F4A7C15) ^ (uintptr_t)&state;
        }
    }
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545F4914F6CDD1D);
}

enum { HALF = 50 };

// A delay from [d * kept_percent / 100, d], rounded up so that it is never 0.
static int
jittered(int d, int kept_percent)
{
    int random = (int)((int64_t)d * (100 - kept_percent) / 100);
    return d - random + (int)(random_u64() % ((uint64_t)random + 1));
}

static int
at_least(int value, int least)
{
    return value < least ? least : value;
}

int
backoff_next(struct backoff *backoff)
{
    int initial = at_least(backoff->initial_ms, 1);
    int maximum = at_least(backoff->maximum_ms, initial);
    int d = backoff->current_ms;
    if (d <= 0)
        d = initial;
    else
        d = d > maximum / 2 ? maximum : 2 * d;
    backoff->current_ms = d;
    return jittered(d, backoff->kept_percent > 0 ? backoff->kept_percent : HALF);
}

void
backoff_reset(struct backoff *backoff)
{
    backoff->current_ms = 0;
}

int64_t
backoff_delay_ms(int initial_ms, int maximum_ms, int attempt)
{
    int d = at_least(initial_ms, 1);
    int maximum = at_least(maximum_ms, d);
    for (int i = 1; i < attempt && d < maximum; i++)
        d = d > maximum / 2 ? maximum : 2 * d;
    return jittered(d, HALF);
}
