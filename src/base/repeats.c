// SPDX-License-Identifier: Apache-2.0
//
// How often the same event may be logged for the same cause.
//
// An outage of a night is one fact, and a table of poison rows is another: what every lane says of
// it at each try would only hide the rest of the log. Another code is another fact, whose first
// line must not be hidden by those before it. Lanes share no lock, so each limit is two atomics:
// the instant until which its lines are paid for (a line costs an interval, and a burst of them may
// be owed), and a count of those that nobody paid for. A limit that was given to a code stays that
// code's: the codes that find none left share the event's own.
// Source: the generic cell rate algorithm, ITU-T I.371, annex A, in its form of virtual scheduling.
#include "repeats.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#define INTERVAL_NS (REPEATS_INTERVAL_MS * INT64_C(1000000))
#define CREDIT_NS   ((REPEATS_BURST - 1) * INTERVAL_NS)

enum { EVENTS_MAX = 64 }; // that lanes log; more of them would not be limited

struct limit {
    _Atomic(const char *) code; // owned
    _Atomic int64_t paid_until;
    _Atomic int64_t suppressed;
};

static struct repeat {
    _Atomic(const char *) event;
    struct limit own; // of lines without a code, and with codes that have no limit of theirs
    struct limit by_code[REPEATS_CODES];
} repeats[EVENTS_MAX];

// By its text: the same literal has an address in each file that says it.
static struct repeat *
find_event(const char *event)
{
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        const char *known = NULL;
        if (atomic_compare_exchange_strong(&repeats[i].event, &known, event) ||
            str_equal(known, event))
            return &repeats[i];
    }
    return NULL;
}

// Gives the limit to the code, unless a code has it already. Returns the code that has it.
static const char *
give(struct limit *limit, const char *code)
{
    const char *known = atomic_load(&limit->code);

    if (known != NULL)
        return known;
    char *copy = xstrdup(code);
    if (atomic_compare_exchange_strong(&limit->code, &known, copy))
        return copy;
    free(copy);
    return known;
}

static struct limit *
find_limit(struct repeat *repeat, const char *code)
{
    for (size_t i = 0; i < REPEATS_CODES && code != NULL; i++)
        if (str_equal(give(&repeat->by_code[i], code), code))
            return &repeat->by_code[i];
    return &repeat->own;
}

// Is there a line that may be written now?
static bool
is_open(int64_t paid_until, int64_t now)
{
    return paid_until - now <= CREDIT_NS;
}

bool
repeats_admit(const char *event, const char *code, struct mono now, int64_t *ret_suppressed)
{
    struct repeat *repeat = find_event(event);
    int64_t paid_until, next;

    *ret_suppressed = 0;
    if (repeat == NULL)
        return true;
    struct limit *limit = find_limit(repeat, code);
    paid_until = atomic_load(&limit->paid_until);
    do {
        if (!is_open(paid_until, now.ns)) {
            atomic_fetch_add(&limit->suppressed, 1);
            return false;
        }
        next = (paid_until > now.ns ? paid_until : now.ns) + INTERVAL_NS;
    } while (!atomic_compare_exchange_weak(&limit->paid_until, &paid_until, next));
    *ret_suppressed = atomic_exchange(&limit->suppressed, 0);
    return true;
}

// Those suppressed that no line counts; 0: there are none, or a line may still come.
static int64_t
take(struct limit *limit, bool all, struct mono now)
{
    const int64_t paid_until = atomic_load(&limit->paid_until);

    if (!all && !is_open(paid_until + INTERVAL_NS, now.ns))
        return 0;
    return atomic_exchange(&limit->suppressed, 0);
}

bool
repeats_take(bool all, struct mono now, struct suppressed *ret)
{
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        struct repeat *repeat = &repeats[i];
        for (size_t k = 0; k <= REPEATS_CODES; k++) {
            struct limit *limit = k < REPEATS_CODES ? &repeat->by_code[k] : &repeat->own;
            const int64_t count = take(limit, all, now);
            *ret =
                (struct suppressed){atomic_load(&repeat->event), atomic_load(&limit->code), count};
            if (count > 0)
                return true;
        }
    }
    return false;
}
