// SPDX-License-Identifier: Apache-2.0
// Reads a configuration: sources to entries, entries to settings, settings against each other.
//
// Each stage goes to its end whatever it finds, so that one run tells everything that is wrong.
// The settings point into the config's memory; it is freed with them.
#include "outrider/config/settings.h"

#include "entry.h"
#include "load.h"
#include "relations.h"
#include "settle.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>

bool
config_load(const struct config_sources *sources, struct settings *ret_settings,
            struct text *errors, struct text *warnings)
{
    struct settings settings = {.origin = xcalloc(1, sizeof(struct config))};
    CLEANUP(problems_free) struct problems problems = {0};
    struct loading loading = {.config = settings.origin,
                              .problems = &problems,
                              .warnings = warnings,
                              .environment = sources->environment};
    // Lowest precedence first: the last entry of a key is the one that counts.
    load_defaults(&loading);
    load_file(&loading, sources->file);
    load_environment(&loading);
    load_overrides(&loading, sources->overrides, sources->override_count);
    settle_all(&loading, &settings);
    relations_check(&loading, &settings);

    if (problems.count > 0) {
        problems_report(&problems, errors);
        settings_free(&settings);
        return false;
    }
    *ret_settings = settings;
    return true;
}

void
settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    template_free(&settings->relay.envelope.topic);
    config_free(settings->origin);
    *settings = (struct settings){0};
}

bool
settings_given(const struct settings *settings, const char *path)
{
    const struct entry *entry = entry_find(settings->origin, keys_find(path), NULL);
    return entry != NULL && entry->origin.kind != ORIGIN_DEFAULT;
}
