// SPDX-License-Identifier: Apache-2.0
//
// Runs steps.
//
// The connection waits for locks no longer than lock_timeout, but for two kinds of statement: those
// that no writer waits behind (patient), and CONCURRENTLY, which waits for transactions rather than
// locks and would leave an invalid index behind each time it gave up. A step that met a lock is
// rolled back as a whole and tried again.
#include "runner.h"

#include "patience.h"
#include "sql.h"
#include "watch.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LINE_EVERY_MS = 2000,
    OTHERS_PAUSE_MS = 200,
};

bool
runner_is_done(struct context *context, const struct step *step, bool *ret_done, struct error *err)
{
    if (!context_ask(context, step, step->done, ret_done, err))
        return error_prefix(err, "%s: looking", step->name);
    return true;
}

bool
runner_foresee(struct context *context, const struct step *step, bool *known, bool *ret_done,
               struct error *err)
{
    *ret_done = false;
    if (!*known && step->kind != STEP_ALONE && !step->inbox)
        return true;
    if (!runner_is_done(context, step, ret_done, err))
        return false;
    if (!*ret_done && step->kind == STEP_TRANSACTION)
        *known = false;
    return true;
}

// For the session or the transaction, as the statement says.
static bool
set_lock_timeout(struct context *context, const char *sql, int timeout_ms, struct error *err)
{
    char value[16];
    const struct placeholder placeholder = {"lock_timeout", value, false};

    snprintf(value, sizeof value, "%d", timeout_ms);
    AUTOFREE char *statement = names_expand(&context->names, sql, &placeholder, 1);
    return context_run(context, statement, ANSWER_MS, err);
}

// --- transactions -------------------------------------------------------------------------------

struct transaction {
    struct context *context;
    bool force;
    bool patient; // how the transaction waits at present
};

// How the next statement is to wait; says so to the server only when that changes.
static bool
be_patient(struct transaction *transaction, bool patient, struct error *err)
{
    const int lock_timeout_ms = transaction->context->settings->lock_timeout_ms;

    if (transaction->patient == patient)
        return true;
    transaction->patient = patient;
    return set_lock_timeout(transaction->context, sql_schema_lock_timeout_local,
                            patient ? PATIENT_TIMES * lock_timeout_ms : lock_timeout_ms, err);
}

// Whether the step may go on, by what a statement of its own answered.
static bool
judge(const struct transaction *transaction, const struct statement *statement,
      const struct session_result *result, struct error *err)
{
    if (statement->must_touch && session_affected(result) == 0)
        return error_set(err, FAULT_CLUSTER, "UNMET",
                         "rows without a number keep coming, or an index is not valid any more; "
                         "run this again to go on");
    if (statement->refuses == NULL || transaction->force)
        return true;
    const char *rows = session_value(result, 0, 0);
    if (str_equal(rows, "0"))
        return true;
    return error_set(err, FAULT_CLUSTER, "ROWS", "%s %s", rows, statement->refuses);
}

static bool
run_in_transaction(void *argument, const struct statement *statement, const char *sql,
                   struct error *err)
{
    struct transaction *transaction = argument;
    struct session_result *result;

    if (!be_patient(transaction, statement->patient, err) ||
        !session_run(transaction->context->session, sql, NULL, 0, ANSWER_MS, &result, err) ||
        (statement->refuses != NULL && !session_expect(&result, "l", 1, err)))
        return false;
    bool good = judge(transaction, statement, result, err);
    session_result_free(result);
    return good;
}

// All of the step or nothing of it.
static bool
try_transaction(struct context *context, const struct step *step, bool force, struct error *err)
{
    struct transaction transaction = {.context = context, .force = force};
    struct error second; // a connection that cannot roll back is gone, and with it the transaction

    if (!context_run(context, "BEGIN ISOLATION LEVEL READ COMMITTED", ANSWER_MS, err))
        return false;
    if (context_each_statement(context, step, run_in_transaction, &transaction, err) &&
        context_run(context, "COMMIT", ANSWER_MS, err))
        return true;
    bool rolled_back = context_run(context, "ROLLBACK", ANSWER_MS, &second);
    (void)rolled_back;
    return false;
}

static bool
run_transaction(struct context *context, const struct step *step, bool force, struct error *err)
{
    struct patience patience = patience_start(context, step->name);

    while (!try_transaction(context, step, force, err))
        if (!patience_may_heal(err) || !patience_pause(&patience, err))
            return false;
    return true;
}

// --- statements on their own --------------------------------------------------------------------

// An index of that name that is not valid was left by a build that was cut short.
static bool
drop_leftover(struct context *context, const struct step *step, struct error *err)
{
    bool invalid;

    if (!context_ask(context, step, sql_schema_invalid_index, &invalid, err))
        return false;
    if (!invalid)
        return true;
    AUTOFREE char *sql = context_expand(context, step, NULL, sql_schema_drop_index);
    return context_run(context, sql, LONG_ANSWER_MS, err);
}

static bool
try_alone(struct context *context, const struct step *step, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, step, NULL, step->statements[0].sql);
    struct watch *watch = watch_start(context, step->name);
    bool done = drop_leftover(context, step, err) && context_run(context, sql, LONG_ANSWER_MS, err);

    watch_stop(watch);
    return done;
}

