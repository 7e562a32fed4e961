// SPDX-License-Identifier: Apache-2.0
// From what was typed to the rows that are meant by it.
#ifndef OUTRIDER_CLI_DEAD_SELECT_H
#define OUTRIDER_CLI_DEAD_SELECT_H

#include "outrider/store/dead.h"

#include <stdbool.h>

struct invocation;

// False, with a line on stderr, when an id is none: exit EX_USAGE then. Borrows the arguments'
// texts.
bool dead_select(const struct invocation *invocation, struct dead_selection *ret_selection)
    __attribute__((warn_unused_result));
void dead_select_free(struct dead_selection *selection);

// Did it say at all which rows it means? --all says so too.
bool dead_select_given(const struct invocation *invocation);

#endif
