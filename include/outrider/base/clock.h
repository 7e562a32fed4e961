#ifndef OUTRIDER_BASE_CLOCK_H
#define OUTRIDER_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

// An instant of CLOCK_MONOTONIC. Deadlines are instants of this type and never of the wall clock,
// which may step.
struct mono {
    int64_t ns;
};

struct mono mono_now(void);

// Saturates instead of overflowing, so "now plus a very long time" is a deadline that never passes.
struct mono mono_add_ms(struct mono from, int64_t ms);

// Milliseconds until the deadline, rounded up and at most INT_MAX, so that poll(2) may take it and
// does not spin through the last millisecond; 0 when it has passed.
int mono_ms_until(struct mono deadline);

bool mono_passed(struct mono deadline);

// Sleeps for about that long; a signal may cut it short.
void mono_sleep_ms(int ms);

// later - earlier, in nanoseconds.
int64_t mono_diff_ns(struct mono later, struct mono earlier);

// Microseconds since 1970-01-01T00:00:00Z by the wall clock: the unit of PostgreSQL's timestamps.
int64_t wall_us(void);

// How far our wall clock is ahead of another one (behind: negative) that read `there_us` at some
// instant between our `before_us` and `after_us`; 0 when both may agree.
int64_t wall_ahead_us(int64_t before_us, int64_t there_us, int64_t after_us);

// Largest error of a synchronised clock.
enum { WALL_TOLERANCE_US = 2000000 };

// PostgreSQL's 'infinity' and '-infinity' in Unix microseconds.
#define UTC_INFINITY       INT64_MAX
#define UTC_MINUS_INFINITY INT64_MIN

// Writes a UTC instant as RFC 3339 with 3 or 6 digits after the second, for instance
// "2024-02-29T23:59:59.123Z". The fraction is cut, not rounded, so a second never changes. Years
// outside 0000-9999 take ISO 8601's expanded form with a sign ("+10000-...", "-0044-..." is 45 BC);
// the two infinities become "infinity" and "-infinity", as PostgreSQL prints them.
void format_utc(int64_t unix_us, int digits, char out[static 40]);

#endif
