// SPDX-License-Identifier: Apache-2.0
// Identifiers for SQL.
//
// Nothing of the configuration reaches a statement but through the quoting here: identifiers are
// always quoted, so case is kept and no name is a keyword. Quoting an identifier or a standard
// string needs no connection (PostgreSQL's manual, "Lexical Structure"), so `schema print` works
// without one.
#include "outrider/store/names.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/store.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { IDENTIFIER_BYTES = 63 }; // NAMEDATALEN - 1

// Reads one part of a name, bare up to the next dot or in double quotes with "" for a quote.
static bool
parse_part(const char **cursor, struct text *ret_part)
{
    const char *p = *cursor;

    if (*p != '"') {
        size_t length = strcspn(p, ".\"");
        text_append_bytes(ret_part, p, length);
        *cursor = p + length;
        return length > 0;
    }
    for (p++; *p; p++) {
        if (*p == '"' && *++p != '"') {
            *cursor = p;
            return ret_part->len > 0;
        }
        text_append_bytes(ret_part, p, 1);
    }
    return false; // the quote was never closed
}

static bool
parse_table(const char *table, struct text *ret_schema, struct text *ret_table)
{
    const char *cursor = table;

    if (!parse_part(&cursor, ret_table))
        return false;
    if (*cursor == '.') {
        *ret_schema = *ret_table;
        *ret_table = (struct text){0};
        cursor++;
        if (!parse_part(&cursor, ret_table))
            return false;
    }
    return *cursor == '\0' && ret_table->len <= IDENTIFIER_BYTES &&
           ret_schema->len <= IDENTIFIER_BYTES;
}

bool
names_init(struct names *names, const char *table, const char *const columns[COLUMN_COUNT],
           struct error *err)
{
    struct text schema_part __attribute__((cleanup(text_free))) = {0};
    struct text table_part __attribute__((cleanup(text_free))) = {0};

    if (!parse_table(table, &schema_part, &table_part))
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "\"%s\" is not a table name; allowed: table, schema.table, and either "
                         "part in double quotes when it holds a dot, each at most 63 bytes",
                         table);
    names->schema = schema_part.len ? xstrdup(schema_part.data) : NULL;
    names->table = xstrdup(table_part.data);
    for (int i = 0; i < COLUMN_COUNT; i++)
        names->columns[i] = xstrdup(columns[i] ? columns[i] : column_name((enum column)i));
    return true;
}

void
names_free(struct names *names)
{
    free(names->schema);
    free(names->table);
    for (int i = 0; i < COLUMN_COUNT; i++)
        free(names->columns[i]);
    *names = (struct names){0};
}

bool
store_check_table(const char *table, struct error *err)
{
    static const char *const own_names[COLUMN_COUNT];
    struct names names;

    if (!names_init(&names, table, own_names, err))
        return false;
    names_free(&names);
    return true;
}

static void
append_quoted(struct text *out, const char *name, char quote)
{
    text_append_char(out, quote);
    for (; *name; name++) {
        if (*name == quote)
            text_append_char(out, quote);
        text_append_char(out, *name);
    }
    text_append_char(out, quote);
}

char *
sql_identifier(const char *name)
{
    struct text out = {0};

    append_quoted(&out, name, '"');
    return out.data;
}

char *
sql_literal(const char *text)
{
    struct text doubled __attribute__((cleanup(text_free))) = {0};
    struct text out = {0};

    if (strchr(text, '\\')) { // right whether standard_conforming_strings is on or off
        for (const char *p = text; *p; p++)
            text_append_bytes(&doubled, *p == '\\' ? "\\\\" : p, *p == '\\' ? 2 : 1);
        text_append(&out, " E");
    }
    append_quoted(&out, doubled.len ? doubled.data : text, '\'');
    return out.data;
}

char *
sql_array(const char *const *texts, size_t count)
{
    struct text out = {0};

    text_append_char(&out, '{');
    for (size_t i = 0; i < count; i++) {
        text_append(&out, i > 0 ? ",\"" : "\"");
        for (const char *p = texts[i]; *p; p++) {
            if (*p == '"' || *p == '\\')
                text_append_char(&out, '\\');
            text_append_char(&out, *p);
        }
        text_append_char(&out, '"');
    }
    text_append_char(&out, '}');
    return out.data;
}

