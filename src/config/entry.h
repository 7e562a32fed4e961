// SPDX-License-Identifier: Apache-2.0
// The values of one configuration as they were given, and what one run of reading passes around.
#ifndef OUTRIDER_CONFIG_ENTRY_H
#define OUTRIDER_CONFIG_ENTRY_H

#include "keys.h"
#include "problems.h"

#include "outrider/base/text.h"
#include "outrider/broker/producer.h"

#include <stdbool.h>
#include <stddef.h>

// The variable is released by the function when it goes out of scope.
#define CLEANUP(function) __attribute__((cleanup(function)))

// One value from one source.
struct entry {
    const struct key *key;
    const char *name;   // of a map's entry: a column or a property; else NULL
    const char **items; // one, or a list's; references already followed once it is settled
    size_t count;
    bool null;
    bool joined;           // a list as one text, separated by commas, until it is settled
    bool bad;              // a problem was found in it
    bool ignored;          // a variable that turned out to be unknown
    const char *reference; // as written, when the value was a reference; else NULL
    struct origin origin;
};

// Owns every text that entries and settings point to.
struct config {
    struct entry *entries; // in order of precedence, lowest first
    size_t count;
    struct property *properties; // of the producer settings
    void **kept;
    size_t kept_count;
};

struct loading {
    struct config *config;
    struct problems *problems;
    struct text *warnings;
    char *const *environment;
};

// The new entry; it is null when there are no items. name may be NULL; texts are copied,
// origin->name is borrowed. Valid until the next is added.
struct entry *entry_add(struct config *config, const struct key *key, const char *name,
                        const char *const *items, size_t count, const struct origin *origin);

// The entry that counts, which is the one added last; NULL when there is none.
struct entry *entry_find(const struct config *config, const struct key *key, const char *name);

// Would the value, as it stands, give something away?
bool entry_is_secret(const struct entry *entry);

// Takes ownership of a malloc'ed block and returns it.
void *config_keep(struct config *config, void *block);
void config_free(struct config *config);

// The variable's value, NULL when it is not set.
const char *environment_get(char *const *environment, const char *name);

#endif
