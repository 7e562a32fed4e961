// SPDX-License-Identifier: Apache-2.0
//
// outrider completion: what completes commands, options and keys in a shell, from the tables.
//
// All three scripts go the same way: the words before the cursor lead to a *place*, a command's
// path
// ("schema apply", or "" before any); what may follow it is printed for each place. An option that
// takes a value swallows the word behind it. `help` leads to no place: commands follow it as they
// do at the beginning, and no options.
#include "command.h"
#include "exits.h"

#include "outrider/base/text.h"
#include "outrider/config/settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// What may follow a place: subcommands, or the words of an argument, and options.
struct place {
    const char *path;
    const struct command *names;
    size_t name_count;
    const struct option_spec *options;
    size_t option_count;
    const char *arguments; // as in struct command, or NULL
};

typedef void print_place(const struct place *place, FILE *out);

static bool
leads_somewhere(const struct command *command)
{
    return !str_equal(command->arguments_help, "[COMMAND]");
}

static void
each_place(const struct place *place, print_place *print, FILE *out)
{
    print(place, out);
    for (size_t i = 0; i < place->name_count; i++) {
        const struct command *command = &place->names[i];
        __attribute__((cleanup(text_free))) struct text path = {0};
        if (!leads_somewhere(command))
            continue;
        text_appendf(&path, "%s%s%s", place->path, *place->path == '\0' ? "" : " ", command->name);
        each_place(
            &(struct place){
                .path = text_str(&path),
                .names = command->subcommands,
                .name_count = command->subcommand_count,
                .options = command->options,
                .option_count = command->option_count,
                .arguments = command->arguments_help,
            },
            print, out);
    }
}

// In single quotes for a shell; fish alone knows a backslash in them, and no text has one.
static void
append_quoted(struct text *text, const char *a, const char *separator, const char *b)
{
    text_append_char(text, '\'');
    for (const char *const *part = (const char *const[]){a, separator, b, NULL}; *part; part++)
        for (const char *c = *part; *c != '\0'; c++)
            if (*c == '\'')
                text_append(text, "'\\''");
            else
                text_append_char(text, *c);
    text_append_char(text, '\'');
}

// Words that an argument may be, "a|b|c" as "a b c"; nothing for a placeholder such as "[ID...]".
static void
append_words(struct text *text, const char *arguments)
{
    if (arguments != NULL && strchr(arguments, '|') != NULL)
        for (const char *c = arguments; *c != '\0'; c++)
            text_append_char(text, *c == '|' ? ' ' : *c);
}

// --- what the scripts share ----------------------------------------------------------------------

// Labels of the places that a word leads to: 'place word'.
static void
print_steps(const struct place *place, const char *separator, FILE *out)
{
    for (size_t i = 0; i < place->name_count; i++) {
        __attribute__((cleanup(text_free))) struct text label = {0};
        if (!leads_somewhere(&place->names[i]))
            continue;
        append_quoted(&label, place->path, " ", place->names[i].name);
        fprintf(out, "%s%s", *place->path == '\0' && i == 0 ? "" : separator, text_str(&label));
    }
}

static void
print_steps_bar(const struct place *place, FILE *out)
{
    print_steps(place, " | ", out);
}

static void
print_steps_blank(const struct place *place, FILE *out)
{
    print_steps(place, " ", out);
}

// Options that take a value, each once: commands that share a name agree about it.
static void
append_valued(struct text *text, const struct command *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < list[i].option_count; j++) {
            __attribute__((cleanup(text_free))) struct text word = {0};
            text_appendf(&word, " --%s ", list[i].options[j].name);
            if (list[i].options[j].argument != NULL &&
                strstr(text_str(text), text_str(&word)) == NULL)
                text_append(text, text_str(&word));
        }
        append_valued(text, list[i].subcommands, list[i].subcommand_count);
    }
}

