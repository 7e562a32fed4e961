// SPDX-License-Identifier: Apache-2.0
//
// schema print: the steps as a script.
#include "context.h"
#include "render.h"

// Those of the steps that lead from one version to another; the steps of the inbox whatever is
// `lowest`, for they are asked for by themselves. A version that is made new needs no mending.
static bool
is_asked_for(const struct step *step, int lowest, int highest)
{
    if (step->presence == PRESENT_TO_MEND && step->version > lowest)
        return false;
    return (step->inbox || step->version > lowest || step->presence != PRESENT_ALWAYS) &&
           step->version <= highest;
}

static void
render_steps(const struct context *context, const struct step *steps, size_t count, int lowest,
             int highest, struct text *sql)
{
    for (size_t i = 0; i < count; i++)
        if (is_asked_for(&steps[i], lowest, highest) && context_has_step(context, &steps[i]))
            render_step(context, &steps[i], sql);
}

bool
schema_print(const struct store_settings *settings, int from, struct schema_level level,
             struct text *sql, struct error *err)
{
    const int to = level.version;
    struct context context;

    if (!context_open_unconnected(&context, settings, level, err))
        return false;
    render_head(&context, sql);
    if (from <= to) {
        render_steps(&context, steps_up, steps_up_count, from, to, sql);
        if (level.inbox)
            render_steps(&context, inbox_steps_up, inbox_steps_up_count, from, to, sql);
    } else {
        if (level.inbox)
            render_steps(&context, inbox_steps_down, inbox_steps_down_count, to, from, sql);
        render_steps(&context, steps_down, steps_down_count, to, from, sql);
    }
    context_close(&context);
    return true;
}