// Without a lock_timeout, whose end would leave an invalid index. What CONCURRENTLY waits for makes
// no writer wait: its lock on the table conflicts with other DDL and vacuums only.
static bool
run_alone(struct context *context, const struct step *step, struct error *err)
{
    struct patience patience = patience_start(context, step->name);
    bool done;

    if (!set_lock_timeout(context, sql_schema_lock_timeout, 0, err))
        return false;
    while (!(done = try_alone(context, step, err)))
        if (!patience_may_heal(err) || !patience_pause(&patience, err))
            break;
    return done && set_lock_timeout(context, sql_schema_lock_timeout,
                                    context->settings->lock_timeout_ms, err);
}

// --- loops --------------------------------------------------------------------------------------

struct loop {
    struct context *context;
    const struct step *step;
    size_t total; // rows that the statement before the repeated one found; 0: unknown
    size_t finished;
    struct mono next_line;
};

// "numbers: 5000 of 12000 rows".
static void
say_rows(struct loop *loop)
{
    if (loop->total > 0)
        context_say(loop->context, "%s: %zu of %zu rows", loop->step->name, loop->finished,
                    loop->total);
    else
        context_say(loop->context, "%s: %zu rows", loop->step->name, loop->finished);
    loop->next_line = mono_add_ms(mono_now(), LINE_EVERY_MS);
}

// One turn: *ret_taken rows were looked at, *ret_finished of them need no other turn.
static bool
turn(struct context *context, const char *sql, size_t *ret_taken, size_t *ret_finished,
     struct error *err)
{
    struct session_result *result;

    if (!session_run(context->session, sql, NULL, 0, LONG_ANSWER_MS, &result, err) ||
        !session_expect(&result, "ll", 1, err))
        return false;
    *ret_taken = strtoul(session_value(result, 0, 0), NULL, 10);
    *ret_finished = strtoul(session_value(result, 0, 1), NULL, 10);
    session_result_free(result);
    return true;
}

// Turns until no row is taken. A turn that finished none met rows which are all locked.
static bool
repeat(struct loop *loop, const char *sql, struct error *err)
{
    struct patience patience = patience_start(loop->context, loop->step->name);
    size_t taken, finished;

    for (;;) {
        bool answered = turn(loop->context, sql, &taken, &finished, err);
        if (!answered && !patience_may_heal(err))
            return false;
        if (answered && taken == 0)
            break;
        if (answered && finished > 0) {
            loop->finished += finished;
            if (mono_passed(loop->next_line))
                say_rows(loop);
            patience = patience_start(loop->context, loop->step->name);
        } else if (!patience_pause(&patience, err)) {
            return false;
        }
    }
    if (loop->finished > 0)
        say_rows(loop);
    return true;
}

// A statement of a loop, repeated or not, as its own transaction.
static bool
run_in_loop(void *argument, const struct statement *statement, const char *sql, struct error *err)
{
    struct loop *loop = argument;
    struct patience patience = patience_start(loop->context, loop->step->name);
    struct session_result *result;

    if (statement->repeated)
        return repeat(loop, sql, err);
    while (!session_run(loop->context->session, sql, NULL, 0, LONG_ANSWER_MS, &result, err))
        if (!patience_may_heal(err) || !patience_pause(&patience, err))
            return false;
    if (session_affected(result) > 0)
        loop->total = session_affected(result);
    session_result_free(result);
    return true;
}

static bool
run_loop(struct context *context, const struct step *step, struct error *err)
{
    struct loop loop = {
        .context = context,
        .step = step,
        .next_line = mono_add_ms(mono_now(), LINE_EVERY_MS),
    };
    return context_each_statement(context, step, run_in_loop, &loop, err);
}

bool
runner_run(struct context *context, const struct step *step, bool force, struct error *err)
{
    bool done = false;

    switch (step->kind) {
    case STEP_TRANSACTION:
        done = run_transaction(context, step, force, err);
        break;
    case STEP_ALONE:
        done = run_alone(context, step, err);
        break;
    case STEP_LOOP:
        done = run_loop(context, step, err);
        break;
    }
    return done || (str_equal(err->code, "LOCKED") ? false : error_prefix(err, "%s", step->name));
}

// --- other schema commands ----------------------------------------------------------------------

// The holder, so that a person can look what it does: every role can take this lock, too.
static bool
say_who_works(struct context *context, struct error *err)
{
    AUTOFREE char *sql = context_expand(context, NULL, NULL, sql_schema_applier_pid);
    struct session_result *result;

    if (!session_run(context->session, sql, NULL, 0, ANSWER_MS, &result, err) ||
        !session_expect(&result, "lt", 0, err))
        return false;
    if (session_rows(result) > 0)
        context_say(context,
                    "another schema command (pid %s, %s) is at work on this table, unless that "
                    "session took the lock for a purpose of its own; waiting",
                    session_value(result, 0, 0), session_value(result, 0, 1));
    session_result_free(result);
    return true;
}

// As long as it takes: the other one's work may be an index build of hours.
static bool
wait_for_lock(struct context *context, const char *sql, struct error *err)
{
    bool got = false, said = false;

    for (;;) {
        if (!context_ask(context, NULL, sql, &got, err))
            return false;
        if (got)
            return true;
        if (!said && !say_who_works(context, err))
            return false;
        said = true;
        patience_sleep_ms(OTHERS_PAUSE_MS);
    }
}

bool
runner_exclude_others(struct context *context, struct error *err)
{
    // Without a table there is only its name to lock. Whoever made the table meanwhile held that
    // too, and may still be at work under the table's own lock.
    if (!context->facts.exists && (!wait_for_lock(context, sql_schema_applier_lock_name, err) ||
                                   !context_refresh(context, err)))
        return false;
    if (context->facts.exists && !wait_for_lock(context, sql_schema_applier_lock_table, err))
        return false;
    return context_refresh(context, err);
}
