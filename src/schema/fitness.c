// SPDX-License-Identifier: Apache-2.0
//
// Whether a command can do what it is asked to.
//
// Everything is judged before the first change, so that a table of the wrong kind or a missing
// right ends a command with a name, and not with half a version.
#include "fitness.h"

#include "sql.h"

#include "outrider/base/xalloc.h"
#include "outrider/store/column_kind.h"
#include "outrider/store/column_type.h"

#include <stdio.h>
#include <stdlib.h>

enum { OLDEST_SERVER = 140000 }; // client_connection_check_interval

// pg_class.relkind of what cannot be served.
static const struct {
    char kind;
    const char *name;
} wrong_kinds[] = {
    {'p', "a partitioned table"},
    {'v', "a view"},
    {'m', "a materialized view"},
    {'f', "a foreign table"},
    {'S', "a sequence"},
    {'i', "an index"},
    {'I', "an index"},
    {'c', "a type"},
};

static bool
check_kind(const struct context *context, const char *table, struct error *err)
{
    for (size_t i = 0; i < sizeof wrong_kinds / sizeof wrong_kinds[0]; i++)
        if (wrong_kinds[i].kind == context->facts.kind)
            return error_set(err, FAULT_CLUSTER, "TABLE",
                             "%s is %s; outrider's versions need an ordinary table", table,
                             wrong_kinds[i].name);
    if (context->facts.partition)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "%s is a partition; outrider's versions need a table of its own", table);
    return true;
}

// Row of the result with that column, or the number of rows.
static size_t
find_column(const struct session_result *columns, const char *name)
{
    size_t row = 0;
    while (row < session_rows(columns) && !str_equal(session_value(columns, row, 0), name))
        row++;
    return row;
}

// The column is there, and of the right type: can it be written, and emptied?
static bool
check_kind_of_column(const struct context *context, const struct session_result *columns,
                     size_t row, enum column column, struct error *err)
{
    const bool not_null = str_equal(session_value(columns, row, 5), "t");
    struct column_defect defect;

    if (!column_find_defect(column, not_null, *session_value(columns, row, 6), &defect))
        return true;
    AUTOFREE char *table = names_relation(&context->names, NULL);
    AUTOFREE char *name = sql_identifier(context->names.columns[column]);
    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "column %s of table %s %s; ALTER TABLE %s ALTER COLUMN %s %s, or map another "
                     "name: outbox.columns.%s",
                     name, table, defect.why, table, name, defect.alter, column_name(column));
}

// One column, against what the table has.
static bool
check_column(const struct context *context, const struct session_result *columns,
             enum column column, struct error *err)
{
    const char *name = context->names.columns[column];
    const size_t row = find_column(columns, name);

    if (row == session_rows(columns)) {
        if (column_since(column) > 1) // to be added
            return true;
        return column_missing(column, context->names.table, name, err);
    }
    if (!column_type_fits(column, (uint32_t)strtoul(session_value(columns, row, 4), NULL, 10)))
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "column \"%s\" of table \"%s\" is of type %s, outrider needs %s%s", name,
                         context->names.table, session_value(columns, row, 1),
                         column_type_wanted(column),
                         column_since(column) > 1 ? "; map another name under outbox.columns" : "");
    if (column == COLUMN_SEQ && str_equal(session_value(columns, row, 2), "t"))
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "column \"%s\" of table \"%s\" is filled by the application; map another "
                         "name: outbox.columns.seq",
                         name, context->names.table);
    return check_kind_of_column(context, columns, row, column, err);
}

// All columns up to version `to`; and whether seq draws from outrider's sequence.
static bool
check_columns(struct context *context, int to, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, NULL, NULL, sql_schema_columns);
    struct session_result *columns;
    bool fit = true;

    if (!session_run(context->session, sql, NULL, 0, ANSWER_MS, &columns, err) ||
        !session_expect(&columns, "ttbblbt", 0, err))
        return false;
    for (enum column column = 0; fit && column < COLUMN_COUNT; column++)
        fit = column_since(column) > to || check_column(context, columns, column, err);
    const size_t seq = find_column(columns, context->names.columns[COLUMN_SEQ]);
    context->facts.has_seq = seq < session_rows(columns);
    context->facts.seq_is_drawn =
        context->facts.has_seq && str_equal(session_value(columns, seq, 3), "t");
    session_result_free(columns);
    return fit;
}

