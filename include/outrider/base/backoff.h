#ifndef OUTRIDER_BASE_BACKOFF_H
#define OUTRIDER_BASE_BACKOFF_H

#include <stdint.h>

// Exponential back-off with equal jitter: each delay is drawn from [d/2, d], where d doubles from
// the initial value to the maximum. Half is kept because a delay near 0 would be no back-off; half
// is random because relays that lost the same server must not come back in step.
struct backoff {
    int initial_ms;   // at least 1; less counts as 1
    int maximum_ms;   // at least initial_ms; less counts as initial_ms
    int kept_percent; // of d, 1 to 100, where so much spreading is not needed; 0: the half
    int current_ms;   // d of the latest delay; 0 before the first and after a reset
};

// The next delay in milliseconds, at least 1.
int backoff_next(struct backoff *backoff);

// After a success: the next delay is an initial one again.
void backoff_reset(struct backoff *backoff);

// The delay in milliseconds before retry number `attempt`, counted from 1, for a counter that lives
// elsewhere (a row's retry_count). Same bounds and jitter as above.
int64_t backoff_delay_ms(int initial_ms, int maximum_ms, int attempt);

#endif
