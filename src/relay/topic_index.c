// SPDX-License-Identifier: Apache-2.0
// Topics as small numbers.
//
// A hash table with open addressing that only grows: a place is taken once, by a compare and swap,
// and never given back. So lanes and readers need no lock, and a name can be kept by its pointer.
#include "outrider/relay/topic_index.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { PLACES = TOPIC_INDEX_OTHER };

_Static_assert((PLACES & (PLACES - 1)) == 0 && PLACES > (int)TOPIC_INDEX_TOPICS,
               "a power of two with room, so that every search ends at an empty place");

static _Atomic(char *) names[PLACES];
static atomic_int taken;

// FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
static size_t
hash(const char *topic)
{
    uint32_t hash = UINT32_C(2166136261);

    for (const unsigned char *p = (const unsigned char *)topic; *p != '\0'; p++)
        hash = (hash ^ *p) * UINT32_C(16777619);
    return hash % PLACES;
}

// Puts the name into an empty place; false when somebody else was faster. *ret_full: there are too
// many topics already.
static bool
take(size_t place, const char *topic, bool *ret_full)
{
    char *none = NULL, *name = NULL;

    *ret_full = atomic_fetch_add(&taken, 1) >= TOPIC_INDEX_TOPICS;
    if (!*ret_full) {
        name = xstrdup(topic);
        if (atomic_compare_exchange_strong(&names[place], &none, name))
            return true;
    }
    free(name);
    atomic_fetch_sub(&taken, 1);
    return false;
}

size_t
topic_index(const char *topic)
{
    size_t place = hash(topic);
    bool full = false;

    for (;;) {
        const char *name = atomic_load(&names[place]);
        if (name != NULL && str_equal(name, topic))
            return place;
        if (name != NULL)
            place = (place + 1) % PLACES;
        else if (take(place, topic, &full))
            return place;
        else if (full)
            return TOPIC_INDEX_OTHER;
    }
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
    return number == TOPIC_INDEX_OTHER ? "other" : atomic_load(&names[number]);
}
