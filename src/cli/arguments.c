// SPDX-License-Identifier: Apache-2.0
//
// The command line against the command table.
//
// Options may stand before the command, so getopt_long(3) takes them in by the table of all
// commands, and they are judged once the command is known. Its option string begins with '-', so
// that words come in their places whether POSIXLY_CORRECT is set or not, and goes on with ':', so
// that a missing value is told from an unknown option.
#include "arguments.h"

#include "outrider/base/xalloc.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAMES_MAX = 64, // more names than any one place in the table has
    HELP = 256,     // getopt_long's values: beyond every letter
    VERSION = 257,
    FIRST_OPTION = 258, // and the place in the list of all options
};

// Every option of every command, as getopt_long wants them. A name means the same everywhere, which
// a test checks, so one that stands in several commands is listed once.
struct known_options {
    const struct option_spec *specs[NAMES_MAX];
    struct option longs[NAMES_MAX + 3]; // with --help, --version and the end
    size_t count;
};

// ' (did you mean "x"?)', or nothing when no name is near.
static void
suggest(struct text *text, const char *before, const char *word, const char *const *names,
        size_t count)
{
    const char *near = nearest(word, names, count);
    if (near != NULL)
        text_appendf(text, "; did you mean \"%s%s\"?", before, near);
}

// The first option of that name in a command or below it. name_len: without "=value".
static const struct option_spec *
option_in(const struct command *command, const char *name, size_t name_len)
{
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option_spec *option = &command->options[i];
        if (strlen(option->name) == name_len && memcmp(option->name, name, name_len) == 0)
            return option;
    }
    for (size_t i = 0; i < command->subcommand_count; i++) {
        const struct option_spec *option = option_in(&command->subcommands[i], name, name_len);
        if (option != NULL)
            return option;
    }
    return NULL;
}

static bool
is_known(const struct known_options *known, const char *name)
{
    for (size_t i = 0; i < known->count; i++)
        if (strcmp(known->specs[i]->name, name) == 0)
            return true;
    return false;
}

static void
collect_known(const struct command *list, size_t count, struct known_options *known)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < list[i].option_count; j++) {
            const struct option_spec *spec = &list[i].options[j];
            if (is_known(known, spec->name) || known->count == NAMES_MAX)
                continue;
            known->longs[known->count] = (struct option){
                .name = spec->name,
                .has_arg = spec->argument ? required_argument : no_argument,
                .val = FIRST_OPTION + (int)known->count,
            };
            known->specs[known->count++] = spec;
        }
        collect_known(list[i].subcommands, list[i].subcommand_count, known);
    }
}

// The names to compare an unknown one with: those of a command and of all below it.
static size_t
collect_options(const struct command *command, const char **names, size_t count)
{
    for (size_t i = 0; i < command->option_count && count < NAMES_MAX; i++)
        names[count++] = command->options[i].name;
    for (size_t i = 0; i < command->subcommand_count; i++)
        count = collect_options(&command->subcommands[i], names, count);
    return count;
}

// command NULL: judged before the command is known.
static bool
unknown_option(const char *name, const struct command *command, const char *path, struct error *err)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    if (command != NULL)
        count = collect_options(command, names, 0);
    for (size_t i = 0; command == NULL && i < command_count; i++)
        count = collect_options(&commands[i], names, count);
    __attribute__((cleanup(text_free))) struct text hint = {0};
    suggest(&hint, "--", name, names, count);
    if (command == NULL)
        return error_set(err, FAULT_MESSAGE, "USAGE", "unknown option \"--%s\"%s", name,
                         text_str(&hint));
    return error_set(err, FAULT_MESSAGE, "USAGE", "\"%s\" has no option \"--%s\"%s", path, name,
                     text_str(&hint));
}

// What getopt_long answered '?' or ':' to. `word` is the argument it stood in.
static bool
refuse(const struct known_options *known, int answer, const char *word, struct error *err)
{
    const struct option_spec *spec =
        optopt >= FIRST_OPTION ? known->specs[optopt - FIRST_OPTION] : NULL;

    if (answer == ':' && spec != NULL)
        return error_set(err, FAULT_MESSAGE, "USAGE", "option \"--%s\" needs a value: --%s %s",
                         spec->name, spec->name, spec->argument);
    if (answer == ':')
        return error_set(err, FAULT_MESSAGE, "USAGE", "option \"-%c\" needs a value", optopt);
    if (spec != NULL || optopt == HELP || optopt == VERSION)
        return error_set(err, FAULT_MESSAGE, "USAGE", "option \"--%s\" takes no value",
                         spec != NULL     ? spec->name
                         : optopt == HELP ? "help"
                                          : "version");
    if (optopt != 0)
        return error_set(err, FAULT_MESSAGE, "USAGE", "unknown option \"-%c\"", optopt);
    AUTOFREE char *bare = xstrndup(word + 2, strcspn(word + 2, "="));
    return unknown_option(bare, NULL, NULL, err);
}

// getopt_long also takes abbreviations; one that is clear today is not tomorrow.
static bool
take_option(struct arguments *arguments, const struct option_spec *spec, char *const *argv,
            struct error *err)
{
    const char *word = argv[optind - 1] == optarg ? argv[optind - 2] : argv[optind - 1];
    size_t length = strcspn(word + 2, "=");

