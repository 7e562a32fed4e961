// SPDX-License-Identifier: Apache-2.0
//
// Which files hold the configuration's secrets.
//
// A value that another source overrides still stands in its file, so every entry counts. What
// ${cred:} names is not asked about: the service manager keeps it.
#include "entry.h"
#include "mask.h"
#include "reference.h"

#include "outrider/base/xalloc.h"
#include "outrider/config/settings.h"

#include <stdlib.h>
#include <string.h>

// Properties of librdkafka's that name a file with a secret.
static const char *const secret_paths[] = {
    "ssl.key.location",
    "ssl.keystore.location",
    "sasl.kerberos.keytab",
};

bool
entry_is_secret(const struct entry *entry)
{
    if (entry->count == 0)
        return false;
    if (entry->key->type == KEY_PROPERTIES)
        return producer_property_secret(entry->name);
    return entry->key->type == KEY_DSN && mask_needed(entry->items[0]);
}

static bool
names_secret_file(const struct entry *entry)
{
    if (entry->key->type != KEY_PROPERTIES || entry->count == 0)
        return false;
    for (size_t i = 0; i < sizeof(secret_paths) / sizeof(secret_paths[0]); i++)
        if (str_equal(entry->name, secret_paths[i]))
            return true;
    return false;
}

// "${file:/path}" without what is around the path; NULL: another reference. Caller frees.
static char *
path_of(const char *reference)
{
    const size_t prefix = strlen("${file:");
    if (!str_starts_with(reference, "${file:"))
        return NULL;
    return xstrndup(reference + prefix, strlen(reference) - prefix - 1);
}

// The file that this entry's secret stands in; NULL: in none, or none that is asked about.
static char *
file_of(const struct entry *entry)
{
    if (names_secret_file(entry))
        return xstrdup(entry->items[0]);
    if (!entry_is_secret(entry))
        return NULL;
    if (entry->reference != NULL)
        return path_of(entry->reference);
    return entry->origin.kind == ORIGIN_FILE ? xstrdup(entry->origin.name) : NULL;
}

char *
settings_secret_file(const struct settings *settings, size_t i)
{
    for (size_t e = 0; e < settings->origin->count; e++) {
        char *path = file_of(&settings->origin->entries[e]);
        if (path != NULL && i-- == 0)
            return path;
        free(path);
    }
    return NULL;
}
