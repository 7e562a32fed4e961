// SPDX-License-Identifier: Apache-2.0
//
// A command line, one argument a line: it is refused with a reason, or all of it is accounted for.
// links: base model store broker schema relay config monitor cli
#include "tests/fuzz/fuzz.h"

#include "src/cli/arguments.h"

enum { WORDS = 32 };

static void
check(const struct arguments *arguments, int argc)
{
    const struct invocation *invocation = &arguments->invocation;
    const size_t options = invocation->option_count + arguments->override_count;
    CHECK(options + invocation->argument_count < (size_t)argc, "more than there were");
    if (invocation->command == NULL)
        return;
    CHECK(invocation->path[0] != '\0', "a command without a name");
    for (size_t i = 0; i < invocation->option_count; i++) {
        const struct option_value *given = &invocation->options[i];
        CHECK((given->value != NULL) == (given->option->argument != NULL), "--%s",
              given->option->name);
        CHECK(invocation_flag(invocation, given->option->name), "--%s", given->option->name);
    }
    CHECK(invocation->argument_count == 0 || invocation->command->arguments_help != NULL ||
              invocation->command->run == NULL || arguments->help,
          "%s takes no arguments", invocation->path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {(const char *)data, (const char *)data + size};
    char *argv[WORDS + 1] = {(char[]){"outrider"}};
    struct arguments arguments;
    struct error err;
    int argc = 1;
    while (input.at < input.end && argc < WORDS)
        argv[argc++] = input_text(&input);
    if (arguments_parse(argc, argv, &arguments, &err)) {
        check(&arguments, argc);
        arguments_free(&arguments);
    } else {
        CHECK(err.text[0] != '\0', "no reason");
    }
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return 0;
}
