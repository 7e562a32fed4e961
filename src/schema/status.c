// SPDX-License-Identifier: Apache-2.0
//
// schema status: the version, and what apply would do.
//
// It asks the probes that apply asks, and changes nothing, so it needs no lock and works through a
// pooler.
#include "context.h"
#include "fitness.h"
#include "runner.h"
#include "sql.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>

// What apply would do of these steps up to a version, by the same probes.
static bool
note_pending(struct context *context, const struct step *steps, size_t count, int to,
             struct text *pending, struct error *err)
{
    bool known = true, done, invalid = false;
    char title[STEP_TITLE_SIZE];

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        if (step->version > to || !context_has_step(context, step))
            continue;
        if (!runner_foresee(context, step, &known, &done, err))
            return false;
        if (done)
            continue;
        if (step->index != NULL &&
            !context_ask(context, step, sql_schema_invalid_index, &invalid, err))
            return false;
        step_title(step, title);
        text_appendf(pending, "%s: %s%s\n", title, step->about,
                     step->index != NULL && invalid ? " (invalid, will be rebuilt)" : "");
    }
    return true;
}

// What is worth knowing although no step is pending for it.
static bool
note_findings(struct context *context, struct text *findings, struct error *err)
{
    bool indexed;

    if (!context->facts.exists)
        return true;
    if (context->facts.version < 2) {
        if (!context_ask(context, NULL, sql_schema_unpublished_index_exists, &indexed, err))
            return false;
        if (!indexed)
            text_appendf(findings,
                         "no valid index on (%s, %s): version 1's claims read the whole table\n",
                         context->names.columns[COLUMN_PUBLISHED],
                         context->names.columns[COLUMN_CREATED_AT]);
    }
    if (context->facts.version == 1 && context->facts.has_version_table)
        text_append(findings, "version 2 is half applied: apply goes on with it, revert removes "
                              "it\n");
    return true;
}

bool
schema_status(const struct store_settings *settings, int to, struct schema_status *ret_status,
              struct error *err)
{
    struct context context;
    struct schema_status status = {0};

    if (!context_open(&context, settings, (struct schema_level){0}, NULL, err))
        return false;
    bool known =
        fitness_check_table(&context, to, err) &&
        note_pending(&context, steps_up, steps_up_count, to, &status.pending, err) &&
        (!context.facts.has_inbox ||
         note_pending(&context, inbox_steps_up, inbox_steps_up_count, to, &status.pending, err)) &&
        note_findings(&context, &status.findings, err);
    if (known) {
        status.table = names_relation(&context.names, NULL);
        status.version = context.facts.version;
        status.slots = context.facts.slots;
        status.made = context.facts.made;
        status.inbox = context.facts.has_inbox;
        *ret_status = status;
    } else {
        schema_status_free(&status);
    }
    context_close(&context);
    return known;
}

void
schema_status_free(struct schema_status *status)
{
    free(status->table);
    text_free(&status->pending);
    text_free(&status->findings);
    *status = (struct schema_status){0};
}
