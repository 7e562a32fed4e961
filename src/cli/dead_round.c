// SPDX-License-Identifier: Apache-2.0
//
// A command's way over the dead letters.
//
// What is changed by hand leaves a line of the log for each row, written when its transaction has
// committed and not before: it must be true. Signals wait for the end of a transaction and its
// lines, so that none can come in between. What cannot be done to a row is said on stderr with its
// id, and the rest goes on.
#include "dead_round.h"

#include "exits.h"

#include "outrider/base/log.h"
#include "outrider/base/safe.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/config/settings.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PAGE_ROWS = 1000,    // a transaction
    MEASURED_ROWS = 100, // of those whose payloads are read, which can be large
};

static const char *const rights[] = {
    [DEAD_LOOK] = "SELECT",
    [DEAD_MEASURE] = "SELECT",
    [DEAD_SHOW] = "SELECT",
    [DEAD_RETRY] = "SELECT, UPDATE",
    [DEAD_DISCARD] = "SELECT, UPDATE, DELETE",
};

static const char *const reasons[] = {
    [DEAD_ABSENT] = "is not in the table",
    [DEAD_PUBLISHED] = "is not dead: it was published",
    [DEAD_ALIVE] = "is not dead: it waits to be published",
    [DEAD_UNSELECTED] = "is dead, but the other options do not fit it",
};

static const char *const skips[] = {
    [DEAD_SKIP_UNKNOWN] = "somebody holds it locked, or was faster",
    [DEAD_SKIP_LOCKED] = "another session holds it locked",
    [DEAD_SKIP_GONE] = "another session was faster, it is not dead any more",
    [DEAD_SKIP_KEPT] = ("the table refuses the change: a trigger or row security of the table lets "
                        "the statement leave the row out"),
};

// The exit codes of these commands' own failures, by the beginning of the error's code; the others'
// are every command's.
static const struct {
    const char *prefix;
    int exit;
} failures[] = {
    {.prefix = "VERSION", .exit = EX_USAGE},
    {.prefix = "CHANGED", .exit = EX_TEMPFAIL},
    {.prefix = "55P03", .exit = EX_TEMPFAIL}, // lock_timeout
};

enum { USER_BYTES = 1024 }; // of an account's entry

// A run, and what it needs on its way.
struct walk {
    struct dead_round *round;
    struct dead *dead;
    bool *met;       // which of the named ids were in a page
    sigset_t before; // the signals that the process came with blocked
    char os_user[USER_BYTES];
};

static bool
writes(const struct dead_round *round)
{
    return round->action == DEAD_RETRY || round->action == DEAD_DISCARD;
}

static bool
asks_since(const struct dead_selection *selection)
{
    return selection->since != NULL || selection->since_ms > 0;
}

static int
fail(const struct dead_round *round, const struct error *err)
{
    int code = exit_with_error(round->invocation->path, err);
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (str_starts_with(err->code, failures[i].prefix))
            code = failures[i].exit;
    if (asks_since(&round->selection) && str_starts_with(err->code, "22"))
        code = EX_USAGE; // PostgreSQL reads it, and it is no time
    if (code == EX_NOPERM)
        fprintf(stderr, "outrider: %s: it takes the rights %s on the table\n",
                round->invocation->path, rights[round->action]);
    return code;
}

// Who typed the command: the name of the process's own user, or his number.
static void
name_os_user(char name[static USER_BYTES])
{
    struct passwd entry, *found = NULL;
    char bytes[USER_BYTES];

    if (getpwuid_r(getuid(), &entry, bytes, sizeof bytes, &found) == 0 && found != NULL)
        snprintf(name, USER_BYTES, "%s", entry.pw_name);
    else
        snprintf(name, USER_BYTES, "%ju", (uintmax_t)getuid());
}

// Which row, what became of it, and by whom. Neither payload nor error text: both can hold what is
// nobody's business who reads the log.
static void
audit(const struct walk *walk, const struct dead_page *page, const struct dead_letter *letter)
{
    const struct dead_round *round = walk->round;

    LOG(page->unclear ? LOG_WARN : LOG_INFO,
        page->unclear                   ? "dead_unclear"
        : round->action == DEAD_DISCARD ? "dead_discarded"
                                        : "dead_retried",
        LOG_STR("table", round->invocation->settings->store.table), LOG_STR("id", letter->id),
        LOG_STR("topic", letter->topic), LOG_STR("aggregate_type", letter->aggregate_type),
        LOG_STR("aggregate_id", letter->aggregate_id), LOG_STR("event_type", letter->event_type),
        LOG_INT("attempts", letter->retry_count), LOG_STR("error_class", letter->error_class),
        LOG_STR("command", round->invocation->path), LOG_STR("database_user", page->database_user),
        LOG_STR("os_user", walk->os_user));
}

// An audit line is written whatever log.level says.
static void
open_log(const struct settings *settings)
{
    if (settings->log_level < LOG_INFO)
        log_configure(LOG_INFO, settings->log_format);
}

static void
note_met(struct walk *walk, const char *text)
{
    const struct dead_selection *selection = &walk->round->selection;
    struct message_id id;

    if (selection->id_count == 0 || !message_id_parse(text, &id))
        return;
    for (size_t i = 0; i < selection->id_count; i++)
        if (memcmp(selection->ids[i].bytes, id.bytes, sizeof id.bytes) == 0)
            walk->met[i] = true;
}

