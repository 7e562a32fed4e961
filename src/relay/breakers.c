// SPDX-License-Identifier: Apache-2.0
// Topics that cannot be written just now: a breaker each.
//
// A topic that is missing, forbidden or without enough replicas costs none of its rows an attempt,
// and no other topic a moment: its rows are left out of the claims until it can be written again.
// That is tried cheaply first, by asking the cluster, then by one row. There are few of them on any
// day, so the list is searched from end to end.
#include "breakers.h"

#include "floor.h"
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

// In units of retry_ms, which lies between two questions; with jitter.
enum {
    ROW_FIRST = 2, // between two rows that try it,
    ROW_MAX = 4,   // at most
};

void
breakers_free(struct breakers *breakers)
{
    for (size_t i = 0; i < breakers->count; i++) {
        free(breakers->list[i].topic);
        free(breakers->list[i].why);
    }
    free(breakers->list);
    free(breakers->blocked);
    *breakers = (struct breakers){.retry_ms = breakers->retry_ms, .lane = breakers->lane};
}

// What the claims leave out.
static void
list_blocked(struct breakers *breakers)
{
    breakers->blocked_count = 0;
    for (size_t i = 0; i < breakers->count; i++)
        if (breakers->list[i].state == BREAKER_OPEN)
            breakers->blocked[breakers->blocked_count++] = bytes_from(breakers->list[i].topic);
}

struct breaker *
breakers_find(const struct breakers *breakers, const char *topic)
{
    for (size_t i = 0; i < breakers->count; i++)
        if (str_equal(breakers->list[i].topic, topic))
            return &breakers->list[i];
    return NULL;
}

static struct breaker *
add(struct breakers *breakers, const char *topic, struct position since, struct mono now)
{
    if (breakers->count == BREAKERS_MAX)
        return NULL;
    size_t count = breakers->count + 1;
    breakers->list = xreallocarray(breakers->list, count, sizeof *breakers->list);
    breakers->blocked = xreallocarray(breakers->blocked, count, sizeof *breakers->blocked);
    struct breaker *breaker = &breakers->list[breakers->count++];
    *breaker = (struct breaker){
        .topic = xstrdup(topic),
        .since = since,
        .opened = now,
        .between = {.initial_ms = ROW_FIRST * breakers->retry_ms,
                    .maximum_ms = ROW_MAX * breakers->retry_ms},
        .in_sync = -1,
    };
    return breaker;
}

// The first refusal of a window says it; the others of the same window find it open.
struct breaker *
breakers_open(struct breakers *breakers, const char *topic, struct position since, struct mono now)
{
    struct breaker *breaker = breakers_find(breakers, topic);
    bool was_open = breaker && breaker->state == BREAKER_OPEN;

    if (!breaker)
        breaker = add(breakers, topic, since, now);
    if (!breaker)
        return NULL;
    if (position_compare(&since, &breaker->since) < 0)
        breaker->since = since;
    if (was_open)
        return breaker;
    breaker->state = BREAKER_OPEN;
    breaker->row_at = mono_add_ms(now, backoff_next(&breaker->between));
    breakers_postpone(breakers, breaker, now);
    list_blocked(breakers);
    return breaker;
}

void
breakers_explain(struct breaker *breaker, const struct error *why)
{
    if (!breaker->why)
        breaker->why = xcalloc(1, sizeof *breaker->why);
    *breaker->why = *why;
}

bool
breakers_admit(struct breakers *breakers, const char *topic, struct position position,
               bool *ret_probe)
{
    struct breaker *breaker = breakers->count > 0 ? breakers_find(breakers, topic) : NULL;

    if (!breaker)
        return true;
    if (breaker->state != BREAKER_HALF_OPEN)
        return false;
    breaker->state = BREAKER_PROBING;
    breaker->probe = position;
    *ret_probe = true;
    return true;
}

struct breaker *
breakers_probed_by(const struct breakers *breakers, const char *topic, struct position position)
{
    struct breaker *breaker = breakers->count > 0 ? breakers_find(breakers, topic) : NULL;

    if (!breaker || breaker->state != BREAKER_PROBING ||
        position_compare(&breaker->probe, &position) != 0)
        return NULL;
    return breaker;
}

void
breakers_close(struct breakers *breakers, struct breaker *breaker)
{
    LOG(LOG_INFO, "topic_released", LOG_INT("lane", breakers->lane),
        LOG_STR("topic", breaker->topic),
        LOG_INT("blocked_ms", mono_diff_ns(mono_now(), breaker->opened) / 1000000));
    free(breaker->topic);
    free(breaker->why);
    *breaker = breakers->list[--breakers->count];
    list_blocked(breakers);
}

struct breaker *
breakers_due(const struct breakers *breakers, struct mono now)
{
    struct breaker *due = NULL;

    for (size_t i = 0; i < breakers->count; i++) {
        struct breaker *breaker = &breakers->list[i];
        if (breaker->state == BREAKER_OPEN && mono_diff_ns(now, breaker->look_at) >= 0 &&
            (!due || mono_diff_ns(due->look_at, breaker->look_at) > 0))
            due = breaker;
    }
    return due;
}

void
breakers_postpone(const struct breakers *breakers, struct breaker *breaker, struct mono now)
{
    int64_t wait_ms = backoff_delay_ms(breakers->retry_ms, breakers->retry_ms, 1);

    breaker->look_at = mono_add_ms(now, wait_ms);
}

bool
breakers_try(struct breakers *breakers, struct breaker *breaker, int in_sync, struct mono now)
{
    bool better = breaker->in_sync >= 0 && in_sync > breaker->in_sync;

    if (!better && mono_diff_ns(now, breaker->row_at) < 0) {
        breakers_postpone(breakers, breaker, now);
        return false;
    }
    breaker->in_sync = in_sync;
    breaker->state = BREAKER_HALF_OPEN;
    list_blocked(breakers);
    return true;
}

void
breakers_end_window(struct breakers *breakers, bool exhausted, struct position since)
{
    for (size_t i = breakers->count; i-- > 0;) {
        struct breaker *breaker = &breakers->list[i];
        if (breaker->state == BREAKER_PROBING)
            breaker->state = BREAKER_HALF_OPEN;
        else if (breaker->state == BREAKER_HALF_OPEN && exhausted &&
                 position_compare(&since, &breaker->since) <= 0)
            breakers_close(breakers, breaker);
    }
}

void
breakers_lower(struct breakers *breakers, struct position position)
{
    for (size_t i = 0; i < breakers->count; i++)
        if (position_compare(&position, &breakers->list[i].since) < 0)
            breakers->list[i].since = position;
}

void
breakers_forget_positions(struct breakers *breakers)
{
    breakers_lower(breakers, (struct position){.major = INT64_MIN});
}
