// SPDX-License-Identifier: Apache-2.0
//
// Help, as text, as Markdown and for a manual page, from the command table.
//
// Nothing about a command is written here: a command that is added to the table is in every help
// text at once.
#include "usage.h"

#include "exits.h"

#include "outrider/base/scdoc.h"
#include "outrider/base/text.h"

#include <string.h>

// The column where what a name means begins.
enum { HELP_COLUMN = 26 };

// A name that is wider than its column still gets a blank behind it.
static void
print_row(FILE *out, const char *name, const char *help)
{
    fprintf(out, "  %-*s%s%s\n", HELP_COLUMN - 2, name, strlen(name) >= HELP_COLUMN - 2 ? " " : "",
            help);
}

// Groups are not listed themselves: what can be typed is what is below them.
static void
print_commands(const struct command *list, size_t count, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        __attribute__((cleanup(text_free))) struct text name = {0};
        text_appendf(&name, "%s%s%s", prefix, *prefix == '\0' ? "" : " ", list[i].name);
        if (list[i].subcommand_count > 0)
            print_commands(list[i].subcommands, list[i].subcommand_count, text_str(&name), out);
        else
            print_row(out, text_str(&name), list[i].summary);
    }
}

static void
append_option(struct text *text, const struct option_spec *option)
{
    text_appendf(text, "--%s%s%s", option->name, option->argument == NULL ? "" : " ",
                 option->argument == NULL ? "" : option->argument);
}

static void
append_global(struct text *text, const struct global_option *option)
{
    text_appendf(text, "-%c%s%s", option->letter, option->argument == NULL ? "" : " ",
                 option->argument == NULL ? "" : option->argument);
    if (option->letter == 'h')
        text_append(text, ", --help");
}

static void
print_global_options(FILE *out)
{
    fputs("\nOptions of every command, before or after its name:\n", out);
    for (size_t i = 0; i < global_option_count; i++) {
        __attribute__((cleanup(text_free))) struct text name = {0};
        append_global(&name, &global_options[i]);
        print_row(out, text_str(&name), global_options[i].help);
    }
}

static void
print_exit_codes(FILE *out)
{
    fputs("\nExit codes:\n", out);
    for (size_t i = 0; i < exit_code_count; i++) {
        __attribute__((cleanup(text_free))) struct text name = {0};
        text_appendf(&name, "%d", exit_codes[i].code);
        print_row(out, text_str(&name), exit_codes[i].meaning);
    }
}

void
usage_all(FILE *out)
{
    fputs("outrider relays rows of an outbox table in PostgreSQL to Kafka.\n"
          "\nUsage: outrider [OPTIONS] COMMAND\n\nCommands:\n",
          out);
    print_commands(commands, command_count, "", out);
    print_global_options(out);
    print_exit_codes(out);
    fputs("\n\"outrider help COMMAND\" shows a command's own options.\n", out);
}

// What may follow the name, in the usual notation.
static void
append_usage(struct text *text, const struct command *command, const char *path)
{
    text_appendf(text, "outrider %s", path);
    if (command->subcommand_count > 0)
        text_append(text, " COMMAND");
    if (command->option_count > 0)
        text_append(text, " [OPTIONS]");
    if (command->arguments_help != NULL)
        text_appendf(text, " %s", command->arguments_help);
}

void
usage_command(const struct command *command, const char *path, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text line = {0};
    append_usage(&line, command, path);
    fprintf(out, "outrider %s: %s\n\nUsage: %s\n", path, command->summary, text_str(&line));
    if (command->details != NULL)
        fprintf(out, "\n%s\n", command->details);
    if (command->subcommand_count > 0) {
        fputs("\nCommands:\n", out);
        print_commands(command->subcommands, command->subcommand_count, path, out);
    }
    if (command->option_count > 0)
        fputs("\nOptions:\n", out);
    for (size_t i = 0; i < command->option_count; i++) {
        __attribute__((cleanup(text_free))) struct text name = {0};
        append_option(&name, &command->options[i]);
        print_row(out, text_str(&name), command->options[i].help);
    }
    print_global_options(out);
    print_exit_codes(out);
}

