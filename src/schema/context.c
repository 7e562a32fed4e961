// SPDX-License-Identifier: Apache-2.0
//
// The connection, the names, and the filling in of statements (what with: phrases.c).
//
// The table's name may be given without a schema. It is looked up once, by the search path, and
// from then on written with the schema it was found in, so that what is made beside it cannot land
// elsewhere.
#include "context.h"

#include "facts.h"
#include "phrases.h"
#include "sql.h"

#include "outrider/base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
context_refresh(struct context *context, struct error *err)
{
    if (!facts_read_table(context, err))
        return false;
    phrases_set(context); // the schema and the owner are known now
    if (!facts_read_version(context, err))
        return false;
    phrases_set(context); // and what a revert would restore
    return true;
}

// A client that is stopped inside a transaction loses it after the time a writer may have to wait.
static bool
prepare_session(struct context *context, struct error *err)
{
    char lock_timeout[16], idle_timeout[16];
    const int lock_timeout_ms = context->settings->lock_timeout_ms;
    const char *const values[] = {lock_timeout, idle_timeout};

    snprintf(lock_timeout, sizeof lock_timeout, "%d", lock_timeout_ms);
    snprintf(idle_timeout, sizeof idle_timeout, "%d",
             lock_timeout_ms < 1000 ? 1000 : lock_timeout_ms);
    return session_run(context->session, sql_schema_settings, values, 2, ANSWER_MS, NULL, err);
}

// A bare name means the table that the role's own search_path finds, or the schema that it makes
// things in; the session's own path is another.
static void
settle_schema(struct context *context)
{
    const char *found = session_table_schema(context->session);
    const char *schema = found != NULL ? found : session_creation_schema(context->session);

    if (context->names.schema != NULL || schema == NULL)
        return;
    context->names.schema = xstrdup(schema);
    phrases_set(context);
}

static bool
connect(struct context *context, struct error *err)
{
    if (!session_open(context->settings, true, NULL, &context->session, err) ||
        !prepare_session(context, err))
        return false;
    settle_schema(context);
    return context_refresh(context, err);
}

bool
context_open(struct context *context, const struct store_settings *settings,
             struct schema_level asked, const struct schema_progress *progress, struct error *err)
{
    struct context opened = {.settings = settings, .progress = progress, .asked = asked};

    if (!names_init(&opened.names, settings->table, settings->columns, err))
        return false;
    phrases_set(&opened);
    if (connect(&opened, err)) {
        *context = opened;
        return true;
    }
    context_close(&opened);
    return false;
}

bool
context_open_unconnected(struct context *context, const struct store_settings *settings,
                         struct schema_level asked, struct error *err)
{
    struct context opened = {.settings = settings, .asked = asked};

    if (!names_init(&opened.names, settings->table, settings->columns, err))
        return false;
    opened.facts.made_column_count = NEW_COLUMNS;
    for (int i = 0; i < NEW_COLUMNS; i++)
        opened.facts.made_columns[i] = xstrdup(opened.names.columns[COLUMN_SEQ + i]);
    phrases_set(&opened);
    *context = opened;
    return true;
}

void
context_close(struct context *context)
{
    session_close(context->session);
    facts_clear(&context->facts);
    phrases_clear(context);
    names_free(&context->names);
    *context = (struct context){0};
}

char *
context_expand_with(const struct context *context, const struct step *step,
                    const struct placeholder *own, size_t own_count, const char *sql)
{
    struct placeholder all[OWN_PHRASES_MAX + PHRASES_MAX + 5];
    size_t count = own_count;
    AUTOFREE char *index = NULL, *relation = NULL, *literal = NULL;
    AUTOFREE char *name = NULL, *function = NULL, *function_literal = NULL;

    if (own_count > OWN_PHRASES_MAX)
        abort(); // a bug of ours
    if (own_count > 0)
        memcpy(all, own, own_count * sizeof *all);
    memcpy(all + count, context->phrases, context->phrase_count * sizeof *all);
    count += context->phrase_count;
    if (step != NULL && step->index != NULL) {
        index = phrases_identifier(&context->names, step->index);
        relation = names_relation(&context->names, step->index);
        literal = sql_literal(relation);
        all[count++] = (struct placeholder){"index", index, false};
        all[count++] = (struct placeholder){"index_relation", relation, false};
        all[count++] = (struct placeholder){"index_literal", literal, false};
    }
    if (step != NULL && step->function != FUNCTION_NONE) {
        name = phrases_function(&context->names, step->function);
        function = phrases_beside(&context->names, name);
        function_literal = sql_literal(name);
        all[count++] = (struct placeholder){"function", function, false};
        all[count++] = (struct placeholder){"function_name", function_literal, false};
    }
    return names_expand(&context->names, sql, all, count);
}

