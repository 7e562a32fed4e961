// SPDX-License-Identifier: Apache-2.0
//
// outrider dead: list, show, retry, discard.
#include "command.h"
#include "dead_print.h"
#include "dead_round.h"
#include "dead_select.h"
#include "exits.h"

#include "outrider/base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LIST_ROWS = 1000 }; // listed unless --limit says otherwise

// What retry and discard are called when they are done.
struct deed {
    enum dead_action action;
    const char *done;
    const char *planned;
    const char *note;
};

// Where listed rows go.
struct listing {
    bool json;
    int64_t room; // rows that are still to be shown
    struct grid grid;
};

// Columns of the terminal under stdout; 0: it is none, and nothing needs to be cut.
static size_t
stdout_width(void)
{
    struct winsize size;

    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void
print_json(const struct dead_letter *letter, bool whole)
{
    __attribute__((cleanup(text_free))) struct text out = {0};

    dead_print_json(&out, letter, whole);
    fputs(text_str(&out), stdout);
}

static void
print_grid(struct grid *grid)
{
    __attribute__((cleanup(text_free))) struct text out = {0};

    grid_append(grid, &out);
    fputs(text_str(&out), stdout);
    grid_free(grid);
}

static void
take_listed(void *context, const struct dead_letter *letter)
{
    struct listing *listing = context;

    if (listing->json)
        print_json(letter, false);
    else if (listing->room-- > 0)
        dead_print_row(&listing->grid, letter);
}

static void
tell_more(const struct dead_round *round)
{
    if (round->more)
        fprintf(stderr, "outrider: %s: there are more than these %" PRId64 "; --limit N takes N\n",
                round->invocation->path, round->limit);
}

int
cmd_dead_list(const struct invocation *invocation)
{
    struct listing listing = {.json = invocation_flag(invocation, "json")};
    struct dead_round round = {
        .invocation = invocation,
        .action = listing.json ? DEAD_MEASURE : DEAD_LOOK,
        .limit = LIST_ROWS,
        .take = take_listed,
        .context = &listing,
    };

    if (!invocation_number(invocation, "limit", 1, DEAD_MOST, &round.limit) ||
        !dead_select(invocation, &round.selection))
        return EX_USAGE;
    listing.room = round.limit;
    dead_print_heads(&listing.grid, stdout_width());
    int code = dead_round_run(&round);
    if (!listing.json && round.rows > 0)
        print_grid(&listing.grid);
    else if (!listing.json && round.complete && !round.nameless)
        puts("no dead letters");
    tell_more(&round);
    grid_free(&listing.grid);
    dead_select_free(&round.selection);
    return code;
}

static void
take_shown(void *context, const struct dead_letter *letter)
{
    __attribute__((cleanup(text_free))) struct text out = {0};
    const bool *json = context;

    if (*json)
        print_json(letter, true);
    else
        dead_print_whole(&out, letter);
    fputs(text_str(&out), stdout);
}

int
cmd_dead_show(const struct invocation *invocation)
{
    bool json = invocation_flag(invocation, "json");
    struct dead_round round = {
        .invocation = invocation,
        .action = DEAD_SHOW,
        .limit = 1,
        .take = take_shown,
        .context = &json,
    };

    if (invocation->argument_count != 1) {
        fprintf(stderr,
                "outrider: %s: one message id is wanted; \"outrider dead list\" shows them\n",
                invocation->path);
        return EX_USAGE;
    }
    if (!dead_select(invocation, &round.selection))
        return EX_USAGE;
    int code = dead_round_run(&round);
    dead_select_free(&round.selection);
    return code;
}

static void
add_sum(struct grid *sums, const char *what, int64_t count, const char *note)
{
    grid_add(sums, what);
    grid_add_count(sums, count);
    grid_add(sums, count > 0 ? note : "");
}

// The closing table of retry and discard; of one that failed, what it did before.
static void
print_sums(const struct dead_round *round, const char *what, const char *note)
{
    struct grid sums = {.columns = 3, .right = {false, true, false}};

    if (!round->complete && round->rows == 0)
        return;
    add_sum(&sums, what, round->rows, note);
    if (round->skipped > 0)
        add_sum(&sums, "skipped", round->skipped,
                "named above, each with why; run it again when that is over");
    if (round->unmet > 0)
        add_sum(&sums, "not dead", round->unmet, "named, and left as they are");
    print_grid(&sums);
    tell_more(round);
}

// Shows no more rows than a list does, and counts all.
static int
plan(struct dead_round *round, struct listing *listing, const struct deed *deed)
{
    round->action = DEAD_LOOK;
    dead_print_heads(&listing->grid, stdout_width());
    int code = dead_round_run(round);
    if (round->rows > 0)
        print_grid(&listing->grid);
    if (listing->room < 0)
        printf("and %" PRId64 " more\n", -listing->room);
    print_sums(round, deed->planned, deed->note);
    grid_free(&listing->grid);
    return code;
}

static int
change(const struct invocation *invocation, const struct deed *deed)
{
    struct listing listing = {.room = LIST_ROWS};
    struct dead_round round = {
        .invocation = invocation,
        .action = deed->action,
        .limit = DEAD_MOST,
        .take = take_listed,
        .context = &listing,
    };
    int code;

    if (!dead_select_given(invocation)) {
        fprintf(stderr,
                "outrider: %s: which ones? Name ids, or --topic, --aggregate, --error or --since, "
                "or --all\n",
                invocation->path);
        return EX_USAGE;
    }
    if (!invocation_number(invocation, "limit", 1, DEAD_MOST, &round.limit) ||
        !dead_select(invocation, &round.selection))
        return EX_USAGE;
    if (invocation_flag(invocation, "dry-run")) {
        code = plan(&round, &listing, deed);
    } else {
        code = dead_round_run(&round);
        print_sums(&round, deed->done, deed->note);
    }
    dead_select_free(&round.selection);
    return code;
}

int
cmd_dead_retry(const struct invocation *invocation)
{
    static const struct deed retry = {
        .action = DEAD_RETRY,
        .done = "retried",
        .planned = "would be retried",
        .note = "delivered late: after later rows of their aggregate",
    };
    return change(invocation, &retry);
}

int
cmd_dead_discard(const struct invocation *invocation)
{
    static const struct deed discard = {
        .action = DEAD_DISCARD,
        .done = "discarded",
        .planned = "would be discarded",
        .note = "deleted, and never sent",
    };
    return change(invocation, &discard);
}
