// SPDX-License-Identifier: Apache-2.0
// The reference of every key, and a file that holds them all, from the table of keys.
//
// Both are kept in the repository as they are printed here (docs/configuration.md and
// config/outrider.yaml), and lint compares them.
#include "outrider/config/settings.h"

#include "describe.h"
#include "entry.h"
#include "quote.h"

#include <inttypes.h>
#include <string.h>

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "outrider reads one YAML file: the one that `-c FILE` names, else `$OUTRIDER_CONFIG`, else\n"
    "`/etc/outrider/outrider.yaml`. The last may be absent, a file that is named may not.\n"
    "\n"
    "- **Precedence**: `-o path=value`, then the environment, then the file, then the default.\n"
    "- **Environment**: every key has a variable, see below. An unknown `OUTRIDER_` variable only\n"
    "  warns. A list is written with commas, `null` or nothing is null.\n"
    "- **References**: a value may be, as a whole, `${env:NAME}`, `${file:/path}` (one line break\n"
    "  at the end is dropped) or `${cred:name}` (a systemd credential). A secret in `-o` must be\n"
    "  one, because everybody can list the arguments of processes. A file, the configuration\n"
    "  itself too, is a regular one of at most 1 MiB, or a pipe that is written within 5 s.\n"
    "- **Durations** are whole numbers with `ms`, `s`, `m`, `h` or `d`; **sizes** with `B`, `kB`,\n"
    "  `KiB`, `MB`, `MiB`, `GB` or `GiB`.\n"
    "- **Errors**: everything that is wrong is reported in one run, as\n"
    "  `file:line:column: path: what is wrong; what is allowed`, and the exit code is 78.\n"
    "- **Secrets** (a DSN's passwords, Kafka's passwords, keys and tokens) are never shown:\n"
    "  `outrider config print` has `***` in their place.\n"
    "\n"
    "`outrider config print` shows each effective value with its origin, as a file that can be\n"
    "read again. `outrider config keys` prints this page, `outrider config keys --yaml` a file "
    "with\n"
    "every key and its default.\n";

// The kafka section is one key of its own name.
static bool
in_section(const struct key *key, const char *section)
{
    size_t len = strlen(section);
    return strncmp(key->path, section, len) == 0 &&
           (key->path[len] == '.' || key->path[len] == '\0');
}

static bool
in_no_section(const struct key *key)
{
    return strchr(key->path, '.') == NULL && !keys_is_map(key);
}

// One row of a section's table; a map's row stands for all its entries.
static void
print_row(const struct key *key, FILE *out)
{
    CLEANUP(text_free) struct text allowed = {0}, variable = {0}, path = {0};
    bool map = keys_is_map(key);
    describe_path(&path, key, NULL);
    describe_variable(&variable, key, NULL);
    describe_allowed(&allowed, key);
    fprintf(out, "| `%s%s` | %s | ", path.data, map ? ".*" : "", allowed.data);
    if (map)
        fputs("none", out);
    else if (key->fallback == NULL)
        fputs("null", out);
    else
        fprintf(out, "`%s`", key->fallback);
    fprintf(out, " | `%s%s` | %s |\n", variable.data, map ? "_*" : "", key->doc);
}

static void
print_head(const char *title, const char *doc, FILE *out)
{
    fprintf(out, "\n## %s\n\n%s\n\n", title, doc);
    fputs("| key | allowed | default | variable | meaning |\n|---|---|---|---|---|\n", out);
}

// What outrider sets over librdkafka's own defaults.
static void
print_producer_defaults(FILE *out)
{
    size_t count;
    const struct property *defaults = producer_defaults(&count);
    fputs("\nDefaults that differ from librdkafka's own:\n\n", out);
    for (size_t i = 0; i < count; i++) {
        struct error err;
        bool may_be_set = producer_check_property(defaults[i].name, defaults[i].value, &err);
        fprintf(out, "- `%s`: `%s`%s\n", defaults[i].name, defaults[i].value,
                may_be_set ? "" : " (fixed)");
    }
    fputs("\nAll properties are in librdkafka's CONFIGURATION.md; those marked P or * apply. In a\n"
          "variable's name each `.` is a `_`: `OUTRIDER_KAFKA_SASL_USERNAME` is `sasl.username`.\n",
          out);
}

static void
print_columns(FILE *out)
{
    fputs("\nThe names that `outbox.columns` maps:", out);
    for (int i = 0; i < COLUMN_COUNT; i++)
        fprintf(out, "%s `%s`", i > 0 ? "," : "", column_name((enum column)i));
    fputs(".\n", out);
}

