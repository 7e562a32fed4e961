// SPDX-License-Identifier: Apache-2.0
//
// What the placeholders of the SQL files stand for.
//
// A phrase holds for a whole command, or until the facts are read again. What differs from step to
// step (an index, a function) is added by context_expand.
#include "phrases.h"

#include "sql.h"

#include "outrider/base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_COMMENT "'outrider: transactional outbox, made by outrider schema apply'"
#define VERSION_COMMENT                                                                            \
    "'outrider: version of the transactional outbox; changed by outrider schema only'"
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
void
phrases_clear(struct context *context)
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
char *
phrases_identifier(const struct names *names, const char *suffix)
{
    AUTOFREE char *derived = names_derived(names, suffix);
    return sql_identifier(derived);
}

// Version 1's index has a name of its own; a second outbox beside the first needs another.
static char *
unpublished_index(const struct names *names)
{
    if (str_equal(names->table, "outbox_messages"))
        return xstrdup("ix_outbox_unpublished");
    return names_derived(names, "_unpublished");
}

// The function's name, without its schema. A second outbox beside the first needs another for it.
char *
phrases_function(const struct names *names, enum function function)
{
    if (function == FUNCTION_INBOX_PURGE)
        return xstrdup("inbox_purge");
    if (str_equal(names->table, "outbox_messages"))
        return xstrdup("outbox_enqueue");
    return names_derived(names, "_enqueue");
}

// What lies beside the table: quoted, with its schema when that is known.
char *
phrases_beside(const struct names *names, const char *name)
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
int
phrases_slots_wanted(const struct context *context)
{
    return context->asked.slots > 0 ? context->asked.slots : context->facts.slots;
}

// The index of the slots that are wanted, as a string; of one slot there is none.
static char *
slot_index_literal(const struct context *context)
{
    char suffix[32];

    snprintf(suffix, sizeof suffix, "_outrider_slots_%d", phrases_slots_wanted(context));
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

static char *
first_number(const struct context *context)
{
    struct text out = {0};

    text_appendf(&out, "%" PRId64,
                 context->first_number > 0 ? context->first_number : ROOM_FOR_OLD_ROWS);
    return out.data;
}

static void
set_inbox_phrases(struct context *context)
{
    const struct names *names = &context->names;
    AUTOFREE char *inbox = phrases_beside(names, "inbox_messages");
    AUTOFREE char *enqueue = phrases_function(names, FUNCTION_ENQUEUE);
    AUTOFREE char *purge = phrases_function(names, FUNCTION_INBOX_PURGE);

    phrase(context, "inbox", xstrdup(inbox));
    phrase(context, "inbox_literal", sql_literal(inbox));
    phrase(context, "inbox_comment", xstrdup(INBOX_COMMENT));
    phrase(context, "inbox_comments", xstrdup(INBOX_COMMENTS));
    phrase(context, "enqueue_name", sql_literal(enqueue));
    phrase(context, "inbox_purge_name", sql_literal(purge));
    phrase(context, "tag", body_tag(names));
}

// What the placeholders of the SQL files stand for, as far as it does not change from step to step.
void
phrases_set(struct context *context)
{
    const struct names *names = &context->names;
    AUTOFREE char *version_table = names_derived(names, "_outrider");
    AUTOFREE char *sequence = names_derived(names, "_outrider_seq");
    AUTOFREE char *unpublished = unpublished_index(names);
    AUTOFREE char *unpublished_relation = phrases_beside(names, unpublished);

    phrases_clear(context);
    phrase(context, "table_literal", relation_literal(names, NULL));
    phrase(context, "schema_name",
           names->schema == NULL ? xstrdup("NULL::text") : sql_literal(names->schema));
    phrase(context, "version_table", names_relation(names, "_outrider"));
    phrase(context, "version_table_literal", relation_literal(names, "_outrider"));
    phrase(context, "version_table_name", sql_literal(version_table));
    phrase(context, "version_comment", xstrdup(VERSION_COMMENT));
    phrase(context, "versioned", xstrdup(context->facts.has_version_table ? "true" : "false"));
    phrase(context, "sequence", names_relation(names, "_outrider_seq"));
    phrase(context, "sequence_literal", relation_literal(names, "_outrider_seq"));
    phrase(context, "sequence_name", sql_literal(sequence));
    phrase(context, "unpublished_index", sql_identifier(unpublished));
    phrase(context, "unpublished_index_literal", sql_literal(unpublished_relation));
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
    phrase(context, "first_number", first_number(context));
    phrase_number(context, "slots", phrases_slots_wanted(context));
    phrase_number(context, "slot_mask", phrases_slots_wanted(context) - 1);
    phrase_number(context, "max_retries", context->settings->max_retries);
    phrase_number(context, "batch_rows", BATCH_ROWS);
    if (context->facts.saved_options != NULL)
        phrase(context, "saved_options", xstrdup(context->facts.saved_options));
}
