// SPDX-License-Identifier: Apache-2.0
//
// Instants, deadlines, and the one way timestamps are written.
//
// Deadlines live on CLOCK_MONOTONIC. The C library's gmtime() is not used for the calendar: its
// int years are enough, but it is slower, and fails where PostgreSQL's range does not.
#include "outrider/base/clock.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_MS   INT64_C(1000000)
#define NS_PER_S    INT64_C(1000000000)
#define US_PER_S    INT64_C(1000000)
#define S_PER_DAY   INT64_C(86400)
#define DAYS_400Y   INT64_C(146097) // a Gregorian cycle
#define DAYS_TO_ERA INT64_C(719468) // from 0000-03-01 to 1970-01-01

struct date {
    int32_t year;   // astronomical: 0 is 1 BC
    uint32_t month; // 1-12
    uint32_t day;   // 1-31
};

struct mono
mono_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (struct mono){.ns = ts.tv_sec * NS_PER_S + ts.tv_nsec};
}

struct mono
mono_add_ms(struct mono from, int64_t ms)
{
    struct mono to;
    if (__builtin_mul_overflow(ms, NS_PER_MS, &to.ns) ||
        __builtin_add_overflow(from.ns, to.ns, &to.ns))
        to.ns = ms < 0 ? INT64_MIN : INT64_MAX;
    return to;
}

int
mono_ms_until(struct mono deadline)
{
    struct mono now = mono_now();
    if (deadline.ns <= now.ns)
        return 0;
    int64_t ms = (deadline.ns - now.ns - 1) / NS_PER_MS + 1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

bool
mono_passed(struct mono deadline)
{
    return mono_now().ns >= deadline.ns;
}

void
mono_sleep_ms(int ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&time, NULL);
}

int64_t
mono_diff_ns(struct mono later, struct mono earlier)
{
    return later.ns - earlier.ns;
}

int64_t
wall_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

// Rounds towards minus infinity, which C's division does not.
static int64_t
floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0 ? 1 : 0);
}

// Days since 1970-01-01 to a proleptic Gregorian date: years are counted from March, so the leap
// day is the last of its year (H. Hinnant, "chrono-compatible low-level date algorithms").
static struct date
civil_from_days(int64_t days)
{
    days += DAYS_TO_ERA;
    int64_t era = floor_div(days, DAYS_400Y);
    uint32_t doe = (uint32_t)(days - era * DAYS_400Y);
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint32_t mp = (5 * doy + 2) / 153;
    uint32_t month = mp < 10 ? mp + 3 : mp - 9;
    return (struct date){
        .year = (int32_t)(era * 400 + yoe + (month <= 2 ? 1 : 0)),
        .month = month,
        .day = doy - (153 * mp + 2) / 5 + 1,
    };
}

// Writes exactly `width` digits; returns their end. By hand, because every message has a timestamp,
// and two calls of snprintf() took half of the time to make a message of a row.
static char *
put_digits(char *to, uint32_t value, int width)
{
    for (int i = width - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + width;
}

static char *
put_date(char *to, struct date d)
{
    uint32_t year = (uint32_t)(d.year < 0 ? -d.year : d.year);
    if (d.year < 0)
        *to++ = '-';
    else if (d.year > 9999)
        *to++ = '+';
    int width = 4;
    for (uint32_t rest = year / 10000; rest > 0; rest /= 10)
        width++;
    to = put_digits(to, year, width);
    *to++ = '-';
    to = put_digits(to, d.month, 2);
    *to++ = '-';
    return put_digits(to, d.day, 2);
}

int64_t
wall_ahead_us(int64_t before_us, int64_t there_us, int64_t after_us)
{
    if (before_us > there_us)
        return before_us - there_us;
    return after_us < there_us ? after_us - there_us : 0;
}

void
format_utc(int64_t unix_us, int digits, char out[static 40])
{
    assert(digits == 3 || digits == 6);
    if (unix_us == UTC_INFINITY || unix_us == UTC_MINUS_INFINITY) {
        snprintf(out, 40, "%sinfinity", unix_us == UTC_INFINITY ? "" : "-");
        return;
    }
    int64_t seconds = floor_div(unix_us, US_PER_S);
    uint32_t us = (uint32_t)(unix_us - seconds * US_PER_S);
    int64_t days = floor_div(seconds, S_PER_DAY);
    uint32_t of_day = (uint32_t)(seconds - days * S_PER_DAY);

    char *end = put_date(out, civil_from_days(days));
    *end++ = 'T';
    end = put_digits(end, of_day / 3600, 2);
    *end++ = ':';
    end = put_digits(end, of_day / 60 % 60, 2);
    *end++ = ':';
    end = put_digits(end, of_day % 60, 2);
    *end++ = '.';
    end = put_digits(end, digits == 3 ? us / 1000 : us, digits);
    *end++ = 'Z';
    *end = '\0';
}