    if (strlen(spec->name) != length) {
        AUTOFREE char *bare = xstrndup(word + 2, length);
        return unknown_option(bare, NULL, NULL, err);
    }
    arguments->options[arguments->invocation.option_count++] =
        (struct option_value){.option = spec, .value = optarg};
    return true;
}

// Sorts every word into options, global options, and the words that name the command and follow it.
static bool
take_all(struct arguments *arguments, int argc, char *const *argv, struct error *err)
{
    struct invocation *given = &arguments->invocation;
    struct known_options known = {.count = 0};
    int answer;

    collect_known(commands, command_count, &known);
    known.longs[known.count] = (struct option){.name = "help", .val = HELP};
    known.longs[known.count + 1] = (struct option){.name = "version", .val = VERSION};
    opterr = 0;
    optind = 0; // begin anew, as glibc has it
    while ((answer = getopt_long(argc, argv, "-:c:o:h", known.longs, NULL)) != -1) {
        if (answer == 1)
            arguments->words[given->argument_count++] = optarg;
        else if (answer == 'c')
            arguments->config_file = optarg;
        else if (answer == 'o')
            arguments->overrides[arguments->override_count++] = optarg;
        else if (answer == 'h' || answer == HELP)
            arguments->help = true;
        else if (answer == VERSION) // the command, as everybody types it
            arguments->words[given->argument_count++] = "version";
        else if (answer < FIRST_OPTION)
            return refuse(&known, answer, argv[optind - 1], err);
        else if (!take_option(arguments, known.specs[answer - FIRST_OPTION], argv, err))
            return false;
    }
    while (optind < argc) // behind "--"
        arguments->words[given->argument_count++] = argv[optind++];
    return true;
}

const struct command *
command_find(const char *const *words, size_t count, size_t *ret_used, struct text *ret_path,
             struct error *err)
{
    const struct command *found = NULL, *level = commands;
    size_t level_count = command_count, used = 0;
    // A word a level; what is left over are the command's own arguments.
    while (level_count > 0 && used < count) {
        const char *names[NAMES_MAX];
        const struct command *next = NULL;
        for (size_t i = 0; i < level_count; i++) {
            names[i] = level[i].name;
            if (strcmp(level[i].name, words[used]) == 0)
                next = &level[i];
        }
        if (next == NULL) {
            __attribute__((cleanup(text_free))) struct text hint = {0};
            suggest(&hint, "", words[used], names, level_count);
            error_set(err, FAULT_MESSAGE, "USAGE", "unknown command \"%s%s%s\"%s",
                      text_str(ret_path), used > 0 ? " " : "", words[used], text_str(&hint));
            return NULL;
        }
        text_appendf(ret_path, "%s%s", used > 0 ? " " : "", next->name);
        found = next;
        level = next->subcommands;
        level_count = next->subcommand_count;
        used++;
    }
    *ret_used = used;
    return found;
}

// Is everything that was given this command's?
static bool
judge(const struct arguments *arguments, struct error *err)
{
    const struct invocation *given = &arguments->invocation;
    if (arguments->help) // who asks for help is not told off first
        return true;
    for (size_t i = 0; i < given->option_count; i++) {
        const char *name = given->options[i].option->name;
        if (given->command == NULL)
            return error_set(err, FAULT_MESSAGE, "USAGE",
                             "\"--%s\" is an option of a command, and none is named", name);
        if (option_in(given->command, name, strlen(name)) == NULL)
            return unknown_option(name, given->command, given->path, err);
    }
    if (given->command != NULL && given->argument_count > 0 &&
        given->command->arguments_help == NULL)
        return error_set(err, FAULT_MESSAGE, "USAGE", "\"%s\" takes no argument \"%s\"",
                         given->path, given->arguments[0]);
    return true;
}

bool
arguments_parse(int argc, char *const *argv, struct arguments *ret_arguments, struct error *err)
{
    size_t count = (size_t)argc, used = 0;
    struct arguments arguments = {
        .overrides = xcalloc(count, sizeof *arguments.overrides),
        .options = xcalloc(count, sizeof *arguments.options),
        .words = xcalloc(count, sizeof *arguments.words),
    };
    struct invocation *invocation = &arguments.invocation;

    bool good = take_all(&arguments, argc, argv, err);
    if (good && invocation->argument_count > 0) {
        invocation->command =
            command_find(arguments.words, invocation->argument_count, &used, &arguments.path, err);
        good = invocation->command != NULL;
    }
    // The path's memory stays where it is when the struct is copied out.
    invocation->path = text_str(&arguments.path);
    invocation->options = arguments.options;
    invocation->arguments = arguments.words + used;
    invocation->argument_count -= used;
    if (!good || !judge(&arguments, err)) {
        arguments_free(&arguments);
        return false;
    }
    *ret_arguments = arguments;
    return true;
}

// Safe on a zeroed struct.
void
arguments_free(struct arguments *arguments)
{
    text_free(&arguments->path);
    free(arguments->overrides);
    free(arguments->options);
    free(arguments->words);
    *arguments = (struct arguments){0};
}
