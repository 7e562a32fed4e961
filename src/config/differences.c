// SPDX-License-Identifier: Apache-2.0
// What distinguishes two configurations that were read one after the other.
//
// By what is in force: the text of each value behind its reference, whichever source it came from.
// Paths are told and values are not, so that a rotated password shows as a change and as no more.
#include "outrider/config/settings.h"

#include "describe.h"
#include "entry.h"

// The entry that counts for the same path, NULL when it has no value.
static const struct entry *
counterpart(const struct config *config, const struct entry *entry)
{
    const struct entry *found = entry_find(config, entry->key, entry->name);
    return found != NULL && !found->ignored ? found : NULL;
}

static bool
same_value(const struct entry *a, const struct entry *b)
{
    if (a->null != b->null || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

static void
append_path(struct text *out, const struct entry *entry)
{
    CLEANUP(text_free) struct text path = {0};
    describe_path(&path, entry->key, entry->name);
    text_append(out, out->len > 0 ? ", " : "");
    problems_append_shown(out, text_str(&path));
}

// Appends the paths of `these` that `others` has not, or that are in `others` and differ, as
// `absent` says. True when lanes have to do with one of them.
static bool
append_paths(struct text *out, const struct config *these, const struct config *others, bool absent)
{
    bool lanes = false;

    for (size_t i = 0; i < these->count; i++) {
        const struct entry *entry = &these->entries[i];
        if (counterpart(these, entry) != entry)
            continue;
        const struct entry *other = counterpart(others, entry);
        if (absent ? other != NULL : other == NULL || same_value(entry, other))
            continue;
        append_path(out, entry);
        lanes |= entry->key->reload == RELOAD_LANES;
    }
    return lanes;
}

bool
settings_append_differences(struct text *out, const struct settings *before,
                            const struct settings *after)
{
    const bool changed = append_paths(out, after->origin, before->origin, false);
    const bool added = append_paths(out, after->origin, before->origin, true);
    const bool removed = append_paths(out, before->origin, after->origin, true);
    return changed || added || removed;
}

// The file's own value for the same path; NULL: it has none.
static const struct entry *
in_file(const struct config *config, const struct entry *like)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct entry *entry = &config->entries[i];
        if (entry->origin.kind == ORIGIN_FILE && entry->key == like->key &&
            str_equal(entry->name, like->name))
            return entry;
    }
    return NULL;
}

void
settings_append_shadowed(struct text *out, const struct settings *before,
                         const struct settings *after)
{
    for (size_t i = 0; i < after->origin->count; i++) {
        const struct entry *entry = &after->origin->entries[i];
        if (entry->origin.kind != ORIGIN_FILE || counterpart(after->origin, entry) == entry)
            continue;
        const struct entry *then = in_file(before->origin, entry);
        if (then == NULL || !same_value(then, entry))
            append_path(out, entry);
    }
}