char *
context_expand(const struct context *context, const struct step *step, const char *column,
               const char *sql)
{
    AUTOFREE char *quoted = column == NULL ? NULL : sql_identifier(column);
    const struct placeholder own = {"column", quoted, false};

    return context_expand_with(context, step, &own, column == NULL ? 0 : 1, sql);
}

bool
context_has_step(const struct context *context, const struct step *step)
{
    const int wanted = phrases_slots_wanted(context);

    switch (step->presence) {
    case PRESENT_FOR_SLOTS:
        return wanted == step->slots;
    case PRESENT_FOR_OTHER_SLOTS:
        return wanted > 0 && wanted != step->slots;
    case PRESENT_TO_CHANGE_SLOTS:
        return wanted != context->facts.slots;
    case PRESENT_FOR_HASHES:
    case PRESENT_TO_MEND:
        return context->facts.aggregate_form != AGGREGATE_VALUE;
    case PRESENT_FOR_VALUES:
        return context->facts.aggregate_form == AGGREGATE_VALUE;
    case PRESENT_ALWAYS:
        break;
    }
    return true;
}

bool
context_wants_inbox(const struct context *context)
{
    return context->asked.inbox || context->facts.has_inbox;
}

// Fills one statement in and hands it on.
static bool
visit_one(const struct context *context, const struct step *step, const struct statement *statement,
          const char *column, statement_visitor *visit, void *argument, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, step, column, statement->sql);
    return visit(argument, statement, sql, err);
}

static bool
is_made_column(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->made_column_count; i++)
        if (str_equal(facts->made_columns[i], name))
            return true;
    return false;
}

// Whether the statement is one for this table.
static bool
occurs(const struct context *context, enum occurrence occurrence)
{
    switch (occurrence) {
    case OCCURS_IF_OPTIONS_SAVED:
        return context->facts.saved_options != NULL;
    case OCCURS_IF_SEQ_IS_ADOPTED:
        return context->facts.seq_is_drawn &&
               !is_made_column(&context->facts, context->names.columns[COLUMN_SEQ]);
    case OCCURS_IF_UNVERSIONED:
        return context->facts.seq_is_drawn && !context->facts.has_version_table;
    case OCCURS_IF_ORPHANED:
        return context->facts.may_drop_version_table;
    case OCCURS_ONCE:
    case OCCURS_EACH_MADE_COLUMN:
        break;
    }
    return true;
}

bool
context_each_statement(const struct context *context, const struct step *step,
                       statement_visitor *visit, void *argument, struct error *err)
{
    const struct facts *facts = &context->facts;

    for (size_t i = 0; i < STATEMENTS_MAX && step->statements[i].sql != NULL; i++) {
        const struct statement *statement = &step->statements[i];
        const bool each = statement->occurs == OCCURS_EACH_MADE_COLUMN;
        const size_t times = each ? facts->made_column_count : 1;
        if (!occurs(context, statement->occurs))
            continue;
        for (size_t n = 0; n < times; n++)
            if (!visit_one(context, step, statement, each ? facts->made_columns[n] : NULL, visit,
                           argument, err))
                return false;
    }
    return true;
}

bool
context_run(struct context *context, const char *sql, int timeout_ms, struct error *err)
{
    return session_run(context->session, sql, NULL, 0, timeout_ms, NULL, err);
}

bool
context_ask(struct context *context, const struct step *step, const char *sql, bool *ret_answer,
            struct error *err)
{
    AUTOFREE char *query = context_expand(context, step, NULL, sql);
    struct session_result *result;

    if (!session_run(context->session, query, NULL, 0, ANSWER_MS, &result, err))
        return false;
    if (!session_expect(&result, "B", 0, err))
        return false;
    *ret_answer = session_rows(result) > 0 && str_equal(session_value(result, 0, 0), "t");
    session_result_free(result);
    return true;
}

void
context_say(const struct context *context, const char *fmt, ...)
{
    char line[1024];
    va_list args;

    if (context->progress == NULL)
        return;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    context->progress->line(context->progress->context, line);
}