// What a reload does, by key: one row for each way.
static void
print_reload(FILE *out)
{
    static const char *const ways[RELOADS] = {
        [RELOAD_LANES] = "the lanes finish their batches in hand and start anew",
        [RELOAD_AT_ONCE] = "taken at once; the lanes go on",
    };

    fputs("\n## Changing a key while it runs\n\n"
          "On SIGHUP `outrider run` reads the configuration again. What the log says then is in\n"
          "[running.md](running.md#changing-the-configuration).\n\n"
          "| what a change does | keys |\n|---|---|\n",
          out);
    for (enum key_reload way = 0; way < RELOADS; way++) {
        const char *before = "";
        fprintf(out, "| %s | ", ways[way]);
        for (size_t i = 0; i < keys_count; i++) {
            const struct key *key = &keys_table[i];
            if (key->reload != way)
                continue;
            fprintf(out, "%s`%s%s`", before, key->path, keys_is_map(key) ? ".*" : "");
            before = ", ";
        }
        fputs(" |\n", out);
    }
    fputs("\nNot taken is what the file says of a key that the environment or `-o` decides: both "
          "are\n"
          "as they were when the process started.\n",
          out);
}

void
config_print_keys(FILE *out)
{
    fputs(introduction, out);
    for (size_t s = 0; s < keys_section_count; s++) {
        const char *section = keys_sections[s].name;
        print_head(section, keys_sections[s].doc, out);
        for (size_t i = 0; i < keys_count; i++)
            if (in_section(&keys_table[i], section))
                print_row(&keys_table[i], out);
        if (str_equal(section, "outbox"))
            print_columns(out);
        if (str_equal(section, "kafka"))
            print_producer_defaults(out);
    }
    print_head("The process", "Keys that stand at the top.", out);
    for (size_t i = 0; i < keys_count; i++)
        if (in_no_section(&keys_table[i]))
            print_row(&keys_table[i], out);
    print_reload(out);
}

// The default as YAML.
static void
print_example_value(const struct key *key, FILE *out)
{
    CLEANUP(text_free) struct text value = {0};
    if (key->type == KEY_COLUMNS)
        text_append(&value, "{}");
    else if (key->fallback == NULL)
        text_append(&value, "null");
    else if (key->type == KEY_LIST)
        text_append_char(&value, '[');
    if (key->fallback != NULL && key->type == KEY_LIST) {
        quote_append_item(&value, key->fallback);
        text_append_char(&value, ']');
    } else if (key->fallback != NULL) {
        quote_append(&value, key->fallback);
    }
    fputs(value.data, out);
}

// Comment and line of one key.
static void
print_example_key(const struct key *key, const char *indent, FILE *out)
{
    const char *dot = strchr(key->path, '.');
    fprintf(out, "%s# %s\n", indent, key->doc);
    fprintf(out, "%s%s: ", indent, dot != NULL ? dot + 1 : key->path);
    print_example_value(key, out);
    fputc('\n', out);
}

// Those that may be set; client.id follows from application_name as long as it is not.
static void
print_example_properties(FILE *out)
{
    size_t count;
    const struct property *defaults = producer_defaults(&count);
    for (size_t i = 0; i < count; i++) {
        struct error err;
        if (!producer_check_property(defaults[i].name, defaults[i].value, &err) ||
            str_equal(defaults[i].name, "client.id"))
            continue;
        CLEANUP(text_free) struct text value = {0};
        quote_append(&value, defaults[i].value);
        fprintf(out, "  %s: %s\n", defaults[i].name, value.data);
    }
}

void
config_print_example(FILE *out)
{
    fputs("# Every key of outrider with its default, printed by \"outrider config keys --yaml\".\n"
          "# What a key may hold is in docs/configuration.md.\n",
          out);
    for (size_t s = 0; s < keys_section_count; s++) {
        fprintf(out, "\n# %s\n%s:\n", keys_sections[s].doc, keys_sections[s].name);
        for (size_t i = 0; i < keys_count; i++)
            if (in_section(&keys_table[i], keys_sections[s].name) &&
                keys_table[i].type != KEY_PROPERTIES)
                print_example_key(&keys_table[i], "  ", out);
        if (str_equal(keys_sections[s].name, "kafka"))
            print_example_properties(out);
    }
    for (size_t i = 0; i < keys_count; i++)
        if (in_no_section(&keys_table[i])) {
            fputc('\n', out);
            print_example_key(&keys_table[i], "", out);
        }
}