// separator: between two of them and before the first.
static void
print_valued(const char *separator, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text words = {0};
    append_valued(&words, commands, command_count);
    char *rest;
    for (char *word = strtok_r(words.data, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        fprintf(out, "%s%s", separator, word);
}

static void
print_keys(FILE *out)
{
    for (size_t i = 0;; i++) {
        __attribute__((cleanup(text_free))) struct text stem = {0};
        if (!config_key_stem(i, &stem))
            return;
        fprintf(out, "%s%s", i == 0 ? "" : " ", text_str(&stem));
    }
}

// Every place, from the one before any command on.
static void
print_places(print_place *print, FILE *out)
{
    each_place(&(struct place){.path = "", .names = commands, .name_count = command_count}, print,
               out);
}

// --- bash ----------------------------------------------------------------------------------------

static void
bash_place(const struct place *place, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text names = {0};
    append_words(&names, place->arguments);
    for (size_t i = 0; i < place->name_count; i++)
        text_appendf(&names, "%s%s", i == 0 ? "" : " ", place->names[i].name);
    fprintf(out, "    '%s')\n        names='%s'\n        flags='", place->path, text_str(&names));
    for (size_t i = 0; i < place->option_count; i++)
        fprintf(out, "--%s ", place->options[i].name);
    fputs("-c -o --help'\n        ;;\n", out);
}

// The loop's body over the words in front of the one to be completed, the same in bash and zsh.
static void
print_words_before(FILE *out)
{
    fputs("        if [[ -n $takes ]]; then\n"
          "            takes=''\n"
          "            continue\n"
          "        fi\n"
          "        case $word in\n"
          "        -c | -o",
          out);
    print_valued(" | ", out);
    fputs(") takes=$word ;;\n"
          "        -*) ;;\n"
          "        *)\n"
          "            case \"$place $word\" in\n"
          "            ' help') helps=1 ;;\n"
          "            ",
          out);
    print_places(print_steps_bar, out);
    fputs(") place=${place:+$place }$word ;;\n"
          "            esac\n"
          "            ;;\n"
          "        esac\n"
          "    done\n"
          "    case $takes in\n",
          out);
}

// bash takes "=" and ":" for ends of words, outrider does not.
static void
print_bash(FILE *out)
{
    fputs("# bash completion of outrider, printed by \"outrider completion bash\".\n"
          "_outrider() {\n"
          "    local word cur i glue='' place='' takes='' helps='' names='' flags=''\n"
          "    local -a given=()\n"
          "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
          "        word=${COMP_WORDS[i]}\n"
          "        if ((${#given[@]})) && [[ -n $glue || $word == [=:]* ]]; then\n"
          "            given[-1]+=$word\n"
          "        else\n"
          "            given+=(\"$word\")\n"
          "        fi\n"
          "        glue=''\n"
          "        [[ $word != [=:]* ]] || glue=1\n"
          "    done\n"
          "    cur=${given[-1]}\n"
          "    unset 'given[-1]'\n"
          "    for word in \"${given[@]}\"; do\n",
          out);
    print_words_before(out);
    fputs("    -c)\n"
          "        compopt -o filenames\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
          "        return\n"
          "        ;;\n"
          "    -o)\n"
          "        [[ $cur != *=* ]] || return\n"
          "        compopt -o nospace\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          out);
    print_keys(out);
    fputs("' -- \"$cur\")\n"
          "        return\n"
          "        ;;\n"
          "    --*) return ;;\n"
          "    esac\n"
          "    case $place in\n",
          out);
    print_places(bash_place, out);
    fputs("    esac\n"
          "    [[ -z $helps ]] || flags=''\n"
          "    [[ $cur != -* && -n $names ]] || names=$flags\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$names\" -- \"$cur\")\n"
          "}\n"
          "complete -F _outrider outrider\n",
          out);
}

// --- zsh -----------------------------------------------------------------------------------------

static void
print_described(const char *name, const char *prefix, const char *help, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text item = {0}, whole = {0};
    text_appendf(&whole, "%s%s", prefix, name);
    append_quoted(&item, text_str(&whole), ":", help);
    fprintf(out, "\n            %s", text_str(&item));
}

static void
zsh_place(const struct place *place, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text words = {0};
    append_words(&words, place->arguments);
    fprintf(out, "    '%s')\n        names=(%s", place->path, text_str(&words));
    for (size_t i = 0; i < place->name_count; i++)
        print_described(place->names[i].name, "", place->names[i].summary, out);
    fputs(")\n        flags=(", out);
    for (size_t i = 0; i < place->option_count; i++)
        print_described(place->options[i].name, "--", place->options[i].help, out);
    for (size_t i = 0; i < global_option_count; i++)
        print_described((char[]){global_options[i].letter, '\0'}, "-", global_options[i].help, out);
    fputs(")\n        ;;\n", out);
}

static void
print_zsh(FILE *out)
{
    fputs("#compdef outrider\n"
          "# zsh completion of outrider, printed by \"outrider completion zsh\".\n"
          "_outrider() {\n"
          "    local word place='' takes='' helps=''\n"
          "    local -a names flags keys\n"
          "    for word in \"${(@)words[2,CURRENT-1]}\"; do\n",
          out);
    print_words_before(out);
    fputs("    -c)\n"
          "        _files\n"
          "        return\n"
          "        ;;\n"
          "    -o)\n"
          "        keys=(",
          out);
    print_keys(out);
    fputs(")\n"
          "        compadd -S '' -a keys\n"
          "        return\n"
          "        ;;\n"
          "    --*) return 1 ;;\n"
          "    esac\n"
          "    case $place in\n",
          out);
    print_places(zsh_place, out);
    fputs("    esac\n"
          "    [[ -z $helps ]] || flags=()\n"
          "    if [[ $PREFIX == -* || ${#names} -eq 0 ]]; then\n"
          "        _describe -o option flags\n"
          "    else\n"
          "        _describe command names\n"
          "    fi\n"
          "}\n"
          "_outrider \"$@\"\n",
          out);
}

// --- fish ----------------------------------------------------------------------------------------

static void
fish_line(const char *path, const char *kind, const char *name, const char *help, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text described = {0};
    append_quoted(&described, help, "", "");
    fprintf(out, "complete -c outrider -n '__outrider_at \"%s\"' %s %s -d %s\n", path, kind, name,
            text_str(&described));
}

static void
fish_place(const struct place *place, FILE *out)
{
    __attribute__((cleanup(text_free))) struct text words = {0};
    append_words(&words, place->arguments);
    for (size_t i = 0; i < place->name_count; i++)
        fish_line(place->path, "-a", place->names[i].name, place->names[i].summary, out);
    for (size_t i = 0; i < place->option_count; i++)
        fish_line(place->path, place->options[i].argument != NULL ? "-x -l" : "-l",
                  place->options[i].name, place->options[i].help, out);
    if (words.len > 0)
        fprintf(out, "complete -c outrider -n '__outrider_at \"%s\"' -a '%s'\n", place->path,
                text_str(&words));
}

static void
fish_globals(FILE *out)
{
    for (size_t i = 0; i < global_option_count; i++) {
        const struct global_option *option = &global_options[i];
        __attribute__((cleanup(text_free))) struct text help = {0};
        append_quoted(&help, option->help, "", "");
        fprintf(out, "complete -c outrider -s %c -d %s", option->letter, text_str(&help));
        if (option->letter == 'c') {
            fputs(" -r -F", out);
        } else if (option->letter == 'o') {
            fputs(" -x -a '", out);
            print_keys(out);
            fputs("'", out);
        } else {
            fputs(" -l help", out);
        }
        fputc('\n', out);
    }
}

static void
print_fish(FILE *out)
{
    fputs("# fish completion of outrider, printed by \"outrider completion fish\".\n"
          "function __outrider_at --argument-names wanted\n"
          "    set -l place ''\n"
          "    set -l takes ''\n"
          "    set -l given (commandline -opc)\n"
          "    set -e given[1]\n"
          "    for word in $given\n"
          "        if test -n \"$takes\"\n"
          "            set takes ''\n"
          "            continue\n"
          "        end\n"
          "        switch $word\n"
          "            case -c -o",
          out);
    print_valued(" ", out);
    fputs("\n                set takes $word\n"
          "            case '-*'\n"
          "            case '*'\n"
          "                switch \"$place $word\"\n"
          "                    case ",
          out);
    print_places(print_steps_blank, out);
    fputs("\n                        set place (string trim \"$place $word\")\n"
          "                end\n"
          "        end\n"
          "    end\n"
          "    test \"$place\" = \"$wanted\"\n"
          "end\n"
          "complete -c outrider -f\n",
          out);
    fish_globals(out);
    print_places(fish_place, out);
}

static const struct {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {
    {"bash", print_bash},
    {"zsh", print_zsh},
    {"fish", print_fish},
};

int
cmd_completion(const struct invocation *invocation)
{
    const char *name = invocation->argument_count == 1 ? invocation->arguments[0] : NULL;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (str_equal(shells[i].name, name)) {
            shells[i].print(stdout);
            return EX_OK;
        }
    fputs("outrider: completion: say for which shell; allowed: bash, zsh or fish\n", stderr);
    return EX_USAGE;
}
