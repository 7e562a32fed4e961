// SPDX-License-Identifier: Apache-2.0
// One run of a command over the dead letters that it means: page by page, with an audit line for
// each row that was changed, and a word about each that was not.
#ifndef OUTRIDER_CLI_DEAD_ROUND_H
#define OUTRIDER_CLI_DEAD_ROUND_H

#include "command.h"

#include "outrider/store/dead.h"

#include <stdbool.h>
#include <stdint.h>

enum { DEAD_MOST = 1000000000 }; // rows: beyond is a typing error

struct dead_round {
    const struct invocation *invocation;
    enum dead_action action;
    struct dead_selection selection;
    int64_t limit; // rows at most
    // Gets each row that was read; not called for RETRY and DISCARD.
    void (*take)(void *context, const struct dead_letter *letter);
    void *context;
    // What came of it, also when it failed:
    int64_t rows;    // read or changed
    int64_t skipped; // could not be changed
    int64_t unmet;   // named, and not among the dead
    bool more;       // there are rows beyond the limit
    bool nameless;   // there are dead without an id, which are left out
    bool complete;   // no failure
};

// Returns the exit code; what went wrong is on stderr.
int dead_round_run(struct dead_round *round);

#endif