// A topic has at most 249 characters: a part that was cut is one too long for any topic all the
// same, so the expression equals a topic that Kafka takes exactly when the whole text does. And "C"
// tells names apart as Kafka does, whatever the columns' own collations hold for equal.
char *
names_topic(const struct names *names, const struct template *topic)
{
    struct text out = {0};

    text_append(&out, "(");
    for (size_t i = 0; i < topic->count; i++) {
        const struct template_part *part = &topic->parts[i];
        AUTOFREE char *quoted = part->literal ? sql_literal(part->literal)
                                              : sql_identifier(names->columns[part->column]);
        text_appendf(&out, part->literal ? "%s%s" : "%scoalesce(left(o.%s::text, 250), '')",
                     i > 0 ? " || " : "", quoted);
    }
    text_append(&out, ") COLLATE \"C\"");
    return out.data;
}

// FNV-1a, to tell two names apart that were cut to the same bytes.
static uint32_t
hash(const char *name)
{
    uint32_t value = 2166136261U;

    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * 16777619U;
    return value;
}

char *
names_derived(const struct names *names, const char *suffix)
{
    struct text out = {0};
    size_t suffix_bytes = suffix ? strlen(suffix) : 0;
    size_t room = IDENTIFIER_BYTES - suffix_bytes;
    size_t length = strlen(names->table);

    if (length <= room) {
        text_appendf(&out, "%s%s", names->table, suffix ? suffix : "");
    } else {
        size_t kept = room - 9; // "_" and eight hex digits
        while (kept > 0 && ((unsigned char)names->table[kept] & 0xC0) == 0x80)
            kept--; // not inside a UTF-8 sequence
        text_appendf(&out, "%.*s_%08x%s", (int)kept, names->table, hash(names->table), suffix);
    }
    return out.data;
}

char *
names_relation(const struct names *names, const char *suffix)
{
    AUTOFREE char *derived = names_derived(names, suffix);
    struct text out = {0};

    if (names->schema) {
        append_quoted(&out, names->schema, '"');
        text_append_char(&out, '.');
    }
    append_quoted(&out, derived, '"');
    return out.data;
}

bool
names_check_unversioned(const struct names *names, const char *sequence, struct error *err)
{
    AUTOFREE char *own = names_derived(names, "_outrider_seq");
    AUTOFREE char *version_table = names_derived(names, "_outrider");

    if (sequence == NULL)
        return true;
    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "table \"%s\" is at version 2, and its version table \"%s\" is missing, as in "
                     "a copy that was restored without it; so that its dead rows are not sent "
                     "again, run `outrider schema apply`, which makes it anew (the sequence of its "
                     "numbers, %s, has to be named \"%s\" for that)",
                     names->table, version_table, sequence, own);
}

bool
names_without_version(const struct names *names, struct error *err)
{
    AUTOFREE char *version_table = names_derived(names, "_outrider");

    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "table \"%s\" has a version table \"%s\" without its row, as TRUNCATE or a "
                     "restored dump of definitions leaves it; so that its dead rows are not sent "
                     "again, run `outrider schema apply`, which writes the row anew",
                     names->table, version_table);
}

// The text behind a {name}: the caller's, a column, or the table. Caller frees.
static char *
lookup(const struct names *names, const char *name, const struct placeholder *placeholders,
       size_t count)
{
    enum column column;

    for (size_t i = 0; i < count; i++)
        if (strcmp(placeholders[i].name, name) == 0)
            return placeholders[i].fragment
                       ? names_expand(names, placeholders[i].text, placeholders, count)
                       : xstrdup(placeholders[i].text);
    if (column_parse(name, &column))
        return sql_identifier(names->columns[column]);
    if (strcmp(name, "table") == 0)
        return names_relation(names, NULL);
    abort(); // an SQL file names something that nobody gave
}

char *
names_expand(const struct names *names, const char *sql, const struct placeholder *placeholders,
             size_t count)
{
    struct text out = {0};

    text_append(&out, "");
    while (*sql) {
        size_t plain = strcspn(sql, "{");
        size_t word =
            sql[plain] ? strspn(sql + plain + 1, "abcdefghijklmnopqrstuvwxyz_0123456789") : 0;
        text_append_bytes(&out, sql, plain);
        sql += plain;
        if (word == 0 || sql[word + 1] != '}') { // a brace of SQL's own, such as in '{}'
            text_append_bytes(&out, sql, *sql ? 1 : 0);
            sql += *sql ? 1 : 0;
            continue;
        }
        AUTOFREE char *name = xstrndup(sql + 1, word);
        AUTOFREE char *text = lookup(names, name, placeholders, count);
        text_append(&out, text);
        sql += word + 2;
    }
    return out.data;
}
