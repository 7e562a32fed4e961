// SPDX-License-Identifier: Apache-2.0
//
// The command line against the command table: what is found, what is refused and with which hint.
#include "src/cli/arguments.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_MAX = 16 };

// Splits at blanks; the first word is the program's name.
static bool
parse(const char *line, struct arguments *ret_arguments, struct error *err)
{
    static char copy[256];
    char program[] = "outrider";
    char *argv[WORDS_MAX] = {program};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        ck_assert_int_lt(argc, WORDS_MAX);
        argv[argc++] = word;
    }
    return arguments_parse(argc, argv, ret_arguments, err);
}

static struct arguments
good(const char *line)
{
    struct arguments arguments;
    struct error err = {0};
    bool parsed = parse(line, &arguments, &err);
    ck_assert_msg(parsed, "%s: %s", line, err.text);
    return arguments;
}

static const char *
refusal(const char *line)
{
    static struct error err;
    struct arguments arguments;
    ck_assert_msg(!parse(line, &arguments, &err), "%s was taken", line);
    ck_assert_str_eq(err.code, "USAGE");
    return err.text;
}

// The same invocation whatever comes first.
START_TEST(test_options_stand_anywhere)
{
    const char *const lines[] = {
        "drain -c a.yaml -o log.level=debug --max-messages 5 --follow",
        "-c a.yaml -o log.level=debug --max-messages 5 --follow drain",
        "-ca.yaml --max-messages=5 drain -olog.level=debug --follow",
        "--follow drain -c b.yaml -c a.yaml -o log.level=debug --max-messages 1 --max-messages 5",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct arguments arguments = good(lines[i]);
        const struct invocation *invocation = &arguments.invocation;
        ck_assert_str_eq(invocation->command->name, "drain");
        ck_assert_str_eq(invocation->path, "drain");
        ck_assert_str_eq(arguments.config_file, "a.yaml");
        ck_assert_uint_eq(arguments.override_count, 1);
        ck_assert_str_eq(arguments.overrides[0], "log.level=debug");
        ck_assert_str_eq(invocation_option(invocation, "max-messages"), "5");
        ck_assert(invocation_flag(invocation, "follow"));
        ck_assert(!invocation_flag(invocation, "dry-run"));
        ck_assert_ptr_null(invocation_option(invocation, "rate"));
        arguments_free(&arguments);
    }
}
END_TEST

START_TEST(test_subcommands)
{
    struct arguments arguments = good("schema --to 1 apply");
    ck_assert_str_eq(arguments.invocation.command->name, "apply");
    ck_assert_str_eq(arguments.invocation.path, "schema apply");
    ck_assert_uint_eq(arguments.invocation.argument_count, 0);
    arguments_free(&arguments);
    arguments = good("schema");
    ck_assert(arguments.invocation.command->run == NULL);
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_words_behind_the_command)
{
    struct arguments arguments = good("help schema apply");
    ck_assert_str_eq(arguments.invocation.command->name, "help");
    ck_assert_uint_eq(arguments.invocation.argument_count, 2);
    ck_assert_str_eq(arguments.invocation.arguments[1], "apply");
    arguments_free(&arguments);
    arguments = good("help -- --rate");
    ck_assert_str_eq(arguments.invocation.arguments[0], "--rate");
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_help_and_nothing)
{
    struct arguments arguments = good("");
    ck_assert_ptr_null(arguments.invocation.command);
    ck_assert(!arguments.help);
    arguments_free(&arguments);
    arguments = good("--help");
    ck_assert(arguments.help);
    arguments_free(&arguments);
    arguments = good("--version");
    ck_assert_str_eq(arguments.invocation.command->name, "version");
    arguments_free(&arguments);
    arguments = good("drain -h --json"); // help comes before any other complaint
    ck_assert(arguments.help);
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_refusals_name_the_nearest)
{
    ck_assert_str_eq(refusal("drian"), "unknown command \"drian\"; did you mean \"drain\"?");
    ck_assert_str_eq(refusal("schema aply"),
                     "unknown command \"schema aply\"; did you mean \"apply\"?");
    ck_assert_str_eq(refusal("drain --max-mesages 3"),
                     "unknown option \"--max-mesages\"; did you mean \"--max-messages\"?");
    ck_assert_str_eq(refusal("status --max-messages 3"),
                     "\"status\" has no option \"--max-messages\"");
    ck_assert_str_eq(refusal("qqqqqqqqqq"), "unknown command \"qqqqqqqqqq\"");
}
END_TEST

