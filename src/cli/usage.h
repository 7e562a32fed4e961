// SPDX-License-Identifier: Apache-2.0
// Help, written from the command table.
#ifndef OUTRIDER_CLI_USAGE_H
#define OUTRIDER_CLI_USAGE_H

#include "command.h"

#include <stdio.h>

// All commands, the options that all take, the exit codes.
void usage_all(FILE *out);

// One command: usage line, details, options or subcommands.
void usage_command(const struct command *command, const char *path, FILE *out);

// The reference of all commands as Markdown: docs/cli.md.
void usage_markdown(FILE *out);

// The same for outrider(1), as scdoc's source.
void usage_scdoc(FILE *out);

#endif
