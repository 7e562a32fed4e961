// SPDX-License-Identifier: Apache-2.0
// The values of one configuration as they were given.
//
// Every value is kept with its origin, also one that is overridden: a mistake in the file is one
// even while a variable hides it. Texts live until config_free, so nobody copies them again.
#include "entry.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void *
config_keep(struct config *config, void *block)
{
    config->kept = xreallocarray(config->kept, config->kept_count + 1, sizeof(*config->kept));
    config->kept[config->kept_count++] = block;
    return block;
}

struct entry *
entry_add(struct config *config, const struct key *key, const char *name, const char *const *items,
          size_t count, const struct origin *origin)
{
    size_t n = config->count++;
    config->entries = xreallocarray(config->entries, config->count, sizeof(*config->entries));
    struct entry *entry = &config->entries[n];
    *entry = (struct entry){.key = key, .count = count, .null = count == 0, .origin = *origin};
    if (name != NULL)
        entry->name = config_keep(config, xstrdup(name));
    // One more than needed: nobody has to ask whether an empty list has a place.
    entry->items = config_keep(config, xcalloc(count + 1, sizeof(*entry->items)));
    for (size_t i = 0; i < count; i++)
        entry->items[i] = config_keep(config, xstrdup(items[i]));
    return entry;
}

struct entry *
entry_find(const struct config *config, const struct key *key, const char *name)
{
    // From the end: entries stand in order of precedence.
    for (size_t i = config->count; i > 0; i--) {
        struct entry *entry = &config->entries[i - 1];
        if (entry->key == key && str_equal(entry->name, name))
            return entry;
    }
    return NULL;
}

void
config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->kept_count; i++)
        free(config->kept[i]);
    free(config->kept);
    free(config->entries);
    free(config->properties);
    free(config);
}

const char *
environment_get(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    // "A=b" would be found in front of "A=b=c".
    if (strchr(name, '=') != NULL)
        return NULL;
    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}
