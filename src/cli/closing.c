// SPDX-License-Identifier: Apache-2.0
//
// The table that a drain ends with: what was done, what is left and why, what it cost.
#include "closing.h"

#include "format.h"

#include "outrider/base/clock.h"

#include <inttypes.h>

static void
add_row(struct grid *grid, const char *name, const char *value, const char *note)
{
    grid_add(grid, name);
    grid_add(grid, value);
    grid_add(grid, note);
}

static void
add_count(struct grid *grid, const char *name, int64_t count, const char *note)
{
    grid_add(grid, name);
    grid_add_count(grid, count);
    grid_add(grid, note);
}

// In milliseconds at best: the histogram is no more exact than an eighth.
static void
add_age(struct grid *grid, const char *name, int64_t us, const char *note)
{
    __attribute__((cleanup(text_free))) struct text value = {0};
    format_age(&value, us / 1000);
    add_row(grid, name, text_str(&value), note);
}

// When the first of them is due, where the table knows it: a user decides by that whether to wait.
static void
add_waiting(struct grid *grid, const struct closing *closing)
{
    __attribute__((cleanup(text_free))) struct text note = {0};
    const struct remaining *remaining = &closing->remaining;
    int64_t due_us;
    char time[40];

    if (!closing->has_due_time) {
        text_append(&note, "failed before, for their next attempt");
    } else if (remaining->next_attempt_ms == 0) {
        text_append(&note, "for ever: next_attempt_at is infinity");
    } else {
        if (__builtin_add_overflow(closing->now_us, remaining->next_attempt_ms * 1000, &due_us))
            due_us = UTC_INFINITY;
        format_utc(due_us, 3, time);
        text_appendf(&note, "the first until %s", time);
    }
    add_count(grid, "  waiting", remaining->waiting, text_str(&note));
}

// Whom to ask: a pid is what pg_terminate_backend and pg_stat_activity take. A prepared transaction
// has none, and its name is what ends it.
static void
add_locked(struct grid *grid, const struct remaining *remaining)
{
    __attribute__((cleanup(text_free))) struct text note = {0};
    const char *gid = remaining->locked_gid;
    if (remaining->locked_pid != 0) {
        text_appendf(&note, "by pid %d", remaining->locked_pid);
    } else {
        text_append(&note, "by a prepared transaction");
        if (gid[0] != '\0') {
            text_append(&note, ": COMMIT PREPARED or ROLLBACK PREPARED ends ");
            format_names(&note, &gid, 1);
        }
    }
    add_count(grid, "  locked", remaining->locked, text_str(&note));
}

// Which topics: the log's topic_blocked says why.
static void
add_blocked(struct grid *grid, const struct closing *closing)
{
    __attribute__((cleanup(text_free))) struct text note = {0};
    format_names(&note, closing->blocked, closing->blocked_count);
    add_count(grid, "  topic blocked", closing->remaining.blocked, text_str(&note));
}

// Each reason has a row of its own, and they add up to what remains. Rows that nothing hinders were
// not reached because the drain ended: its reason is theirs.
static void
add_remaining(struct grid *grid, const struct closing *closing)
{
    const struct remaining *remaining = &closing->remaining;
    const char *why = drain_ending_text(closing->ending);
    if (!closing->counted) {
        add_row(grid, "remaining", "?", "could not be counted");
        return;
    }
    add_count(grid, "remaining", remaining->messages, "");
    if (remaining->waiting > 0)
        add_waiting(grid, closing);
    if (remaining->locked > 0)
        add_locked(grid, remaining);
    if (remaining->blocked > 0)
        add_blocked(grid, closing);
    if (remaining->held > 0)
        add_count(grid, "  held back", remaining->held, "behind those of their aggregate");
    if (remaining->claimable > 0)
        add_count(grid, "  not reached", remaining->claimable, why == NULL ? "" : why);
}

// Latencies and CPU mean nothing without messages, so they are left out then.
static void
add_costs(struct grid *grid, const struct closing *closing)
{
    __attribute__((cleanup(text_free))) struct text value = {0};
    const struct figures *figures = &closing->figures;

    text_appendf(&value, "%.2f", (double)closing->elapsed_ms / 1000);
    add_row(grid, "seconds", text_str(&value), "");
    add_count(grid, "rate", (int64_t)figures_rate(figures->published, closing->busy_ms), "msg/s");
    if (figures->published > 0) {
        add_age(grid, "delivery p50", figures->p50_us, "from created_at");
        add_age(grid, "delivery p99", figures->p99_us, "");
        text_clear(&value);
        text_appendf(&value, "%.1f us", figures_cpu_us_per_message(figures));
        add_row(grid, "CPU a message", text_str(&value), "of this process");
    }
    text_clear(&value);
    format_bytes(&value, figures->peak_bytes);
    add_row(grid, "peak memory", text_str(&value), "");
}

void
closing_append(const struct closing *closing, struct text *out)
{
    struct grid grid = {.columns = 3, .right = {false, true, false}};
    const struct figures *figures = &closing->figures;
    const int64_t own = figures->published + figures->dead;
    // Published by another relay, or deleted: gone, and not by us.
    const int64_t others =
        closing->counted ? closing->total - closing->remaining.messages - own : 0;

    if (closing->ending != DRAIN_GONE)
        text_appendf(out, "unfinished: %s\n", drain_ending_text(closing->ending));
    add_count(&grid, "published", figures->published, "");
    if (others > 0)
        add_count(&grid, "taken by others", others, "");
    add_count(&grid, "dead", figures->dead, "");
    add_count(&grid, "failed attempts", figures->failed_attempts, "");
    add_count(&grid, "possible duplicates", figures->possible_duplicates, "");
    add_remaining(&grid, closing);
    add_costs(&grid, closing);
    grid_append(&grid, out);
    grid_free(&grid);
}
