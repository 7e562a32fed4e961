// SPDX-License-Identifier: Apache-2.0
//
// Steps as SQL text.
//
// The statements come from the same table and files as those that are run, so a script that was
// reviewed is what apply does. What apply finds out by itself (what is done, whether a loop has
// ended) is said in comments.
#include "render.h"

#include "sql.h"

#include "outrider/base/xalloc.h"

#include <ctype.h>
#include <stdio.h>

// One step on its way to text.
struct rendering {
    const struct context *context;
    struct text *out;
    bool in_transaction;
    bool patient;
};

// The same setting as the runner's, for the session or the transaction.
static void
render_lock_timeout(const struct rendering *rendering, const char *sql, int timeout_ms)
{
    char value[16];
    const struct placeholder placeholder = {"lock_timeout", value, false};

    snprintf(value, sizeof value, "%d", timeout_ms);
    AUTOFREE char *statement = names_expand(&rendering->context->names, sql, &placeholder, 1);
    text_appendf(rendering->out, "%s;\n", statement);
}

// A visitor of statements; never fails.
static bool
render_statement(void *argument, const struct statement *statement, const char *sql,
                 struct error *err)
{
    struct rendering *rendering = argument;
    const int lock_timeout_ms = rendering->context->settings->lock_timeout_ms;

    (void)err;
    if (rendering->in_transaction && rendering->patient != statement->patient) {
        rendering->patient = statement->patient;
        render_lock_timeout(rendering, sql_schema_lock_timeout_local,
                            statement->patient ? PATIENT_TIMES * lock_timeout_ms : lock_timeout_ms);
    }
    if (statement->hint != NULL)
        text_appendf(rendering->out, "-- %s\n", statement->hint);
    text_appendf(rendering->out, "%s;\n", sql);
    return true;
}

void
render_head(const struct context *context, struct text *out)
{
    struct rendering rendering = {.context = context, .out = out};

    text_append(out,
                "-- For psql -v ON_ERROR_STOP=1, by the table's owner, step after step and not "
                "in one transaction.\n"
                "-- A statement that ends with a lock time-out harms nobody: run its step "
                "again.\n");
    render_lock_timeout(&rendering, sql_schema_lock_timeout, context->settings->lock_timeout_ms);
}

void
render_step(const struct context *context, const struct step *step, struct text *out)
{
    struct rendering rendering = {
        .context = context,
        .out = out,
        .in_transaction = step->kind == STEP_TRANSACTION,
    };
    struct error err;
    char title[STEP_TITLE_SIZE];

    step_title(step, title);
    text_appendf(out, "\n-- %c%s: %s.\n", toupper((unsigned char)title[0]), title + 1, step->about);
    if (step->kind == STEP_TRANSACTION)
        text_append(out, "BEGIN;\n");
    if (step->kind == STEP_ALONE)
        render_lock_timeout(&rendering, sql_schema_lock_timeout, 0);
    bool rendered = context_each_statement(context, step, render_statement, &rendering, &err);
    (void)rendered; // rendering cannot fail
    if (step->kind == STEP_ALONE)
        render_lock_timeout(&rendering, sql_schema_lock_timeout,
                            context->settings->lock_timeout_ms);
    if (step->kind == STEP_TRANSACTION)
        text_append(out, "COMMIT;\n");
}
