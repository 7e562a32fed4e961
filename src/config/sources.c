// SPDX-License-Identifier: Apache-2.0
// Defaults, environment and -o as entries.
//
// The name of a variable is made from a path by rule, so there is nothing to keep in step. An
// unknown variable is no error: Kubernetes sets some of its own for every service
// (OUTRIDER_SERVICE_HOST for a service called outrider).
#include "load.h"

#include "describe.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"
#include "outrider/model/columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX          "OUTRIDER_"
#define CONFIG_VARIABLE "OUTRIDER_CONFIG"

// Variables with the prefix that are no keys: the file's name, the fault tests' hook
// (relay/fault_at.c), and the switch for core dumps (cli/core_dump.c).
static const char *const no_keys[] = {CONFIG_VARIABLE, "OUTRIDER_FAULT_AT", "OUTRIDER_ALLOW_CORE"};

void
load_add_text(const struct loading *loading, const struct key *key, const char *name,
              const char *text, const struct origin *origin)
{
    bool outside = origin->kind == ORIGIN_ENVIRONMENT || origin->kind == ORIGIN_OVERRIDE;
    bool nothing = key->fallback == NULL && (*text == '\0' || (outside && str_equal(text, "null")));
    size_t count = nothing && !keys_is_map(key) ? 0 : 1;
    entry_add(loading->config, key, name, &text, count, origin)->joined = key->type == KEY_LIST;
}

void
load_defaults(const struct loading *loading)
{
    struct origin origin = {.kind = ORIGIN_DEFAULT};
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        if (key->fallback != NULL)
            load_add_text(loading, key, NULL, key->fallback, &origin);
        else if (!keys_is_map(key))
            entry_add(loading->config, key, NULL, NULL, 0, &origin);
    }
}

// The key whose variable this is. For a map's entry *ret_name becomes its name, which the caller
// frees; it is NULL otherwise.
static const struct key *
find_variable(const char *variable, char **ret_name)
{
    *ret_name = NULL;
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        CLEANUP(text_free) struct text own = {0};
        describe_variable(&own, key, NULL);
        if (!keys_is_map(key) && str_equal(own.data, variable))
            return key;
        text_append_char(&own, '_');
        if (!keys_is_map(key) || !str_starts_with(variable, own.data) || !variable[own.len])
            continue;
        char *name = xstrdup(variable + own.len);
        for (char *p = name; *p != '\0'; p++)
            *p = *p == '_' && key->type == KEY_PROPERTIES ? '.' : (char)tolower((unsigned char)*p);
        enum column column;
        if (key->type != KEY_COLUMNS || column_parse(name, &column)) {
            *ret_name = name;
            return key;
        }
        free(name);
    }
    return NULL;
}

// For clean-up: the names and the array of them, which ends with NULL.
static void
free_names(char ***names)
{
    for (char **p = *names; p != NULL && *p != NULL; p++)
        free(*p);
    free(*names);
}

// The value is not shown: whatever is in the environment may be a secret.
static void
warn_unknown(const struct loading *loading, const char *variable)
{
    CLEANUP(free_names) char **names = xcalloc(keys_count + 2, sizeof(*names));
    size_t count = 0;
    names[count++] = xstrdup(CONFIG_VARIABLE);
    for (size_t i = 0; i < keys_count; i++) {
        struct text own = {0};
        describe_variable(&own, &keys_table[i], NULL);
        if (keys_is_map(&keys_table[i]))
            text_free(&own);
        else
            names[count++] = own.data;
    }
    const char *near = nearest(variable, (const char *const *)names, count);
    safe_append(loading->warnings, variable);
    text_append(loading->warnings, ": unknown variable, ignored");
    if (near != NULL)
        text_appendf(loading->warnings, "; did you mean %s?", near);
    text_append_char(loading->warnings, '\n');
}

// assignment: "NAME=value".
static void
load_variable(const struct loading *loading, const char *assignment)
{
    size_t len = strcspn(assignment, "=");
    char *variable = config_keep(loading->config, xstrndup(assignment, len));
    for (size_t i = 0; i < sizeof no_keys / sizeof no_keys[0]; i++)
        if (str_equal(variable, no_keys[i]))
            return;
    if (assignment[len] != '=')
        return;
    AUTOFREE char *name = NULL;
    const struct key *key = find_variable(variable, &name);
    struct origin origin = {.kind = ORIGIN_ENVIRONMENT, .name = variable};
    if (key == NULL)
        warn_unknown(loading, variable);
    else
        load_add_text(loading, key, name, assignment + len + 1, &origin);
}

// For qsort, by the whole assignment; names are unique in an environment.
static int
compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// In the order of their names, so that two runs say the same.
void
load_environment(const struct loading *loading)
{
    AUTOFREE const char **ours = NULL;
    size_t count = 0;
    for (char *const *p = loading->environment; p != NULL && *p != NULL; p++) {
        if (!str_starts_with(*p, PREFIX))
            continue;
        ours = xreallocarray(ours, count + 1, sizeof(*ours));
        ours[count++] = *p;
    }
    if (count > 1)
        qsort(ours, count, sizeof(*ours), compare);
    for (size_t i = 0; i < count; i++)
        load_variable(loading, ours[i]);
}

// The value is never shown here: a misspelt path may have a password behind it.
static void
load_override(const struct loading *loading, const char *override, int number)
{
    struct origin origin = {.kind = ORIGIN_OVERRIDE, .line = number};
    size_t len = strcspn(override, "=");
    AUTOFREE char *path = xstrndup(override, len);
    CLEANUP(text_free) struct text shown = {0}, hint = {0};
    problems_append_shown(&shown, path);
    const char *name;
    const struct key *key = keys_find_entry(path, &name);
    enum column column;
    if (key != NULL && key->type == KEY_COLUMNS && name != NULL && !column_parse(name, &column))
        key = NULL;
    if (override[len] != '=' || len == 0) {
        problems_add(loading->problems, &origin, NULL,
                     "not a path and a value; allowed: path=value");
    } else if (keys_is_section(path) || (key != NULL && keys_is_map(key) && name == NULL)) {
        problems_add(loading->problems, &origin, text_str(&shown),
                     "not a single value; allowed: one at a time, as %s.NAME=VALUE", path);
    } else if (key == NULL) {
        describe_hint(&hint, path);
        problems_add(loading->problems, &origin, text_str(&shown), "unknown key; %s",
                     text_str(&hint));
    } else {
        load_add_text(loading, key, name, override + len + 1, &origin);
    }
}

void
load_overrides(const struct loading *loading, const char *const *overrides, size_t count)
{
    for (size_t i = 0; i < count; i++)
        load_override(loading, overrides[i], (int)i + 1);
}
