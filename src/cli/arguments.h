// SPDX-License-Identifier: Apache-2.0
// The command line, taken apart by the command table.
#ifndef OUTRIDER_CLI_ARGUMENTS_H
#define OUTRIDER_CLI_ARGUMENTS_H

#include "command.h"

#include "outrider/base/error.h"
#include "outrider/base/text.h"

struct arguments {
    struct invocation invocation; // command NULL: none was named; settings are not its business
    const char *config_file;      // -c, NULL when not given
    const char **overrides;       // each -o
    size_t override_count;
    bool help; // -h or --help
    // What the invocation borrows:
    struct text path;
    struct option_value *options;
    const char **words;
};

// Options may stand anywhere; "--" ends them. Errors have code "USAGE" and name the nearest known
// word.
bool arguments_parse(int argc, char *const *argv, struct arguments *ret_arguments,
                     struct error *err) __attribute__((warn_unused_result));
void arguments_free(struct arguments *arguments);

// The command that the words name, e.g. {"schema", "apply"}; *ret_used says how many of them,
// *ret_path gets its path. NULL, with err filled, when there is no such command.
const struct command *command_find(const char *const *words, size_t count, size_t *ret_used,
                                   struct text *ret_path, struct error *err);

#endif
