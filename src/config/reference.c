// SPDX-License-Identifier: Apache-2.0
// Values that stand somewhere else: ${env:NAME}, ${file:/path}, ${cred:name}.
//
// A reference is a whole value, never a part of one: text pasted into the middle of a URI would
// need escaping that depends on what is around it. What a reference stands for is taken as it is
// and not looked at for references again, so any text can be given this way.
//
// Errors name the reference, never what stands around or behind it.
#include "reference.h"

#include "entry.h"
#include "slurp.h"
#include "utf8.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define ALLOWED "allowed: ${env:NAME}, ${file:/path} or ${cred:name} as the whole value"

typedef bool follow(const char *name, char *const *environment, char **ret_text, struct error *err);

static bool
follow_env(const char *name, char *const *environment, char **ret_text, struct error *err)
{
    const char *value = environment_get(environment, name);
    if (value == NULL)
        return error_set(err, FAULT_CLUSTER, "REFERENCE", "the variable %s is not set", name);
    *ret_text = xstrdup(value);
    return true;
}

// One line break at the end belongs to the file, not to the value.
static void
strip_line_break(char *text, size_t len)
{
    if (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    if (len > 0 && text[len - 1] == '\r')
        text[--len] = '\0';
}

// The file's text, for ${file:} and ${cred:} alike.
static bool
follow_path(const char *path, char **ret_text, struct error *err)
{
    char *text = NULL;
    size_t len = 0;
    if (!slurp_file(path, &text, &len, err))
        return error_prefix(err, "%s", path);
    if (strlen(text) != len) {
        free(text);
        return error_set(err, FAULT_CLUSTER, "REFERENCE", "%s: holds a NUL character", path);
    }
    strip_line_break(text, len);
    *ret_text = text;
    return true;
}

static bool
follow_file(const char *path, char *const *environment, char **ret_text, struct error *err)
{
    (void)environment;
    if (*path != '/')
        return error_set(err, FAULT_CLUSTER, "REFERENCE", "the path does not begin with /");
    return follow_path(path, ret_text, err);
}

// A name, not a path: the credentials are one folder, and nothing outside it is meant.
static bool
follow_cred(const char *name, char *const *environment, char **ret_text, struct error *err)
{
    const char *directory = environment_get(environment, "CREDENTIALS_DIRECTORY");
    if (directory == NULL)
        return error_set(err, FAULT_CLUSTER, "REFERENCE",
                         "the service manager gave no credentials "
                         "($CREDENTIALS_DIRECTORY is not set; see LoadCredential=)");
    if (strchr(name, '/') != NULL || name[0] == '.')
        return error_set(err, FAULT_CLUSTER, "REFERENCE", "not a credential's name");
    struct text path = {0};
    text_appendf(&path, "%s/%s", directory, name);
    bool ok = follow_path(path.data, ret_text, err);
    text_free(&path);
    return ok;
}

// What can stand behind "${"; adding a kind of reference is adding a row.
static const struct scheme {
    const char *prefix;
    follow *follow;
} schemes[] = {
    {"${env:", follow_env},
    {"${file:", follow_file},
    {"${cred:", follow_cred},
};
#define SCHEME_COUNT (sizeof(schemes) / sizeof(schemes[0]))

// By the prefix alone; the rest may be broken.
static const struct scheme *
find_scheme(const char *text)
{
    for (size_t i = 0; i < SCHEME_COUNT; i++)
        if (str_starts_with(text, schemes[i].prefix))
            return &schemes[i];
    return NULL;
}

// Something between the braces, and the only '}' at the end.
bool
reference_is(const char *text)
{
    const struct scheme *scheme = find_scheme(text);
    const char *close = strchr(text, '}');
    return scheme != NULL && close != NULL && close[1] == '\0' &&
           close > text + strlen(scheme->prefix);
}

bool
reference_follow(const char *text, char *const *environment, char **ret_text, struct error *err)
{
    const struct scheme *scheme = find_scheme(text);
    const char *name = text + strlen(scheme->prefix);
    AUTOFREE char *inside = xstrndup(name, strlen(name) - 1);
    char *value = NULL;
    if (!scheme->follow(inside, environment, &value, err))
        return error_prefix(err, "%s", text);
    if (!utf8_valid(value)) {
        free(value);
        return error_set(err, FAULT_CLUSTER, "REFERENCE", "%s: is not UTF-8 text", text);
    }
    *ret_text = value;
    return true;
}

bool
reference_check_literal(const char *text, bool is_template, struct error *err)
{
    for (const char *p = strstr(text, "${"); p != NULL; p = strstr(p + 2, "${")) {
        bool known = find_scheme(p) != NULL;
        if (is_template && !known)
            continue;
        if (known && p == text && p[strcspn(p, "}")] == '\0')
            return error_set(err, FAULT_CLUSTER, "REFERENCE",
                             "a reference without \"}\"; " ALLOWED);
        if (known)
            return error_set(err, FAULT_CLUSTER, "REFERENCE",
                             "a reference inside a longer value, or an empty one; " ALLOWED);
        return error_set(err, FAULT_CLUSTER, "REFERENCE",
                         "\"${\" begins no reference that is known; " ALLOWED);
    }
    return true;
}
