// SPDX-License-Identifier: Apache-2.0
// The effective configuration as YAML.
//
// It reads back to the same values, whatever they hold; so a mask is written where a value may
// stand, and a value that would be taken for a reference is written as the reference it came from.
// Producer defaults that may not be configured, or follow from another key, are shown as comments.
#include "outrider/config/settings.h"

#include "describe.h"
#include "entry.h"
#include "mask.h"
#include "quote.h"
#include "reference.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <string.h>

#define COMMENT_COLUMN 44

struct printer {
    const struct settings *settings;
    FILE *out;
    const char *section; // the one that is open
    size_t section_len;
};

// Comments stand in one column, but for lines that are longer.
static void
print_line(FILE *out, const char *line, const char *comment)
{
    safe_print_line(out, "%-*s  # %s", COMMENT_COLUMN, line, comment);
}

// The place without its column, and the reference if it is one.
static void
append_comment(struct text *out, const struct entry *entry)
{
    if (entry->origin.kind == ORIGIN_FILE)
        text_appendf(out, "%s:%d", entry->origin.name, entry->origin.line);
    else
        origin_append(out, &entry->origin);
    if (entry->reference != NULL)
        text_appendf(out, ", %s", entry->reference);
}

// Would the text, written as a value, be taken for a reference or refused as half of one?
static bool
reads_as_reference(const struct entry *entry, const char *text)
{
    struct error err;
    return entry->reference != NULL &&
           (reference_is(text) ||
            !reference_check_literal(text, entry->key->type == KEY_TEMPLATE, &err));
}

// The only place where a value is printed: what may hold a secret is masked here.
static void
append_value(struct text *out, const struct entry *entry)
{
    const char *text = entry->items[0];
    if (reads_as_reference(entry, text)) {
        quote_append(out, entry->reference);
    } else if (entry->key->type == KEY_DSN) {
        AUTOFREE char *masked = mask_dsn(text);
        quote_append(out, masked);
    } else if (entry->key->type == KEY_PROPERTIES && producer_property_secret(entry->name)) {
        quote_append(out, MASK);
    } else {
        quote_append(out, text);
    }
}

static void
append_list(struct text *out, const struct entry *entry)
{
    text_append_char(out, '[');
    for (size_t i = 0; i < entry->count; i++) {
        text_append(out, i > 0 ? ", " : "");
        quote_append_item(out, entry->items[i]);
    }
    text_append_char(out, ']');
}

// name: the key's last part, or a map's entry with its own indentation.
static void
print_entry(const struct printer *printer, int indent, const char *name, const struct entry *entry)
{
    CLEANUP(text_free) struct text line = {0}, comment = {0};
    text_appendf(&line, "%*s", indent, "");
    quote_append(&line, name);
    text_append(&line, ": ");
    if (entry->null)
        text_append(&line, "null");
    else if (entry->key->type == KEY_LIST)
        append_list(&line, entry);
    else
        append_value(&line, entry);
    append_comment(&comment, entry);
    print_line(printer->out, line.data, text_str(&comment));
}

// Those that are mapped; the others have outrider's own names.
static void
print_columns(const struct printer *printer, const struct key *key)
{
    size_t given = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const char *name = column_name((enum column)i);
        const struct entry *entry = entry_find(printer->settings->origin, key, name);
        if (entry == NULL)
            continue;
        if (given++ == 0)
            fputs("  columns:\n", printer->out);
        print_entry(printer, 4, name, entry);
    }
    if (given == 0)
        print_line(printer->out, "  columns: {}", "default");
}

// librdkafka's second names for properties that have a default here.
static const struct {
    const char *name, *alias;
} aliases[] = {
    {"bootstrap.servers", "metadata.broker.list"},
    {"acks", "request.required.acks"},
    {"linger.ms", "queue.buffering.max.ms"},
};

static bool
is_given_by_alias(const struct printer *printer, const struct key *key, const char *name)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
        if (str_equal(aliases[i].name, name) &&
            entry_find(printer->settings->origin, key, aliases[i].alias) != NULL)
            return true;
    return false;
}

// A default that nobody overrides. The client's name follows the application's as long as it is
// not given, so it is only told.
static void
print_default_property(const struct printer *printer, const struct property *property)
{
    CLEANUP(text_free) struct text line = {0};
    struct error err;
    const char *comment = "default", *value = property->value;
    if (str_equal(property->name, "client.id")) {
        comment = "database.application_name";
        value = printer->settings->producer.client_id;
    } else if (!producer_check_property(property->name, value, &err)) {
        comment = "fixed";
    }
    bool is_value = str_equal(comment, "default");
    text_appendf(&line, "  %s%s: ", is_value ? "" : "# ", property->name);
    quote_append(&line, value);
    print_line(printer->out, line.data, comment);
}

// Does the producer have a default for the property?
static bool
is_default(const char *name)
{
    size_t count;
    const struct property *defaults = producer_defaults(&count);
    for (size_t i = 0; i < count; i++)
        if (str_equal(defaults[i].name, name))
            return true;
    return false;
}

// Those that have a default come first, whether they are given or not.
static void
print_properties(const struct printer *printer, const struct key *key)
{
    const struct config *config = printer->settings->origin;
    size_t count;
    const struct property *defaults = producer_defaults(&count);
    fputs("kafka:\n", printer->out);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = entry_find(config, key, defaults[i].name);
        if (entry != NULL)
            print_entry(printer, 2, defaults[i].name, entry);
        else if (!is_given_by_alias(printer, key, defaults[i].name))
            print_default_property(printer, &defaults[i]);
    }
    for (size_t i = 0; i < printer->settings->producer.count; i++) {
        const char *name = printer->settings->producer.properties[i].name;
        if (!is_default(name))
            print_entry(printer, 2, name, entry_find(config, key, name));
    }
}

// The section's own line when the key is the first of it; true when it stands in one.
static bool
open_section(struct printer *printer, const char *path)
{
    const char *dot = strchr(path, '.');
    if (dot == NULL)
        return false;
    size_t len = (size_t)(dot - path);
    if (printer->section == NULL || len != printer->section_len ||
        strncmp(printer->section, path, len) != 0)
        fprintf(printer->out, "%.*s:\n", (int)len, path);
    printer->section = path;
    printer->section_len = len;
    return true;
}

void
config_print(const struct settings *settings, FILE *out)
{
    struct printer printer = {.settings = settings, .out = out};
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        bool nested = open_section(&printer, key->path);
        if (key->type == KEY_COLUMNS)
            print_columns(&printer, key);
        else if (key->type == KEY_PROPERTIES)
            print_properties(&printer, key);
        else
            print_entry(&printer, nested ? 2 : 0,
                        key->path + (nested ? printer.section_len + 1 : 0),
                        entry_find(settings->origin, key, NULL));
    }
}
