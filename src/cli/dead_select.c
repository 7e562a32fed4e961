// SPDX-License-Identifier: Apache-2.0
//
// Which dead letters a command means.
//
// Ids and filters are all conditions on the same row, so that one more of them can only mean fewer
// rows. Nothing here becomes SQL: the texts travel as parameters.
#include "dead_select.h"

#include "command.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"
#include "outrider/config/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const filters[] = {"topic", "aggregate", "error", "since", "all"};

static bool
is_among(const struct message_id *id, const struct message_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(ids[i].bytes, id->bytes, sizeof id->bytes) == 0)
            return true;
    return false;
}

// Each id once, however often it was typed.
static bool
read_ids(const struct invocation *invocation, struct message_id *ids, size_t *ret_count)
{
    size_t count = 0;

    for (size_t i = 0; i < invocation->argument_count; i++) {
        struct message_id id;
        if (!message_id_parse(invocation->arguments[i], &id)) {
            safe_print_line(stderr,
                            "outrider: %s: \"%s\" is no message id; a UUID is wanted, such as "
                            "4fe4fff6-5fb5-4571-beb5-130c634bad68",
                            invocation->path, invocation->arguments[i]);
            return false;
        }
        if (!is_among(&id, ids, count))
            ids[count++] = id;
    }
    *ret_count = count;
    return true;
}

// A duration counts back from now; anything else is for PostgreSQL to read as a time.
static void
read_since(const struct invocation *invocation, struct dead_selection *selection)
{
    const char *since = invocation_option(invocation, "since");

    if (since == NULL)
        return;
    if (!parse_duration(since, &selection->since_ms))
        selection->since = since;
    else if (selection->since_ms == 0) // which is not "at any time"
        selection->since = "now";
}

bool
dead_select(const struct invocation *invocation, struct dead_selection *ret_selection)
{
    struct dead_selection selection = {
        .topic = invocation_option(invocation, "topic"),
        .aggregate = invocation_option(invocation, "aggregate"),
        .error = invocation_option(invocation, "error"),
    };

    read_since(invocation, &selection);
    if (invocation->argument_count > 0) {
        struct message_id *ids = xcalloc(invocation->argument_count, sizeof *ids);
        selection.ids = ids;
        if (!read_ids(invocation, ids, &selection.id_count)) {
            free(ids);
            return false;
        }
    }
    *ret_selection = selection;
    return true;
}

void
dead_select_free(struct dead_selection *selection)
{
    free((void *)selection->ids);
    *selection = (struct dead_selection){0};
}

bool
dead_select_given(const struct invocation *invocation)
{
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        if (invocation_flag(invocation, filters[i]))
            return true;
    return invocation->argument_count > 0;
}
