// SPDX-License-Identifier: Apache-2.0
//
// Trying again when a lock was not to be had.
//
// While a statement of ours waits for a lock, later ones on the table may queue behind it; so each
// try is as short as lock_timeout, and between two tries there is a pause for those that queued.
// The pauses are drawn from a growing range, so that a try does not always meet the same phase of
// a periodic job.
#include "patience.h"

#include "sql.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TRIES_MAX = 60,
    TRIES_BETWEEN_LINES = 5,
    LONGEST_PAUSE = 4, // times lock_timeout
};

struct patience
patience_start(struct context *context, const char *what)
{
    const int lock_timeout_ms = context->settings->lock_timeout_ms;
    return (struct patience){
        .context = context,
        .what = what,
        .backoff = {.initial_ms = lock_timeout_ms / 2,
                    .maximum_ms = LONGEST_PAUSE * lock_timeout_ms},
    };
}

bool
patience_may_heal(const struct error *err)
{
    return str_equal(err->code, "55P03")     // lock_not_available
           || str_equal(err->code, "40P01"); // deadlock_detected
}

void
patience_sleep_ms(int ms)
{
    const struct mono end = mono_add_ms(mono_now(), ms);
    while (!mono_passed(end))
        (void)poll(NULL, 0, mono_ms_until(end));
}

// "pid 42 (psql, idle in transaction for 12 s)".
static void
describe(const struct session_result *row, char *out, size_t size)
{
    const char *pid = session_value(row, 0, 0), *application = session_value(row, 0, 1);
    const char *state = session_value(row, 0, 2), *seconds = session_value(row, 0, 3);

    if (pid == NULL)
        snprintf(out, size, "a prepared transaction");
    else
        snprintf(out, size, "pid %s (%s%s%s%s%s%s)", pid, application == NULL ? "" : application,
                 application == NULL || *application == '\0' ? "" : ", ",
                 state == NULL ? "state unknown" : state, seconds == NULL ? "" : " for ",
                 seconds == NULL ? "" : seconds, seconds == NULL ? "" : " s");
}

// Whom we wait for; whoever it was may have gone.
static bool
find_blocker(struct context *context, char *out, size_t size, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, NULL, NULL, sql_schema_blocker);
    struct session_result *result;

    if (!session_run(context->session, sql, NULL, 0, ANSWER_MS, &result, err) ||
        !session_expect(&result, "LTTL", 0, err))
        return false;
    if (session_rows(result) > 0)
        describe(result, out, size);
    else
        snprintf(out, size, "nobody any more");
    session_result_free(result);
    return true;
}

bool
patience_pause(struct patience *patience, struct error *err)
{
    char blocker[256];

    patience->tries++;
    if (patience->tries == TRIES_MAX || patience->tries % TRIES_BETWEEN_LINES == 1) {
        if (!find_blocker(patience->context, blocker, sizeof blocker, err))
            return false;
        if (patience->tries == TRIES_MAX)
            return error_set(err, FAULT_CLUSTER, "LOCKED",
                             "%s: no lock in %d tries of database.lock_timeout each; %s holds it; "
                             "run this again to go on",
                             patience->what, TRIES_MAX, blocker);
        context_say(patience->context, "%s: locked by %s; try %d of %d", patience->what, blocker,
                    patience->tries, TRIES_MAX);
    }
    patience_sleep_ms(backoff_next(&patience->backoff));
    return true;
}
