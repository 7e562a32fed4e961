// SPDX-License-Identifier: Apache-2.0
// What follows from the table of keys in words: names, what is allowed, what may have been meant.
//
// What is allowed is said in the same words in an error and in the reference, because both come
// from here.
#include "describe.h"

#include "outrider/base/xalloc.h"
#include "outrider/config/parse.h"
#include "outrider/model/columns.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Is this path one of that section's, at any depth?
static bool
is_below(const char *path, const char *section, size_t section_len)
{
    return strncmp(path, section, section_len) == 0 && path[section_len] == '.';
}

void
describe_path(struct text *out, const struct key *key, const char *name)
{
    text_append(out, key->path);
    if (name != NULL)
        text_appendf(out, ".%s", name);
}

void
describe_variable(struct text *out, const struct key *key, const char *name)
{
    text_append(out, "OUTRIDER_");
    // Only what is appended here changes, whatever stood before.
    size_t start = out->len;
    describe_path(out, key, name);
    for (char *p = out->data + start; *p != '\0'; p++)
        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
}

// The words of an enumeration, in the order of its values.
static void
append_words(struct text *out, const struct key *key)
{
    text_append(out, "one of ");
    for (size_t i = 0; i < key->word_count; i++)
        text_appendf(out, "%s%s", i > 0 ? ", " : "", key->words[i]);
}

// Bounds are printed with the largest unit that fits them, as a person would write them.
static void
append_durations(struct text *out, const struct key *key)
{
    text_append(out, "a duration from ");
    format_duration(out, key->least);
    text_append(out, " to ");
    format_duration(out, key->most);
}

static void
append_sizes(struct text *out, const struct key *key)
{
    text_append(out, "a size from ");
    format_size(out, key->least);
    text_append(out, " to ");
    format_size(out, key->most);
}

static void
append_list(struct text *out, const struct key *key)
{
    text_append(out, key->only_names ? "a list of names without scheme and port, at least one"
                                     : "a list of texts, at least one");
}

void
describe_allowed(struct text *out, const struct key *key)
{
    switch (key->type) {
    case KEY_STRING:
    case KEY_COLUMNS:
        text_appendf(out, "a text of %" PRId64 " to %" PRId64 " bytes", key->least, key->most);
        break;
    case KEY_DSN:
        text_append(out, "a libpq connection string or URI");
        break;
    case KEY_TABLE:
        text_append(out, "a table's name");
        break;
    case KEY_TOPIC:
        text_append(out, "a topic's name");
        break;
    case KEY_ADDRESS:
        text_append(out, "host:port, e.g. 127.0.0.1:8467, or null for none");
        break;
    case KEY_INT:
        text_appendf(out, "a whole number from %" PRId64 " to %" PRId64, key->least, key->most);
        break;
    case KEY_DURATION:
    case KEY_PERIOD:
        append_durations(out, key);
        break;
    case KEY_SIZE:
        append_sizes(out, key);
        break;
    case KEY_ENUM:
        append_words(out, key);
        break;
    case KEY_LIST:
        append_list(out, key);
        break;
    case KEY_TEMPLATE:
        text_append(out, "a template");
        break;
    case KEY_PROPERTIES:
        text_append(out, "what librdkafka takes");
        break;
    }
}

void
describe_units(struct text *out, const struct key *key)
{
    if (key->type == KEY_DURATION || key->type == KEY_PERIOD)
        text_append(out, ", a whole number with ms, s, m, h or d");
    else if (key->type == KEY_SIZE)
        text_append(out, ", a whole number with B, kB, KiB, MB, MiB, GB or GiB");
}

// A key of another section whose last part is the same word: the right name in the wrong place.
static const char *
find_leaf(const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *leaf = dot == NULL ? path : dot + 1;
    for (size_t i = 0; i < keys_count; i++) {
        const char *known = strrchr(keys_table[i].path, '.');
        if (known != NULL && str_equal(known + 1, leaf))
            return keys_table[i].path;
    }
    return NULL;
}

// Every key, and for a word without a dot every section.
static const char *
find_near(const char *path)
{
    AUTOFREE const char **names = xcalloc(keys_count + keys_section_count, sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < keys_section_count && strchr(path, '.') == NULL; i++)
        names[count++] = keys_sections[i].name;
    for (size_t i = 0; i < keys_count; i++)
        if (strchr(path, '.') == NULL || strchr(keys_table[i].path, '.') != NULL)
            names[count++] = keys_table[i].path;
    return nearest(path, names, count);
}

// The names one level below the section that `path` stands in, or at the top.
static void
append_siblings(struct text *out, const char *path)
{
    const char *dot = strrchr(path, '.');
    AUTOFREE char *section = xstrndup(path, dot == NULL ? 0 : (size_t)(dot - path));
    bool top = !keys_is_section(section);
    const char *separator = "known here: ";
    for (size_t i = 0; top && i < keys_section_count; i++, separator = ", ")
        text_appendf(out, "%s%s", separator, keys_sections[i].name);
    for (size_t i = 0; i < keys_count; i++) {
        const char *known = keys_table[i].path;
        bool at_top = strchr(known, '.') == NULL && !keys_is_map(&keys_table[i]);
        if (top ? !at_top : !is_below(known, section, strlen(section)))
            continue;
        text_appendf(out, "%s%s", separator, top ? known : known + strlen(section) + 1);
        separator = ", ";
    }
}

// For an unknown name under outbox.columns: the nearest, else all of them.
static void
append_columns(struct text *out, const char *word)
{
    const char *names[COLUMN_COUNT];
    for (int i = 0; i < COLUMN_COUNT; i++)
        names[i] = column_name((enum column)i);
    const char *near = nearest(word, names, COLUMN_COUNT);
    if (near != NULL)
        text_appendf(out, "did you mean outbox.columns.%s?", near);
    for (size_t i = 0; near == NULL && i < COLUMN_COUNT; i++)
        text_appendf(out, "%s%s", i > 0 ? ", " : "known here: ", names[i]);
}

void
describe_hint(struct text *out, const char *path)
{
    const char *name;
    const struct key *key = keys_find_entry(path, &name);
    if (key != NULL && key->type == KEY_COLUMNS && name != NULL && strchr(name, '.') == NULL) {
        append_columns(out, name);
        return;
    }
    // The right word in the wrong section is more likely than a word that looks like it.
    const char *near = find_leaf(path);
    if (near == NULL)
        near = find_near(path);
    // A path that is known, and yet is no key where it stands: "outbox.lanes: 2" on one line.
    if (key != NULL)
        text_append(out, "write it nested, a section's name on a line of its own");
    else if (near != NULL)
        text_appendf(out, "did you mean %s?", near);
    else
        append_siblings(out, path);
}
