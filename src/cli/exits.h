// SPDX-License-Identifier: Apache-2.0
// Exit codes, those of sysexits(3) where there is one: THE list of the codes that a user may meet.
#ifndef OUTRIDER_CLI_EXITS_H
#define OUTRIDER_CLI_EXITS_H

#include "outrider/base/error.h"

#include <stddef.h>
#include <sysexits.h>

// The command did its work and its answer is no: pending, older, refused.
enum { EX_NO = 1 };

struct exit_code {
    int code;
    const char *meaning;
};

extern const struct exit_code exit_codes[];
extern const size_t exit_code_count;

// The exit code for a failure that ended a command.
int exit_of_error(const struct error *err);

// Writes "outrider: context: text" to stderr and returns exit_of_error. context: what was being
// done, e.g. the command's path.
int exit_with_error(const char *context, const struct error *err);

#endif
