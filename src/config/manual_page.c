// SPDX-License-Identifier: Apache-2.0
//
// What outrider.yaml(5) says of each key, and the keys' names for a shell.
//
// A page is read in a terminal, where the table of docs/configuration.md would not fit: each key is
// a paragraph of its own.
#include "outrider/config/settings.h"

#include "describe.h"
#include "entry.h"

#include "outrider/base/scdoc.h"

#include <string.h>

static bool
in_section(const struct key *key, const char *section)
{
    const size_t len = strlen(section);
    return strncmp(key->path, section, len) == 0 &&
           (key->path[len] == '.' || key->path[len] == '\0');
}

static void
print_key(const struct key *key, FILE *out)
{
    CLEANUP(text_free) struct text allowed = {0}, variable = {0};
    const bool map = keys_is_map(key);
    describe_variable(&variable, key, NULL);
    describe_allowed(&allowed, key);
    fputs("\n*", out);
    scdoc_text(out, key->path, 0);
    fputs(map ? ".*_NAME_\n\t" : "*\n\t", out);
    scdoc_text(out, key->doc, 1);
    fputs("\n\n\t", out);
    scdoc_text(out, allowed.data, 1);
    if (!map) {
        fputs("; default: ", out);
        scdoc_text(out, key->fallback != NULL ? key->fallback : "null", 1);
    }
    fputs("++\n", out);
    scdoc_text(out, variable.data, 1);
    fputs(map ? "\\_NAME\n" : "\n", out);
}

// What outrider sets over librdkafka's own defaults.
static void
print_properties(FILE *out)
{
    size_t count;
    const struct property *defaults = producer_defaults(&count);
    fputs("\nDefaults that differ from librdkafka\'s own:\n\n", out);
    for (size_t i = 0; i < count; i++) {
        struct error err;
        fputs("- *", out);
        scdoc_text(out, defaults[i].name, 0);
        fputs("*: ", out);
        scdoc_text(out, defaults[i].value, 0);
        fputs(producer_check_property(defaults[i].name, defaults[i].value, &err) ? "\n"
                                                                                 : " (fixed)\n",
              out);
    }
}

void
config_print_scdoc(FILE *out)
{
    for (size_t s = 0; s < keys_section_count; s++) {
        fprintf(out, "## %s\n\n", keys_sections[s].name);
        scdoc_text(out, keys_sections[s].doc, 0);
        fputc('\n', out);
        for (size_t i = 0; i < keys_count; i++)
            if (in_section(&keys_table[i], keys_sections[s].name))
                print_key(&keys_table[i], out);
        if (str_equal(keys_sections[s].name, "kafka"))
            print_properties(out);
        fputc('\n', out);
    }
    fputs("## At the top\n", out);
    for (size_t i = 0; i < keys_count; i++)
        if (strchr(keys_table[i].path, '.') == NULL && !keys_is_map(&keys_table[i]))
            print_key(&keys_table[i], out);
}

bool
config_key_stem(size_t i, struct text *out)
{
    if (i >= keys_count)
        return false;
    text_appendf(out, "%s%s", keys_table[i].path, keys_is_map(&keys_table[i]) ? "." : "=");
    return true;
}
