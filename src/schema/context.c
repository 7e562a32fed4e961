// SPDX-License-Identifier: Apache-2.0
//
// The connection, the names, and the filling in of statements.
//
// The table's name may be given without a schema. It is looked up once, by the search path, and
// from then on written with the schema it was found in, so that what is made beside it cannot land
// elsewhere.
#include "context.h"

#include "facts.h"
#include "sql.h"

#include "outrider/base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_COMMENT "'outrider: transactional outbox, made by outrider schema apply'"
// With a number, so that a newer outrider knows what it has to replace.
#define INBOX_COMMENT  "'outrider: inbox 1, made by outrider schema apply'"
#define INBOX_COMMENTS "'outrider: inbox %'"

enum { BATCH_ROWS = 5000 };

// Takes ownership of the text.
static void
phrase(struct context *context, const char *name, char *text)
{
    if (context->phrase_count == PHRASES_MAX)
        abort();
    context->phrases[context->phrase_count++] = (struct placeholder){name, text, false};
}

static void
phrase_number(struct context *context, const char *name, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    phrase(context, name, xstrdup(text));
}

// The texts are this module's own, const only to their readers.
static void
clear_phrases(struct context *context)
{
    for (size_t i = 0; i < context->phrase_count; i++)
        free((char *)(uintptr_t)context->phrases[i].text);
    context->phrase_count = 0;
}

// The qualified name as a string, for to_regclass and nextval.
static char *
relation_literal(const struct names *names, const char *suffix)
{
    AUTOFREE char *relation = names_relation(names, suffix);
    return sql_literal(relation);
}

// Without the schema, as CREATE INDEX wants it: an index is made in its table's.
static char *
derived_identifier(const struct names *names, const char *suffix)
{
    AUTOFREE char *derived = names_derived(names, suffix);
    return sql_identifier(derived);
}

// Version 1's index has a name of its own; a second outbox beside the first needs another.
static char *
unpublished_index(const struct names *names)
{
    if (str_equal(names->table, "outbox_messages"))
        return sql_identifier("ix_outbox_unpublished");
    return derived_identifier(names, "_unpublished");
}

// The function's name, without its schema. A second outbox beside the first needs another for it.
static char *
function_name(const struct names *names, enum function function)
{
    if (function == FUNCTION_INBOX_PURGE)
        return xstrdup("inbox_purge");
    if (str_equal(names->table, "outbox_messages"))
        return xstrdup("outbox_enqueue");
    return names_derived(names, "_enqueue");
}

// What lies beside the table: quoted, with its schema when that is known.
static char *
beside(const struct names *names, const char *name)
{
    struct text out = {0};
    AUTOFREE char *quoted = sql_identifier(name);
    AUTOFREE char *schema = names->schema == NULL ? NULL : sql_identifier(names->schema);

    text_appendf(&out, "%s%s%s", schema == NULL ? "" : schema, schema == NULL ? "" : ".", quoted);
    return out.data;
}

// What a function's body stands between: nothing that a name in it could hold.
static char *
body_tag(const struct names *names)
{
    struct text tag = {0};
    bool held = true;

    text_append(&tag, "$outrider");
    while (held) {
        held = strstr(names->table, tag.data) != NULL ||
               (names->schema != NULL && strstr(names->schema, tag.data) != NULL);
        for (int i = 0; !held && i < COLUMN_COUNT; i++)
            held = strstr(names->columns[i], tag.data) != NULL;
        if (held)
            text_append(&tag, "_");
    }
    text_append(&tag, "$");
    return tag.data;
}

// "'seq', 'headers', ...": the names of these columns as they are in the database.
static char *
column_literals(const struct names *names, enum column first, enum column end)
{
    struct text list = {0};
    for (enum column i = first; i < end; i++) {
        AUTOFREE char *name = sql_literal(names->columns[i]);
        text_appendf(&list, "%s%s", list.len > 0 ? ", " : "", name);
    }
    return list.data;
}

// The number of slots that the table is to have; 0 without a database, when none was asked for.
static int
slots_wanted(const struct context *context)
{
    return context->asked.slots > 0 ? context->asked.slots : context->facts.slots;
}

// The index of the slots that are wanted, as a string; of one slot there is none.
static char *
slot_index_literal(const struct context *context)
{
    char suffix[32];

    snprintf(suffix, sizeof suffix, "_outrider_slots_%d", slots_wanted(context));
    return relation_literal(&context->names, suffix);
}

// The qualified names of all indexes that version 2 of this table needs, as strings.
static char *
index_literals(const struct context *context)
{
    struct text list = {0};
    for (size_t i = 0; i < steps_up_count; i++) {
        const struct step *step = &steps_up[i];
        if (step->done != sql_schema_done_index || step->slots > 0 ||
            !context_has_step(context, step))
            continue;
        AUTOFREE char *name = relation_literal(&context->names, step->index);
        text_appendf(&list, "%s%s", list.len > 0 ? ", " : "", name);
    }
    return list.data;
}

