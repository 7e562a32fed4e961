// SPDX-License-Identifier: Apache-2.0
//
// apply and revert.
//
// Both walk a table of steps and run those whose probe finds something to do, so a run that was
// cut short is gone on with by the next one, and one that has nothing to do changes nothing. A part
// of version 2 that was lost later (an index dropped by hand, say) is made again by the same walk.
#include "outrider/schema/schema.h"

#include "context.h"
#include "facts.h"
#include "fitness.h"
#include "render.h"
#include "runner.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROUNDS_MAX = 5 }; // walks, when rows without a number keep coming

// Opens, excludes other commands and judges. Nothing to close on failure.
static bool
begin(struct context *context, const struct store_settings *settings, struct schema_level to,
      const struct schema_progress *progress, struct error *err)
{
    if (!context_open(context, settings, to, progress, err))
        return false;
    if (fitness_check_table(context, to.version, err) && fitness_check_connection(context, err) &&
        runner_exclude_others(context, err) && fitness_check_table(context, to.version, err) &&
        (!to.inbox || fitness_check_inbox(context, to.version > 0, err)))
        return true;
    context_close(context);
    return false;
}

static struct schema_level
level(const struct context *context)
{
    const struct facts *facts = &context->facts;
    return (struct schema_level){facts->version, facts->slots, facts->has_inbox};
}

// Rights are asked for only when there is something to do.
static bool
run_step(struct context *context, const struct step *step, bool force, struct error *err)
{
    const struct mono start = mono_now();
    char title[STEP_TITLE_SIZE];

    if (!fitness_check_rights(context, err) || !runner_run(context, step, force, err))
        return false;
    step_title(step, title);
    context_say(context, "%s: %s (%.2f s)", title, step->about,
                (double)mono_diff_ns(mono_now(), start) / 1e9);
    return true;
}

// Runs what is not done of the steps up to a version.
static bool
walk_up(struct context *context, const struct step *steps, size_t count, int to, struct error *err)
{
    bool done;

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        if (step->version > to || !context_has_step(context, step))
            continue;
        if (!runner_is_done(context, step, &done, err))
            return false;
        if (!done && (!run_step(context, step, false, err) || !context_refresh(context, err)))
            return false;
    }
    return true;
}

bool
schema_apply(const struct store_settings *settings, struct schema_level to,
             const struct schema_progress *progress, struct schema_level *ret_reached,
             struct error *err)
{
    struct context context;
    bool walked = false;

    if (!begin(&context, settings, to, progress, err))
        return false;
    if (!facts_read_numbers(&context, err)) {
        context_close(&context);
        return false;
    }
    for (int round = 0; !walked && round < ROUNDS_MAX; round++) {
        walked = walk_up(&context, steps_up, steps_up_count, to.version, err);
        if (!walked && !str_equal(err->code, "UNMET"))
            break;
    }
    if (walked && context_wants_inbox(&context))
        walked = walk_up(&context, inbox_steps_up, inbox_steps_up_count, to.version, err);
    if (walked)
        *ret_reached = level(&context);
    context_close(&context);
    return walked;
}

// Renders what is not done.
static bool
plan(struct context *context, const struct step *steps, size_t count, int to, struct text *sql,
     struct error *err)
{
    bool known = true, done;

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        if (step->version > to || !context_has_step(context, step))
            continue;
        if (!runner_foresee(context, step, &known, &done, err))
            return false;
        if (!done)
            render_step(context, step, sql);
    }
    return true;
}

bool
schema_plan(const struct store_settings *settings, struct schema_level to, struct text *sql,
            struct error *err)
{
    struct context context;

    if (!context_open(&context, settings, to, NULL, err))
        return false;
    bool planned = fitness_check_table(&context, to.version, err) &&
                   (!to.inbox || fitness_check_inbox(&context, to.version > 0, err)) &&
                   facts_read_numbers(&context, err) &&
                   plan(&context, steps_up, steps_up_count, to.version, sql, err);
    if (planned && context_wants_inbox(&context))
        planned = plan(&context, inbox_steps_up, inbox_steps_up_count, to.version, sql, err);
    context_close(&context);
    return planned;
}

// Runs what is not done of the steps back from versions down to one.
static bool
walk_down(struct context *context, const struct step *steps, size_t count, int lowest, int highest,
          bool force, struct error *err)
{
    bool done;

    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        if (step->version < lowest || step->version > highest)
            continue;
        if (!runner_is_done(context, step, &done, err) ||
            (!done && !run_step(context, step, force, err)))
            return false;
    }
    return context_refresh(context, err);
}

// A version 2 that is there in part counts as one to be reverted, whichever command left it.
static bool
revert(struct context *context, bool force, struct error *err)
{
    AUTOFREE char *table = names_relation(&context->names, NULL);

    if (context->facts.has_version_table || context->facts.has_empty_version_table)
        return walk_down(context, steps_down, steps_down_count, 2, 2, force, err);
    if (!context->facts.exists) {
        context_say(context, "there is no table %s: nothing to revert", table);
        return true;
    }
    if (!context->facts.made)
        return error_set(err, FAULT_CLUSTER, "FOREIGN",
                         "%s was not made by outrider, so outrider does not drop it", table);
    // The enqueue function goes with its table.
    return walk_down(context, steps_down, steps_down_count, 1, 1, force, err) &&
           walk_down(context, inbox_steps_down, inbox_steps_down_count, 1, 1, force, err);
}

bool
schema_revert(const struct store_settings *settings, bool force,
              const struct schema_progress *progress, struct schema_level *ret_reached,
              struct error *err)
{
    struct context context;

    // 0: a column that is in the way of a version does not hold up going back.
    if (!begin(&context, settings, (struct schema_level){0}, progress, err))
        return false;
    bool reverted = revert(&context, force, err);
    if (reverted)
        *ret_reached = level(&context);
    context_close(&context);
    return reverted;
}

bool
schema_revert_inbox(const struct store_settings *settings, bool force,
                    const struct schema_progress *progress, struct schema_level *ret_reached,
                    struct error *err)
{
    struct context context;

    if (!begin(&context, settings, (struct schema_level){0}, progress, err))
        return false;
    bool reverted = walk_down(&context, inbox_steps_down, inbox_steps_down_count, 0, 1, force, err);
    if (reverted)
        *ret_reached = level(&context);
    context_close(&context);
    return reverted;
}
