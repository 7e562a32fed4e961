// SPDX-License-Identifier: Apache-2.0
//
// outrider's main: finds the command, reads the configuration if it needs one, runs it.
#include "arguments.h"
#include "command.h"
#include "configure.h"
#include "core_dump.h"
#include "exits.h"
#include "notices.h"
#include "usage.h"

#include "outrider/base/safe.h"
#include "outrider/base/text.h"

#include <locale.h>
#include <stdio.h>
#include <unistd.h>

// All errors of the configuration are told at once, as config_load collected them: a line each,
// ready to be clicked on in an editor.
static int
run_configured(struct arguments *arguments)
{
    __attribute__((cleanup(text_free))) struct text errors = {0};
    const struct config_sources sources = {
        .file = arguments->config_file,
        .overrides = arguments->overrides,
        .override_count = arguments->override_count,
        .environment = environ,
    };
    struct settings settings;
    if (!configure(&sources, &settings, &errors)) {
        fputs(text_str(&errors), stderr);
        return EX_CONFIG;
    }
    arguments->invocation.sources = &sources;
    arguments->invocation.settings = &settings;
    int code = arguments->invocation.command->run(&arguments->invocation);
    settings_free(&settings);
    return code;
}

// A group such as "schema" does nothing by itself, so it shows its help, as an error unless that
// was asked for.
static int
run(struct arguments *arguments)
{
    const struct invocation *invocation = &arguments->invocation;
    const struct command *command = invocation->command;
    if (command == NULL) {
        usage_all(arguments->help ? stdout : stderr);
        return arguments->help ? EX_OK : EX_USAGE;
    }
    if (arguments->help || command->run == NULL) {
        usage_command(command, invocation->path, arguments->help ? stdout : stderr);
        return arguments->help ? EX_OK : EX_USAGE;
    }
    return command->needs_config ? run_configured(arguments) : command->run(invocation);
}

// What was printed must have arrived: a full disk under "config print > file" is a failure.
static int
close_stdout(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    perror("outrider: standard output");
    return code == EX_OK ? EX_SOFTWARE : code;
}

int
main(int argc, char **argv)
{
    core_dump_forbid();
    setlocale(LC_CTYPE, "");
    struct arguments arguments;
    struct error err;
    notices_to_log();
    if (!arguments_parse(argc, argv, &arguments, &err)) {
        safe_print_line(stderr, "outrider: %s", err.text);
        fputs("Try \"outrider help\".\n", stderr);
        return EX_USAGE;
    }
    int code = close_stdout(run(&arguments));
    arguments_free(&arguments);
    return code;
}
