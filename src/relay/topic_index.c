// SPDX-License-Identifier: Apache-2.0
// Topics as small numbers.
//
// A hash table with open addressing that only grows: a place is taken once, by a compare and swap,
// and never given back. So lanes and readers need no lock, and a name can be kept by its pointer.
//
// Names come from rows, so a writer chooses them. Topics that Kafka never took a message of have a
// small share of their own: a thousand names that lead nowhere use up that share, and no number of
// a topic that is published to. A topic moves to the other share with its first acknowledgement.
#include "outrider/relay/topic_index.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { PLACES = TOPIC_INDEX_OTHER };

_Static_assert((PLACES & (PLACES - 1)) == 0 &&
                   PLACES > (int)TOPIC_INDEX_TOPICS + (int)TOPIC_INDEX_BLOCKED,
               "a power of two with room, so that every search ends at an empty place");

enum share { SHARE_BLOCKED, SHARE_PUBLISHED };

static const int most[] = {
    [SHARE_BLOCKED] = TOPIC_INDEX_BLOCKED,
    [SHARE_PUBLISHED] = TOPIC_INDEX_TOPICS,
};

static const char other[] = "other";

static _Atomic(char *) names[PLACES];
static atomic_bool published[PLACES]; // the name's share
static atomic_int taken[2];           // of each share

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
static size_t
hash(const char *topic)
{
    uint32_t hash = UINT32_C(2166136261);

    for (const unsigned char *p = (const unsigned char *)topic; *p != '\0'; p++)
        hash = (hash ^ *p) * UINT32_C(16777619);
    return hash % PLACES;
}

// One name more in the share; false when it is full.
static bool
reserve(enum share share)
{
    if (atomic_fetch_add(&taken[share], 1) < most[share])
        return true;
    atomic_fetch_sub(&taken[share], 1);
    return false;
}

// Puts the name into an empty place; false when another lane has taken it. *ret_full: the share has
// too many topics already.
static bool
take(size_t place, const char *topic, enum share share, bool *ret_full)
{
    char *none = NULL;
    bool no = false;

    *ret_full = !reserve(share);
    if (*ret_full)
        return false;
    char *name = xstrdup(topic);
    const bool first = atomic_compare_exchange_strong(&names[place], &none, name);
    if (!first)
        free(name);
    if (first &&
        (share == SHARE_BLOCKED || atomic_compare_exchange_strong(&published[place], &no, true)))
        return true;
    atomic_fetch_sub(&taken[share], 1);
    if (first) // a lane that met the name meanwhile has promoted it, from a share that it was not
               // in
        atomic_fetch_add(&taken[SHARE_BLOCKED], 1);
    return first;
}

// The first message of a topic that was only blocked before; false when its new share is full.
static bool
promote(size_t place)
{
    bool no = false;

    if (atomic_load(&published[place]))
        return true;
    if (!reserve(SHARE_PUBLISHED))
        return false;
    // The lane whose swap succeeds counts the topic.
    const bool first = atomic_compare_exchange_strong(&published[place], &no, true);
    atomic_fetch_sub(&taken[first ? SHARE_BLOCKED : SHARE_PUBLISHED], 1);
    return true;
}

static size_t
find_or_take(const char *topic, enum share share)
{
    size_t place = hash(topic);
    bool full = false;

    if (str_equal(topic, other)) // two samples of one label would spoil a scrape
        return TOPIC_INDEX_OTHER;
    for (;;) {
        const char *name = atomic_load(&names[place]);
        if (name != NULL && str_equal(name, topic))
            return share == SHARE_BLOCKED || promote(place) ? place : TOPIC_INDEX_OTHER;
        if (name != NULL)
            place = (place + 1) % PLACES;
        else if (take(place, topic, share, &full))
            return place;
        else if (full)
            return TOPIC_INDEX_OTHER;
    }
}

size_t
topic_index(const char *topic)
{
    return find_or_take(topic, SHARE_PUBLISHED);
}

size_t
topic_index_blocked(const char *topic)
{
    return find_or_take(topic, SHARE_BLOCKED);
}

bool
topic_index_find(const char *topic, size_t *ret_number)
{
    for (size_t place = hash(topic);; place = (place + 1) % PLACES) {
        const char *name = atomic_load(&names[place]);
        if (name == NULL)
            return false;
        if (!str_equal(name, topic))
            continue;
        *ret_number = place;
        return true;
    }
}

const char *
topic_index_name(size_t number)
{
    return number == TOPIC_INDEX_OTHER ? other : atomic_load(&names[number]);
}
