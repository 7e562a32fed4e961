// SPDX-License-Identifier: Apache-2.0
//
// How often the same event may be logged.
//
// An outage of a night is one fact, and a table of poison rows is another: what every lane says of
// it at each try would only hide the rest of the log. Lanes share no lock, so each event is two
// atomics: the instant until which its lines are paid for (a line costs an interval, and a burst of
// them may be owed), and a count of those that nobody paid for.
// Source: the generic cell rate algorithm, ITU-T I.371, annex A, in its form of virtual scheduling.
#include "repeats.h"

#include "outrider/base/text.h"

#include <stdatomic.h>
#include <stddef.h>

#define INTERVAL_NS (REPEATS_INTERVAL_MS * INT64_C(1000000))
#define CREDIT_NS   ((REPEATS_BURST - 1) * INTERVAL_NS)

enum { EVENTS_MAX = 64 }; // that lanes log; more of them would not be limited

static struct repeat {
    _Atomic(const char *) event;
    _Atomic int64_t paid_until;
    _Atomic int64_t suppressed;
} repeats[EVENTS_MAX];

// By its text: the same literal has an address in each file that says it.
static struct repeat *
find(const char *event)
{
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        const char *known = NULL;
        if (atomic_compare_exchange_strong(&repeats[i].event, &known, event) ||
            str_equal(known, event))
            return &repeats[i];
    }
    return NULL;
}

// Is there a line that may be written now?
static bool
is_open(int64_t paid_until, int64_t now)
{
    return paid_until - now <= CREDIT_NS;
}

bool
repeats_admit(const char *event, struct mono now, int64_t *ret_suppressed)
{
    struct repeat *repeat = find(event);
    int64_t paid_until, next;

    *ret_suppressed = 0;
    if (repeat == NULL)
        return true;
    paid_until = atomic_load(&repeat->paid_until);
    do {
        if (!is_open(paid_until, now.ns)) {
            atomic_fetch_add(&repeat->suppressed, 1);
            return false;
        }
        next = (paid_until > now.ns ? paid_until : now.ns) + INTERVAL_NS;
    } while (!atomic_compare_exchange_weak(&repeat->paid_until, &paid_until, next));
    *ret_suppressed = atomic_exchange(&repeat->suppressed, 0);
    return true;
}

const char *
repeats_take(bool all, struct mono now, int64_t *ret_suppressed)
{
    for (size_t i = 0; i < EVENTS_MAX; i++) {
        struct repeat *repeat = &repeats[i];
        const int64_t paid_until = atomic_load(&repeat->paid_until);
        if (!all && !is_open(paid_until + INTERVAL_NS, now.ns))
            continue;
        *ret_suppressed = atomic_exchange(&repeat->suppressed, 0);
        if (*ret_suppressed > 0)
            return atomic_load(&repeat->event);
    }
    return NULL;
}
