// SPDX-License-Identifier: Apache-2.0
//
// schema print: the steps as a script.
#include "context.h"
#include "render.h"

bool
schema_print(const struct store_settings *settings, int from, struct schema_level level,
             struct text *sql, struct error *err)
{
    const int to = level.version;
    const struct step *steps = from <= to ? steps_up : steps_down;
    const size_t count = from <= to ? steps_up_count : steps_down_count;
    const int lowest = from <= to ? from : to, highest = from <= to ? to : from;
    struct context context;

    if (!context_open_unconnected(&context, settings, level.slots, err))
        return false;
    render_head(&context, sql);
    for (size_t i = 0; i < count; i++)
        if ((steps[i].version > lowest || steps[i].presence != PRESENT_ALWAYS) &&
            steps[i].version <= highest && context_has_step(&context, &steps[i]))
            render_step(&context, &steps[i], sql);
    context_close(&context);
    return true;
}