START_TEST(test_other_refusals)
{
    ck_assert_str_eq(refusal("drain --rate"), "option \"--rate\" needs a value: --rate N");
    ck_assert_str_eq(refusal("drain --follow=yes"), "option \"--follow\" takes no value");
    ck_assert_str_eq(refusal("run -o"), "option \"-o\" needs a value");
    ck_assert_str_eq(refusal("run -x"), "unknown option \"-x\"");
    ck_assert_str_eq(refusal("run now"), "\"run\" takes no argument \"now\"");
    ck_assert_str_eq(refusal("--dry-run"),
                     "\"--dry-run\" is an option of a command, and none is named");
    // No abbreviations: one that is clear today is not tomorrow.
    ck_assert_ptr_nonnull(strstr(refusal("drain --fol"), "unknown option"));
}
END_TEST

START_TEST(test_values)
{
    struct arguments arguments =
        good("drain --max-messages 12 --give-up 2m --rate 0 --max-seconds x");
    const struct invocation *invocation = &arguments.invocation;
    int64_t value = 7;
    ck_assert(invocation_number(invocation, "max-messages", 1, 100, &value));
    ck_assert_int_eq(value, 12);
    ck_assert(invocation_duration_ms(invocation, "give-up", &value));
    ck_assert_int_eq(value, 120000);
    ck_assert(!invocation_number(invocation, "max-messages", 1, 11, &value));
    ck_assert(!invocation_number(invocation, "rate", 1, 11, &value));
    ck_assert(!invocation_number(invocation, "max-seconds", 1, 11, &value));
    ck_assert(!invocation_duration_ms(invocation, "rate", &value));
    ck_assert_int_eq(value, 120000);
    arguments_free(&arguments);
    arguments = good("drain");
    ck_assert(invocation_number(&arguments.invocation, "rate", 1, 11, &value));
    ck_assert_int_eq(value, 120000);
    arguments_free(&arguments);
}
END_TEST

// What the parser relies on: an option takes a value wherever it is known, or nowhere.
static void
check_options(const struct command *command, const struct option_spec **seen, size_t *count)
{
    ck_assert_msg(command->summary[0] != '\0', "%s has no summary", command->name);
    ck_assert_msg((command->run == NULL) == (command->subcommand_count > 0),
                  "%s runs or has subcommands", command->name);
    for (size_t i = 0; i < command->option_count; i++) {
        const struct option_spec *option = &command->options[i];
        ck_assert_msg(option->help[0] != '\0', "--%s has no help", option->name);
        for (size_t j = 0; j < *count; j++)
            if (strcmp(seen[j]->name, option->name) == 0)
                ck_assert_msg((seen[j]->argument == NULL) == (option->argument == NULL),
                              "--%s differs in %s", option->name, command->name);
        seen[(*count)++] = option;
        ck_assert_uint_lt(*count, 64);
    }
    for (size_t i = 0; i < command->subcommand_count; i++)
        check_options(&command->subcommands[i], seen, count);
}

START_TEST(test_the_table)
{
    const struct option_spec *seen[64];
    size_t count = 0;
    for (size_t i = 0; i < command_count; i++) {
        check_options(&commands[i], seen, &count);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(commands[i].name, commands[j].name);
    }
}
END_TEST

int
main(void)
{
    return RUN_TESTS("arguments", test_options_stand_anywhere, test_subcommands,
                     test_words_behind_the_command, test_help_and_nothing,
                     test_refusals_name_the_nearest, test_other_refusals, test_values,
                     test_the_table);
}
