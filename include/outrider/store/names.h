// SPDX-License-Identifier: Apache-2.0
// Identifiers for SQL: the table's parsed and quoted name, quoted columns, and the expansion of the
// {placeholders} in the SQL files.
#ifndef OUTRIDER_STORE_NAMES_H
#define OUTRIDER_STORE_NAMES_H

#include "outrider/base/error.h"
#include "outrider/model/columns.h"
#include "outrider/model/template.h"

#include <stdbool.h>
#include <stddef.h>

struct names {
    char *schema;                // as given, unquoted; NULL: found by search_path
    char *table;                 // unquoted
    char *columns[COLUMN_COUNT]; // unquoted
};

// table: "name" or "schema.name", each part bare (case kept) or in double quotes. columns: NULL
// entries mean outrider's own name.
bool names_init(struct names *names, const char *table, const char *const columns[COLUMN_COUNT],
                struct error *err) __attribute__((warn_unused_result));
void names_free(struct names *names);

// "quoted" identifier; '' literal (standard_conforming_strings, E'' when a backslash is in it).
// Caller frees.
char *sql_identifier(const char *name);
char *sql_literal(const char *text);

// {"a","b"}: an array of texts as PostgreSQL reads it. Caller frees.
char *sql_array(const char *const *texts, size_t count);

// Quoted, schema-qualified when the schema was given. `suffix` is added to the table's own name
// (NULL: none) and the whole is cut to PostgreSQL's 63 bytes with a hash, so that two long names
// stay two. Caller frees.
char *names_relation(const struct names *names, const char *suffix);
// The same name unquoted and without its schema, e.g. for an index to be created.
char *names_derived(const struct names *names, const char *suffix);

// A row's topic as an expression over the row `o`, as template_render renders it, in the collation
// "C". A column's part of it is cut where no topic can be that long: no row's text makes it fail.
// Caller frees.
char *names_topic(const struct names *names, const struct template *topic);

// A table without a version table whose rows outrider's `sequence` numbers (NULL: none does) is a
// copy of one of version 2, and no table of version 1: its dead would be sent. Error code "TABLE".
bool names_check_unversioned(const struct names *names, const char *sequence,
                             struct error *err) MUST_CHECK;

// The error of a version table that has no row: the same state as none. Returns false.
bool names_without_version(const struct names *names, struct error *err);

struct placeholder {
    const char *name;
    const char *text;
    bool fragment; // the text is SQL of ours and may hold placeholders itself; a name never does
};

// Replaces each {name} by its text, the columns by their quoted names ({id}, {aggregate_id}, …),
// and {table} by the quoted table. An unknown placeholder is a bug of ours and aborts. Caller
// frees.
char *names_expand(const struct names *names, const char *sql,
                   const struct placeholder *placeholders, size_t count);

#endif