// The aggregate as the waiting index has it before it is hashed.
static char *
aggregate_text(const struct context *context)
{
    AUTOFREE char *column = sql_identifier(context->names.columns[COLUMN_AGGREGATE_ID]);
    struct text out = {0};

    text_appendf(
        &out, context->facts.aggregate_form == AGGREGATE_DIGITS ? "encode(%s, 'hex')" : "%s::text",
        column);
    return out.data;
}

// The owner as the facts have it; whoever runs the script when it is printed.
static char *
owner_identifier(const struct context *context)
{
    return context->facts.owner_name[0] == '\0' ? xstrdup("CURRENT_USER")
                                                : sql_identifier(context->facts.owner_name);
}

static void
set_inbox_phrases(struct context *context)
{
    const struct names *names = &context->names;
    AUTOFREE char *inbox = beside(names, "inbox_messages");
    AUTOFREE char *enqueue = function_name(names, FUNCTION_ENQUEUE);
    AUTOFREE char *purge = function_name(names, FUNCTION_INBOX_PURGE);

    phrase(context, "inbox", xstrdup(inbox));
    phrase(context, "inbox_literal", sql_literal(inbox));
    phrase(context, "inbox_comment", xstrdup(INBOX_COMMENT));
    phrase(context, "inbox_comments", xstrdup(INBOX_COMMENTS));
    phrase(context, "enqueue_name", sql_literal(enqueue));
    phrase(context, "inbox_purge_name", sql_literal(purge));
    phrase(context, "tag", body_tag(names));
}

// What the placeholders of the SQL files stand for, as far as it does not change from step to step.
static void
set_phrases(struct context *context)
{
    const struct names *names = &context->names;
    AUTOFREE char *version_table = names_derived(names, "_outrider");

    clear_phrases(context);
    phrase(context, "table_literal", relation_literal(names, NULL));
    phrase(context, "schema_name",
           names->schema == NULL ? xstrdup("NULL::text") : sql_literal(names->schema));
    phrase(context, "version_table", names_relation(names, "_outrider"));
    phrase(context, "version_table_literal", relation_literal(names, "_outrider"));
    phrase(context, "version_table_name", sql_literal(version_table));
    phrase(context, "sequence", names_relation(names, "_outrider_seq"));
    phrase(context, "sequence_literal", relation_literal(names, "_outrider_seq"));
    phrase(context, "unpublished_index", unpublished_index(names));
    phrase(context, "index_literals", index_literals(context));
    phrase(context, "new_columns", column_literals(names, COLUMN_SEQ, COLUMN_COUNT));
    phrase(context, "enqueued_columns", column_literals(names, COLUMN_ID, COLUMN_PUBLISHED));
    phrase(context, "aggregate_id_name", sql_literal(names->columns[COLUMN_AGGREGATE_ID]));
    phrase(context, "aggregate_text", aggregate_text(context));
    phrase(context, "seq_name", sql_literal(names->columns[COLUMN_SEQ]));
    phrase(context, "created_at_name", sql_literal(names->columns[COLUMN_CREATED_AT]));
    phrase(context, "base_type", xstrdup(sql_schema_base_type));
    phrase(context, "made_comment", xstrdup(MADE_COMMENT));
    phrase(context, "owner", owner_identifier(context));
    set_inbox_phrases(context);
    phrase(context, "slot_index_literal", slot_index_literal(context));
    phrase_number(context, "slots", slots_wanted(context));
    phrase_number(context, "slot_mask", slots_wanted(context) - 1);
    phrase_number(context, "max_retries", context->settings->max_retries);
    phrase_number(context, "batch_rows", BATCH_ROWS);
    if (context->facts.saved_options != NULL)
        phrase(context, "saved_options", xstrdup(context->facts.saved_options));
}

bool
context_refresh(struct context *context, struct error *err)
{
    if (!facts_read_table(context, err))
        return false;
    set_phrases(context); // the schema and the owner are known now
    if (!facts_read_version(context, err))
        return false;
    set_phrases(context); // and what a revert would restore
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
    set_phrases(context);
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
    set_phrases(&opened);
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
    set_phrases(&opened);
    *context = opened;
    return true;
}

void
context_close(struct context *context)
{
    session_close(context->session);
    facts_clear(&context->facts);
    clear_phrases(context);
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
        index = derived_identifier(&context->names, step->index);
        relation = names_relation(&context->names, step->index);
        literal = sql_literal(relation);
        all[count++] = (struct placeholder){"index", index, false};
        all[count++] = (struct placeholder){"index_relation", relation, false};
        all[count++] = (struct placeholder){"index_literal", literal, false};
    }
    if (step != NULL && step->function != FUNCTION_NONE) {
        name = function_name(&context->names, step->function);
        function = beside(&context->names, name);
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
    const int wanted = slots_wanted(context);

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