// The names of the indexes that are to be made up to version `to` are not another table's.
static bool
check_index_names(struct context *context, int to, struct error *err)
{
    char version[16];
    const struct placeholder own = {"version", version, false};

    snprintf(version, sizeof version, "%d", to);
    AUTOFREE char *sql = context_expand_with(context, NULL, &own, 1, sql_schema_foreign_index);
    struct session_result *taken;

    if (!session_run(context->session, sql, NULL, 0, ANSWER_MS, &taken, err) ||
        !session_expect(&taken, "tT", 0, err))
        return false;
    const bool unused = session_rows(taken) == 0;
    if (!unused) {
        const char *index = session_value(taken, 0, 0), *table = session_value(taken, 0, 1);
        error_set(
            err, FAULT_CLUSTER, "FOREIGN",
            "the name %s is taken%s%s: an index that is to be made needs it; drop or rename what "
            "has it, then run this again",
            index, table == NULL ? "" : " by an index of ", table == NULL ? "" : table);
    }
    session_result_free(taken);
    return unused;
}

// There is no table: what lies beside it is not another's. A revert has nothing to go back to.
static bool
check_absence(const struct context *context, const char *table, int to, struct error *err)
{
    const struct facts *facts = &context->facts;
    AUTOFREE char *version_table = names_relation(&context->names, "_outrider");
    AUTOFREE char *sequence = names_relation(&context->names, "_outrider_seq");

    if (facts->sequence_holder != NULL)
        return error_set(
            err, FAULT_CLUSTER, "TABLE",
            "there is no table %s, and the sequence of its name, %s, is that of %s: it "
            "was renamed; rename its sequence and its version table %s with it",
            table, sequence, facts->sequence_holder, version_table);
    if (!facts->has_version_table || (to > 0 && facts->may_drop_version_table))
        return true;
    if (facts->may_drop_version_table)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "%s is gone, but its version table %s is still there; drop that, or let "
                         "`outrider schema apply` make both anew",
                         table, version_table);
    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "there is no table %s, and outrider did not make what has the name of its "
                     "version table, %s; drop or rename that",
                     table, version_table);
}

bool
fitness_check_table(struct context *context, int to, struct error *err)
{
    AUTOFREE char *table = names_relation(&context->names, NULL);

    if (context->facts.server_version < OLDEST_SERVER)
        return error_set(err, FAULT_CLUSTER, "SERVER",
                         "PostgreSQL 14 or newer is needed, this one is %d",
                         context->facts.server_version / 10000);
    if (!context->facts.exists)
        return check_absence(context, table, to, err) && check_index_names(context, to, err);
    return check_kind(context, table, err) && check_columns(context, to, err) &&
           check_index_names(context, to, err);
}

// The row of inbox_fitness.sql.
static bool
judge_inbox(const struct context *context, const struct session_result *row, bool with_enqueue,
            struct error *err)
{
    const char *function = session_value(row, 0, 0), *missing = session_value(row, 0, 1);
    const char *unfilled = session_value(row, 0, 2);

    if (function != NULL)
        return error_set(err, FAULT_CLUSTER, "FOREIGN",
                         "there is a function %s that outrider did not make; rename it to make "
                         "room for outrider's",
                         function);
    if (missing != NULL)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "the table inbox_messages has no column \"%s\"; an inbox has consumer, "
                         "message_id and received_at",
                         missing);
    if (with_enqueue && unfilled != NULL)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "column \"%s\" of table \"%s\" is NOT NULL and has no default, so the "
                         "enqueue function could not leave it out; give it a default",
                         unfilled, context->names.table);
    return true;
}

bool
fitness_check_inbox(struct context *context, bool with_enqueue, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, NULL, NULL, sql_schema_inbox_fitness);
    struct session_result *row;

    if (!session_run(context->session, sql, NULL, 0, ANSWER_MS, &row, err) ||
        !session_expect(&row, "TTT", 1, err))
        return false;
    bool fit = judge_inbox(context, row, with_enqueue, err);
    session_result_free(row);
    return fit;
}

static bool
lacks(struct error *err, const struct facts *facts, const char *what)
{
    return error_set(err, FAULT_CLUSTER, "RIGHTS", "role \"%s\" %s", facts->role, what);
}

bool
fitness_check_rights(const struct context *context, struct error *err)
{
    const struct facts *facts = &context->facts;
    AUTOFREE char *table = names_relation(&context->names, NULL);
    // The sequence and the version table are made in the table's schema, the numbers' list in a
    // temporary table.
    struct text what __attribute__((cleanup(text_free))) = {0};

    if (facts->exists && !facts->owner)
        text_appendf(&what, "does not own %s and is no member of its owner \"%s\"", table,
                     facts->owner_name);
    else if (!facts->may_create)
        text_appendf(&what, "needs the right CREATE on schema \"%s\"", context->names.schema);
    else if (!facts->may_use_temporary)
        text_appendf(&what, "needs the right TEMPORARY on database \"%s\"", facts->database);
    return what.len == 0 || lacks(err, facts, what.data);
}

bool
fitness_check_connection(const struct context *context, struct error *err)
{
    if (session_server_pid(context->session) == context->facts.pid)
        return true;
    return error_set(err, FAULT_CLUSTER, "POOLER",
                     "the connection goes through a pooler, behind which locks of a session mean "
                     "nothing; set database.direct_dsn to one without");
}