// A section a command. The table's texts hold no characters that Markdown would take for its own.
static void
markdown_commands(const struct command *list, size_t count, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct command *command = &list[i];
        __attribute__((cleanup(text_free))) struct text path = {0}, usage = {0};
        text_appendf(&path, "%s%s%s", prefix, *prefix == '\0' ? "" : " ", command->name);
        if (command->subcommand_count > 0) {
            markdown_commands(command->subcommands, command->subcommand_count, text_str(&path),
                              out);
            continue;
        }
        append_usage(&usage, command, text_str(&path));
        fprintf(out, "\n## outrider %s\n\n`%s`: %s.\n", text_str(&path), text_str(&usage),
                command->summary);
        if (command->details != NULL)
            fprintf(out, "\n%s\n", command->details);
        if (command->option_count > 0)
            fputs("\n| option | does |\n|---|---|\n", out);
        for (size_t j = 0; j < command->option_count; j++) {
            __attribute__((cleanup(text_free))) struct text name = {0};
            append_option(&name, &command->options[j]);
            fprintf(out, "| `%s` | %s |\n", text_str(&name), command->options[j].help);
        }
    }
}

void
usage_markdown(FILE *out)
{
    fputs("# Commands\n\nGenerated from the command table: `outrider help --markdown`.\n"
          "\nOptions of every command, before or after its name:\n\n| option | does |\n|---|---|\n",
          out);
    for (size_t i = 0; i < global_option_count; i++) {
        __attribute__((cleanup(text_free))) struct text name = {0};
        append_global(&name, &global_options[i]);
        fprintf(out, "| `%s` | %s |\n", text_str(&name), global_options[i].help);
    }
    markdown_commands(commands, command_count, "", out);
    fputs("\n## Exit codes\n\n| code | means |\n|---|---|\n", out);
    for (size_t i = 0; i < exit_code_count; i++)
        fprintf(out, "| %d | %s |\n", exit_codes[i].code, exit_codes[i].meaning);
}

// A name in bold, and below it, indented, what it means.
static void
scdoc_row(const char *name, const char *help, FILE *out)
{
    fputs("\n*", out);
    scdoc_text(out, name, 0);
    fputs("*\n\t", out);
    scdoc_text(out, help, 1);
    fputc('\n', out);
}

static void
scdoc_commands(const struct command *list, size_t count, const char *prefix, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct command *command = &list[i];
        __attribute__((cleanup(text_free))) struct text path = {0}, usage = {0};
        text_appendf(&path, "%s%s%s", prefix, *prefix == '\0' ? "" : " ", command->name);
        if (command->subcommand_count > 0) {
            scdoc_commands(command->subcommands, command->subcommand_count, text_str(&path), out);
            continue;
        }
        append_usage(&usage, command, text_str(&path));
        fprintf(out, "\n## outrider %s\n\n*", text_str(&path));
        scdoc_text(out, text_str(&usage), 0);
        fputs("*++\n", out);
        scdoc_text(out, command->summary, 0);
        fputs(".\n", out);
        if (command->details != NULL) {
            fputc('\n', out);
            scdoc_text(out, command->details, 0);
            fputc('\n', out);
        }
        for (size_t j = 0; j < command->option_count; j++) {
            __attribute__((cleanup(text_free))) struct text name = {0};
            append_option(&name, &command->options[j]);
            scdoc_row(text_str(&name), command->options[j].help, out);
        }
    }
}

void
usage_scdoc(FILE *out)
{
    fputs("# OPTIONS\n\nThose of every command, before or after its name:\n", out);
    for (size_t i = 0; i < global_option_count; i++) {
        __attribute__((cleanup(text_free))) struct text name = {0};
        append_global(&name, &global_options[i]);
        scdoc_row(text_str(&name), global_options[i].help, out);
    }
    fputs("\n# COMMANDS\n", out);
    scdoc_commands(commands, command_count, "", out);
    fputs("\n# EXIT STATUS\n", out);
    for (size_t i = 0; i < exit_code_count; i++) {
        __attribute__((cleanup(text_free))) struct text code = {0};
        text_appendf(&code, "%d", exit_codes[i].code);
        scdoc_row(text_str(&code), exit_codes[i].meaning, out);
    }
}
