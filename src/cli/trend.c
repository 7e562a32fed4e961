// SPDX-License-Identifier: Apache-2.0
//
// How a backlog moves.
//
// The pace is by the latest few looks, so that it neither jumps with each window of a relay nor
// clings to what was a minute ago.
#include "trend.h"

enum { STEADY = 1, ETA_MOST_S = 360000 }; // messages a second that are no trend; 100 hours

void
trend_add(struct trend *trend, struct sample sample)
{
    trend->samples[trend->count++ % TREND_SAMPLES] = sample;
}

const struct sample *
trend_sample(const struct trend *trend, size_t n)
{
    if (n >= trend->count || n >= TREND_SAMPLES)
        return NULL;
    return &trend->samples[(trend->count - 1 - n) % TREND_SAMPLES];
}

static double
rise(int64_t before, int64_t now, double seconds)
{
    return now > before ? (double)(now - before) / seconds : 0;
}

static int64_t
eta_s(int64_t messages, double change)
{
    const double seconds = (double)messages / -change;
    return change <= -STEADY && seconds <= ETA_MOST_S ? (int64_t)seconds + 1 : -1;
}

bool
trend_pace(const struct trend *trend, struct pace *ret_pace)
{
    const size_t looks = trend->count < TREND_LOOKS ? trend->count : TREND_LOOKS;
    if (looks < 2)
        return false;
    const struct sample *now = trend_sample(trend, 0), *then = trend_sample(trend, looks - 1);
    const double seconds = (double)mono_diff_ns(now->at, then->at) / 1e9;
    if (seconds <= 0)
        return false;
    const double change = (double)(now->messages - then->messages) / seconds;
    *ret_pace = (struct pace){
        .in = rise(then->in, now->in, seconds),
        .out = rise(then->out, now->out, seconds),
        .change = change > -STEADY && change < STEADY ? 0 : change,
        .eta_s = eta_s(now->messages, change),
    };
    return true;
}
