// SPDX-License-Identifier: Apache-2.0
//
// outrider purge: deletes published rows that are old.
//
// The store says how much a batch is and how long to pause after it; this is the loop, its lines
// and its last one. A signal is heard between two batches: what was deleted is committed and told.
#include "command.h"
#include "exits.h"
#include "format.h"

#include "outrider/base/clock.h"
#include "outrider/base/safe.h"
#include "outrider/base/signals.h"
#include "outrider/config/settings.h"
#include "outrider/store/purge.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>

enum { LINE_EVERY_MS = 5000 };

#define MOST_MS   INT64_C(3155760000000) // a hundred years: beyond is a typing error
#define MOST_ROWS INT64_C(1000000000)    // a second

struct round {
    const struct settings *settings;
    struct purge *purge;
    struct mono started, next_line;
    int64_t rows;
    bool stopped; // by a signal
};

static void
append_rows(struct text *out, const char *verb, int64_t rows)
{
    text_appendf(out, "%s ", verb);
    format_count(out, rows);
    text_append(out, rows == 1 ? " row" : " rows");
}

static int64_t
ms_since(struct mono then)
{
    return mono_diff_ns(mono_now(), then) / 1000000;
}

static void
say_progress(struct round *round)
{
    __attribute__((cleanup(text_free))) struct text line = {0};
    const int64_t ms = ms_since(round->started);

    append_rows(&line, "deleted", round->rows);
    text_append(&line, ", ");
    format_count(&line, round->rows * 1000 / (ms > 0 ? ms : 1));
    text_append(&line, " a second");
    fprintf(stderr, "outrider: purge: %s\n", text_str(&line));
    round->next_line = mono_add_ms(mono_now(), LINE_EVERY_MS);
}

// Until nothing is left, or a signal comes.
static bool
delete_all(struct round *round, struct error *err)
{
    struct pollfd signal_fd = {.fd = signals_fd(), .events = POLLIN};
    struct purged purged = {0};

    while (!purged.last) {
        round->stopped = signals_terminations() > 0;
        if (round->stopped)
            return true;
        if (!purge_next(round->purge, &purged, err))
            return false;
        round->rows += purged.rows;
        if (mono_passed(round->next_line))
            say_progress(round);
        if (!purged.last)
            poll(&signal_fd, 1, purged.pause_ms);
    }
    return true;
}

// The answer: of how many rows what is true, also when the rest could not be done.
static void
answer(const struct round *round, const char *verb)
{
    __attribute__((cleanup(text_free))) struct text line = {0};
    const struct store_settings *store = &round->settings->store;

    append_rows(&line, verb, round->rows);
    text_appendf(&line, ", published before %s", purge_before(round->purge));
    if (round->rows == 0 && store->on_published == ON_PUBLISHED_DELETE)
        text_append(&line, "; there is nothing to purge with outbox.on_published: delete, which "
                           "keeps no published rows");
    safe_print_line(stdout, "%s: %s", store->table, text_str(&line));
}

static void
say_unindexed(const struct round *round)
{
    if (!purge_is_indexed(round->purge))
        fprintf(stderr, "outrider: purge: the table has no index on its columns for published and "
                        "created_at, in this order: all of it is read\n");
}

// Says what went wrong; the exit code.
static int
fail(const struct error *err)
{
    const int code = exit_with_error("purge", err);

    if (code == EX_NOPERM)
        fprintf(stderr, "outrider: purge: it takes the rights SELECT, UPDATE and DELETE on the "
                        "table\n");
    return str_equal(err->code, "55P03") ? EX_TEMPFAIL : code; // lock_timeout: of the whole table
}

// Opens, does it and says what came of it; the exit code.
static int
run(struct round *round, const struct purge_limits *limits, bool dry)
{
    struct store_settings store = round->settings->store;
    struct error err;

    store.standby_will_do = dry; // to look
    if (!purge_open(&store, limits, NULL, &round->purge, &err))
        return fail(&err);
    say_unindexed(round);
    bool done = dry ? purge_count(round->purge, &round->rows, &err) : delete_all(round, &err);
    if (done || round->rows > 0)
        answer(round, dry ? "would delete" : "deleted");
    if (round->stopped)
        fprintf(stderr, "outrider: purge: stopped by a signal; run it again to go on\n");
    purge_close(round->purge);
    if (!done)
        return fail(&err);
    return round->stopped ? EX_TEMPFAIL : EX_OK;
}

int
cmd_purge(const struct invocation *invocation)
{
    struct round round = {.settings = invocation->settings, .started = mono_now()};
    struct purge_limits limits = {.older_than_ms = -1};
    struct error err;

    round.next_line = mono_add_ms(round.started, LINE_EVERY_MS);
    if (!invocation_duration_ms(invocation, "older-than", &limits.older_than_ms) ||
        !invocation_number(invocation, "rate", 1, MOST_ROWS, &limits.rate))
        return EX_USAGE;
    if (limits.older_than_ms < 0 || limits.older_than_ms > MOST_MS) {
        fprintf(stderr, "outrider: purge: --older-than TIME says which rows, e.g. 7d; at most a "
                        "hundred years\n");
        return EX_USAGE;
    }
    if (invocation_flag(invocation, "dry-run"))
        return run(&round, &limits, true);
    if (!signals_start(&err)) {
        exit_with_error("purge", &err);
        return EX_SOFTWARE;
    }
    const int code = run(&round, &limits, false);
    signals_stop();
    return code;
}
