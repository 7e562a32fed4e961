// SPDX-License-Identifier: Apache-2.0
//
// When a drain ends, and with which exit code.
//
// Apart from the loop that asks it, so that every ending can be tested without servers. The order
// of the questions is the order of what a user would rather hear: that all is gone comes before a
// limit that was met by the same message.
#include "drain.h"
#include "exits.h"

#include <stddef.h>

static const struct {
    int code;
    const char *text;
} endings[] = {
    [DRAIN_GOES_ON] = {.code = EX_SOFTWARE},
    [DRAIN_GONE] = {.code = EX_OK},
    [DRAIN_MAX_MESSAGES] = {.code = EX_TEMPFAIL, .text = "limit reached: --max-messages"},
    [DRAIN_MAX_SECONDS] = {.code = EX_TEMPFAIL, .text = "limit reached: --max-seconds"},
    [DRAIN_SIGNAL] = {.code = EX_TEMPFAIL, .text = "stopped by a signal"},
    [DRAIN_STANDSTILL] = {.code = EX_TEMPFAIL, .text = "nothing moved for as long as --give-up"},
    [DRAIN_UNAVAILABLE] = {.code = EX_UNAVAILABLE,
                           .text = "PostgreSQL or Kafka was unavailable for as long as --give-up"},
};

enum drain_ending
drain_judge(const struct drain_limits *limits, const struct drain_facts *facts)
{
    const int64_t most = limits->max_messages;

    if (facts->counted && facts->remaining.messages == 0)
        return DRAIN_GONE;
    if (facts->signalled)
        return DRAIN_SIGNAL;
    if (most > 0 && facts->published >= most)
        return DRAIN_MAX_MESSAGES;
    if (limits->max_ms > 0 && facts->elapsed_ms >= limits->max_ms)
        return DRAIN_MAX_SECONDS;
    if (facts->still_ms >= limits->give_up_ms && !facts->claiming)
        return facts->reachable ? DRAIN_STANDSTILL : DRAIN_UNAVAILABLE;
    return DRAIN_GOES_ON;
}

int
drain_exit_code(enum drain_ending ending, int64_t remaining)
{
    return remaining == 0 ? EX_OK : endings[ending].code;
}

const char *
drain_ending_text(enum drain_ending ending)
{
    return endings[ending].text;
}
