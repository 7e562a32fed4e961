// SPDX-License-Identifier: Apache-2.0
// What a command is, and what it is given. All commands stand in one table, commands.c, that drives
// parsing, help and the reference.
#ifndef OUTRIDER_CLI_COMMAND_H
#define OUTRIDER_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_sources;
struct settings;
struct invocation;

// An option's name is written after "--". Commands may share a name; then all of them take an
// argument with it, or none does.
struct option_spec {
    const char *name;
    const char *argument; // what the value is called in the help; NULL: a flag
    const char *help;
};

struct command {
    const char *name;
    const char *summary; // one line, lower case, no full stop
    const char *details; // paragraphs for the command's own help; NULL: none
    const struct option_spec *options;
    size_t option_count;
    const char *arguments_help; // e.g. "[COMMAND]", "this|that"; NULL: takes no arguments
    bool needs_config;          // sources and settings are set
    int (*run)(const struct invocation *); // returns the exit code; NULL: only subcommands
    const struct command *subcommands;
    size_t subcommand_count;
};

extern const struct command commands[];
extern const size_t command_count;

// Options that every command takes: -c, -o, -h.
struct global_option {
    char letter;
    const char *argument; // NULL: a flag
    const char *help;
};

extern const struct global_option global_options[];
extern const size_t global_option_count;

struct option_value {
    const struct option_spec *option;
    const char *value; // NULL for a flag
};

// Borrows everything: it lives as long as main's arguments.
struct invocation {
    const struct command *command;
    const char *path;                     // as typed, e.g. "schema apply"
    const struct config_sources *sources; // what the settings were read from, to read it again
    const struct settings *settings;
    const struct option_value *options; // as given, in order
    size_t option_count;
    const char *const *arguments;
    size_t argument_count;
};

// The value that was given last, NULL when the option was not given.
const char *invocation_option(const struct invocation *invocation, const char *name);
bool invocation_flag(const struct invocation *invocation, const char *name);

// The option as a whole number or a duration ("30s", "250ms", "5m", "2h", "7d"), *ret_value
// untouched when it was not given. False, with a line on stderr, when the value is none or lies
// outside min..max: exit EX_USAGE then.
bool invocation_number(const struct invocation *invocation, const char *name, int64_t min,
                       int64_t max, int64_t *ret_value) __attribute__((warn_unused_result));
bool invocation_duration_ms(const struct invocation *invocation, const char *name, int64_t *ret_ms)
    __attribute__((warn_unused_result));

int cmd_run(const struct invocation *invocation);
int cmd_drain(const struct invocation *invocation);
int cmd_status(const struct invocation *invocation);
int cmd_health(const struct invocation *invocation);
int cmd_dead_list(const struct invocation *invocation);
int cmd_dead_show(const struct invocation *invocation);
int cmd_dead_retry(const struct invocation *invocation);
int cmd_dead_discard(const struct invocation *invocation);
int cmd_purge(const struct invocation *invocation);
int cmd_schema_apply(const struct invocation *invocation);
int cmd_schema_revert(const struct invocation *invocation);
int cmd_schema_status(const struct invocation *invocation);
int cmd_schema_print(const struct invocation *invocation);
int cmd_check(const struct invocation *invocation);
int cmd_config_print(const struct invocation *invocation);
int cmd_config_keys(const struct invocation *invocation);
int cmd_completion(const struct invocation *invocation);
int cmd_version(const struct invocation *invocation);
int cmd_help(const struct invocation *invocation);

#endif
