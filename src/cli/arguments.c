// SPDX-License-Identifier: Apache-2.0
//
// The command line against the command table.
//
// Options may stand before the command, so they are taken in first, by the table of all commands,
// and judged once the command is known. That is also why getopt_long(3) is not used: it would
// accept abbreviations that a later command makes ambiguous, and stop at the command's name under
// POSIXLY_CORRECT.
#include "arguments.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

// More names than any one place in the table has.
enum { NAMES_MAX = 64 };

// What is being taken apart, and where.
struct cursor {
    const char *const *argv;
    size_t argc;
    size_t next;
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

// Before the command is known, the table of all commands says whether an option takes a value; that
// a name means one or the other everywhere is checked by a test.
static const struct option_spec *
option_anywhere(const char *name, size_t name_len)
{
    const struct option_spec *option = NULL;
    for (size_t i = 0; i < command_count && option == NULL; i++)
        option = option_in(&commands[i], name, name_len);
    return option;
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

// "--name", "--name=value" or "--name value".
static bool
take_long(struct arguments *arguments, struct cursor *cursor, const char *name, struct error *err)
{
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL; // may be empty, as in --name=
    AUTOFREE char *bare = xstrndup(name, len);
    if (value == NULL && strcmp(bare, "help") == 0) {
        arguments->help = true;
        return true;
    }
    const struct option_spec *option = option_anywhere(name, len);
    if (option == NULL)
        return unknown_option(bare, NULL, NULL, err);
    if (option->argument == NULL && value != NULL)
        return error_set(err, FAULT_MESSAGE, "USAGE", "option \"--%s\" takes no value", bare);
    if (option->argument != NULL && value == NULL) {
        if (cursor->next == cursor->argc)
            return error_set(err, FAULT_MESSAGE, "USAGE", "option \"--%s\" needs a value: --%s %s",
                             bare, bare, option->argument);
        value = cursor->argv[cursor->next++];
    }
    arguments->options[arguments->invocation.option_count++] =
        (struct option_value){.option = option, .value = value};
    return true;
}

// "-cVALUE", "-c VALUE", "-h".
static bool
take_short(struct arguments *arguments, struct cursor *cursor, const char *word, struct error *err)
{
    char letter = word[1];
    const char *value = word[2] != '\0' ? word + 2 : NULL;
    if (letter == 'h' && value == NULL) {
        arguments->help = true;
        return true;
    }
    if (letter != 'c' && letter != 'o')
        return error_set(err, FAULT_MESSAGE, "USAGE", "unknown option \"%s\"", word);
    if (value == NULL) {
        if (cursor->next == cursor->argc)
            return error_set(err, FAULT_MESSAGE, "USAGE", "option \"-%c\" needs a value", letter);
        value = cursor->argv[cursor->next++];
    }
    if (letter == 'c')
        arguments->config_file = value;
    else
        arguments->overrides[arguments->override_count++] = value;
    return true;
}

// Sorts every word into options, global options, and the words that name the command and follow it.
static bool
take_all(struct arguments *arguments, struct cursor *cursor, struct error *err)
{
    bool only_words = false;
    while (cursor->next < cursor->argc) {
        const char *word = cursor->argv[cursor->next++];
        bool good = true;
        if (only_words || word[0] != '-' || word[1] == '\0')
            arguments->words[arguments->invocation.argument_count++] = word;
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (word[1] == '-')
            good = take_long(arguments, cursor, word + 2, err);
        else
            good = take_short(arguments, cursor, word, err);
        if (!good)
            return false;
    }
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
arguments_parse(int argc, const char *const *argv, struct arguments *ret_arguments,
                struct error *err)
{
    size_t count = argc > 0 ? (size_t)argc - 1 : 0, used = 0;
    struct cursor cursor = {.argv = argv + 1, .argc = count};
    struct arguments arguments = {
        .overrides = xcalloc(count, sizeof *arguments.overrides),
        .options = xcalloc(count, sizeof *arguments.options),
        .words = xcalloc(count, sizeof *arguments.words),
    };
    struct invocation *invocation = &arguments.invocation;

    bool good = take_all(&arguments, &cursor, err);
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