static void
tell_skipped(const struct dead_round *round, const struct dead_page *page,
             const struct dead_letter *letter)
{
    const struct error *why = &page->refused;

    if (*why->code == '\0')
        safe_print_line(stderr, "outrider: %s: %s is skipped: %s", round->invocation->path,
                        letter->id, skips[letter->skip]);
    else
        safe_print_line(stderr, "outrider: %s: %s is skipped: the table refuses the change: %s: %s",
                        round->invocation->path, letter->id, why->code, why->text);
}

static void
take_letter(struct walk *walk, const struct dead_page *page, const struct dead_letter *letter)
{
    struct dead_round *round = walk->round;

    if (!letter->changed) {
        tell_skipped(round, page, letter);
        round->skipped++;
        return;
    }
    if (writes(round))
        audit(walk, page, letter);
    else
        round->take(round->context, letter);
    round->rows += !page->unclear;
}

// A page can take many transactions that change nothing, when a row of it is refused.
static void
let_signals_through(void *context)
{
    const struct walk *walk = context;
    sigset_t held;

    sigprocmask(SIG_SETMASK, &walk->before, &held);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

// The next page. Of one that is changed signals are held back until all is said about it.
static bool
turn_page(struct walk *walk, int64_t rows, struct dead_page *page, struct error *err)
{
    struct dead_round *round = walk->round;
    sigset_t held;

    if (writes(round))
        sigfillset(&held);
    else
        sigemptyset(&held);
    sigprocmask(SIG_BLOCK, &held, NULL);
    bool good = dead_next(walk->dead, &round->selection, round->action, (size_t)rows, page, err);
    for (size_t i = 0; i < page->count; i++) {
        note_met(walk, page->letters[i].id);
        take_letter(walk, page, &page->letters[i]);
    }
    sigprocmask(SIG_SETMASK, &walk->before, NULL);
    return good;
}

static bool
turn_pages(struct walk *walk, struct error *err)
{
    struct dead_round *round = walk->round;
    const int64_t rows = round->action == DEAD_MEASURE ? MEASURED_ROWS : PAGE_ROWS;
    struct dead_page page = {0};
    int64_t left = round->limit;
    bool good = true;

    while (good && left > 0 && !page.last) {
        good = turn_page(walk, left < rows ? left : rows, &page, err);
        left -= (int64_t)page.count;
    }
    if (good && !page.last) { // the limit came first: is there anything behind it?
        good = dead_next(walk->dead, &round->selection, DEAD_LOOK, 1, &page, err);
        round->more = page.count > 0;
    }
    dead_page_free(&page);
    return good;
}

static bool
met_all(const struct walk *walk)
{
    for (size_t i = 0; i < walk->round->selection.id_count; i++)
        if (!walk->met[i])
            return false;
    return true;
}

// Says of each id that was named and not met why. Not asked when a limit left rows out.
static bool
tell_unmet(struct walk *walk, struct error *err)
{
    struct dead_round *round = walk->round;
    const size_t count = round->selection.id_count;
    AUTOFREE enum dead_state *states = xcalloc(count + 1, sizeof *states);
    char id[MESSAGE_ID_TEXT];

    if (round->more || met_all(walk))
        return true;
    if (!dead_states(walk->dead, round->selection.ids, count, states, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (walk->met[i])
            continue;
        message_id_format(&round->selection.ids[i], id);
        fprintf(stderr, "outrider: %s: %s %s\n", round->invocation->path, id, reasons[states[i]]);
        round->unmet++;
    }
    return true;
}

// Says of the dead that have no id that they are left out, unless ids were asked for.
static bool
tell_nameless(struct walk *walk, struct error *err)
{
    struct dead_round *round = walk->round;
    struct dead_nameless nameless;

    if (round->selection.id_count > 0)
        return true;
    if (!dead_find_nameless(walk->dead, &nameless, err))
        return false;
    round->nameless = nameless.count != NULL;
    if (round->nameless)
        safe_print_line(stderr,
                        "outrider: %s: dead rows without an id are left out: %s; this gives them "
                        "ids: %s",
                        round->invocation->path, nameless.count, nameless.remedy);
    free(nameless.count);
    free(nameless.remedy);
    return true;
}

int
dead_round_run(struct dead_round *round)
{
    const struct settings *settings = round->invocation->settings;
    struct store_settings store = settings->store;
    AUTOFREE bool *met = xcalloc(round->selection.id_count + 1, sizeof *met);
    struct walk walk = {.round = round, .met = met};
    struct error err;

    store.standby_will_do = !writes(round);
    if (writes(round)) {
        open_log(settings);
        name_os_user(walk.os_user);
    }
    sigprocmask(SIG_BLOCK, NULL, &walk.before);
    round->complete = dead_open(&store, &walk.dead, &err);
    if (round->complete) {
        dead_between(walk.dead, let_signals_through, &walk);
        round->complete =
            turn_pages(&walk, &err) && tell_unmet(&walk, &err) && tell_nameless(&walk, &err);
    }
    dead_close(walk.dead);
    if (!round->complete)
        return fail(round, &err);
    if (round->unmet > 0)
        return EX_NO;
    return round->skipped > 0 ? EX_TEMPFAIL : EX_OK;
}
