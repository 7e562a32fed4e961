// SPDX-License-Identifier: Apache-2.0
//
// What is in the database: the table, its columns, its version, and this role's rights.
//
// One row says it all, also when there is no table: then it is about the schema in which the table
// would be made.
#include "facts.h"

#include "phrases.h"
#include "sql.h"

#include "outrider/base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The columns of facts.sql.
enum fact {
    FACT_SCHEMA,
    FACT_EXISTS,
    FACT_KIND,
    FACT_PARTITION,
    FACT_OWNER_NAME,
    FACT_OWNER,
    FACT_MAY_CREATE,
    FACT_MAY_USE_TEMPORARY,
    FACT_MADE,
    FACT_HAS_VERSION_TABLE,
    FACT_ROLE,
    FACT_DATABASE,
    FACT_SERVER_VERSION,
    FACT_PID,
    FACT_HAS_INBOX,
    FACT_VERSION_TABLE_IS_OURS,
    FACT_SEQUENCE_HOLDER,
};

void
facts_clear(struct facts *facts)
{
    for (size_t i = 0; i < facts->made_column_count; i++)
        free(facts->made_columns[i]);
    free(facts->saved_options);
    free(facts->sequence_holder);
    *facts = (struct facts){0};
}

// A query of the SQL files, filled in.
static bool
query(struct context *context, const char *sql, struct session_result **ret_result,
      struct error *err)
{
    AUTOFREE char *expanded = context_expand(context, NULL, NULL, sql);
    return session_run(context->session, expanded, NULL, 0, ANSWER_MS, ret_result, err);
}

static bool
is_true(const struct session_result *result, size_t row, size_t column)
{
    return str_equal(session_value(result, row, column), "t");
}

static int
number(const struct session_result *result, size_t row, size_t column)
{
    const char *value = session_value(result, row, column);
    return value == NULL ? 0 : (int)strtol(value, NULL, 10);
}

// A name of PostgreSQL's fits by its own limit; NULL becomes "".
static void
copy_name(char out[static IDENTIFIER_SIZE], const struct session_result *result, size_t column)
{
    const char *value = session_value(result, 0, column);
    snprintf(out, IDENTIFIER_SIZE, "%s", value == NULL ? "" : value);
}

// The row of facts.sql.
static void
note_facts(struct facts *facts, const struct session_result *result)
{
    const char *kind = session_value(result, 0, FACT_KIND);
    const char *holder = session_value(result, 0, FACT_SEQUENCE_HOLDER);

    facts->exists = is_true(result, 0, FACT_EXISTS);
    facts->kind = kind == NULL ? '\0' : kind[0];
    facts->partition = is_true(result, 0, FACT_PARTITION);
    facts->owner = is_true(result, 0, FACT_OWNER);
    facts->may_create = is_true(result, 0, FACT_MAY_CREATE);
    facts->may_use_temporary = is_true(result, 0, FACT_MAY_USE_TEMPORARY);
    facts->made = is_true(result, 0, FACT_MADE);
    facts->has_version_table = is_true(result, 0, FACT_HAS_VERSION_TABLE);
    facts->has_inbox = is_true(result, 0, FACT_HAS_INBOX);
    facts->may_drop_version_table =
        !facts->exists && is_true(result, 0, FACT_VERSION_TABLE_IS_OURS);
    facts->sequence_holder = holder == NULL ? NULL : xstrdup(holder);
    facts->server_version = number(result, 0, FACT_SERVER_VERSION);
    facts->pid = number(result, 0, FACT_PID);
    copy_name(facts->owner_name, result, FACT_OWNER_NAME);
    copy_name(facts->role, result, FACT_ROLE);
    copy_name(facts->database, result, FACT_DATABASE);
}

// Without a table that of the one that version 1 makes.
static bool
read_aggregate_form(struct context *context, struct error *err)
{
    struct session_result *result;

    if (!query(context, sql_schema_aggregate_form, &result, err))
        return false;
    const char *form = session_rows(result) > 0 ? session_value(result, 0, 0) : "text";
    context->facts.aggregate_form = str_equal(form, "value")    ? AGGREGATE_VALUE
                                    : str_equal(form, "digits") ? AGGREGATE_DIGITS
                                                                : AGGREGATE_TEXT;
    session_result_free(result);
    return true;
}

bool
facts_read_table(struct context *context, struct error *err)
{
    struct session_result *result;
    struct names *names = &context->names;

    facts_clear(&context->facts);
    if (!query(context, sql_schema_facts, &result, err) ||
        !session_expect(&result, "TbTBTBBbbBttllbBT", 1, err))
        return false;
    const char *schema = session_value(result, 0, FACT_SCHEMA);
    bool found = schema != NULL;
    if (!found)
        error_set(err, FAULT_CLUSTER, "TABLE", "there is no schema %s%s%s in database \"%s\"",
                  names->schema == NULL ? "of the search path" : "\"",
                  names->schema == NULL ? "" : names->schema, names->schema == NULL ? "" : "\"",
                  session_value(result, 0, FACT_DATABASE));
    else if (names->schema == NULL)
        names->schema = xstrdup(schema);
    if (found)
        note_facts(&context->facts, result);
    session_result_free(result);
    return found && read_aggregate_form(context, err);
}

// The columns that are outrider's to remove.
static bool
read_made_columns(struct context *context, struct error *err)
{
    struct session_result *result;
    struct facts *facts = &context->facts;

    if (!query(context, sql_schema_made_columns, &result, err) ||
        !session_expect(&result, "t", 0, err))
        return false;
    for (size_t row = 0; row < session_rows(result) && row < NEW_COLUMNS; row++)
        facts->made_columns[facts->made_column_count++] = xstrdup(session_value(result, row, 0));
    session_result_free(result);
    return true;
}

bool
facts_read_version(struct context *context, struct error *err)
{
    struct session_result *result;
    struct facts *facts = &context->facts;

    facts->version = facts->exists ? 1 : 0;
    facts->slots = 1;
    if (!facts->has_version_table || !facts->exists)
        return true;
    if (!query(context, sql_schema_version, &result, err))
        return error_prefix(err, "reading the table's version");
    if (!session_expect(&result, "lTl", 0, err))
        return false;
    facts->has_version_table = session_rows(result) > 0;
    facts->has_empty_version_table = !facts->has_version_table;
    if (facts->has_version_table) {
        const char *options = session_value(result, 0, 1);
        facts->version = number(result, 0, 0);
        facts->saved_options = options == NULL ? NULL : xstrdup(options);
        facts->slots = number(result, 0, 2);
    }
    session_result_free(result);
    if (facts->version > SCHEMA_LATEST)
        return error_set(err, FAULT_CLUSTER, "NEWER",
                         "the table has version %d, this outrider knows %d; use a newer one",
                         facts->version, SCHEMA_LATEST);
    return read_made_columns(context, err);
}

bool
facts_read_numbers(struct context *context, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, NULL, NULL, sql_schema_highest_number);
    struct session_result *result;

    if (!context->facts.has_seq || context->facts.seq_is_drawn)
        return true;
    if (!session_run(context->session, sql, NULL, 0, LONG_ANSWER_MS, &result, err))
        return error_prefix(err, "looking for numbers from before");
    if (!session_expect(&result, "L", 1, err))
        return false;
    const char *highest = session_value(result, 0, 0);
    if (highest != NULL && strtoll(highest, NULL, 10) > 0)
        context->first_number = strtoll(highest, NULL, 10) + 1 + ROOM_FOR_OLD_ROWS;
    session_result_free(result);
    phrases_set(context);
    return true;
}
