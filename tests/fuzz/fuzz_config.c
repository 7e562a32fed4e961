// SPDX-License-Identifier: Apache-2.0
//
// A configuration file: it is refused with a reason a line, or what is printed of it reads back to
// the same but for the secrets, and from then on to itself.
// seeds: config/outrider.yaml tests/golden/cases
// links: base model store broker schema relay config
#include "tests/fuzz/fuzz.h"

#include "outrider/config/settings.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static char path[64]; // of the file in memory
static int file = -1;

static bool
load(const char *text, size_t len, struct settings *ret_settings, struct text *errors)
{
    CLEANUP(text_free) struct text warnings = {0};
    struct config_sources sources = {.file = path};
    if (file < 0) {
        file = memfd_create("config", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    CHECK(ftruncate(file, 0) == 0 && pwrite(file, text, len, 0) == (ssize_t)len, "no memory");
    return config_load(&sources, ret_settings, errors, &warnings);
}

// A line each, that begins with the place and holds nothing that a terminal would act on.
static void
check_errors(const struct text *errors)
{
    const char *line = text_str(errors);
    CHECK(*line != '\0', "refused without a reason");
    while (*line != '\0') {
        const size_t len = strcspn(line, "\n");
        CHECK(strncmp(line, path, strlen(path)) == 0 && line[len] == '\n', "%s", line);
        for (size_t i = 0; i < len; i++)
            CHECK((unsigned char)line[i] >= 0x20 && line[i] != 0x7f, "%s", line);
        line += len + 1;
    }
}

static void
print(const struct settings *settings, struct text *out)
{
    char *data = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&data, &len);
    config_print(settings, stream);
    fclose(stream);
    text_append_bytes(out, data, len);
    free(data);
}

// Only what is masked may differ.
static void
check_differences(const struct settings *before, const struct settings *after,
                  const struct text *printed)
{
    CLEANUP(text_free) struct text paths = {0};
    const bool lanes = settings_append_differences(&paths, before, after);
    CHECK(!lanes || paths.len > 0, "lanes differ in nothing:\n%s", text_str(printed));
    char *rest = paths.data, *one;
    while ((one = strsep(&rest, ",")) != NULL) {
        one += strspn(one, " ");
        const bool masked =
            strncmp(one, "database.", 9) == 0
                ? strstr(one, "dsn") != NULL
                : strncmp(one, "kafka.", 6) == 0 &&
                      (producer_property_secret(one + 6) || !settings_given(before, one));
        CHECK(masked, "%s differs in:\n%s", one, text_str(printed));
    }
}

static void
check_printed(const struct settings *settings)
{
    CLEANUP(text_free) struct text first = {0}, second = {0}, third = {0}, errors = {0};
    CLEANUP(settings_free) struct settings again = {0}, once_more = {0};
    print(settings, &first);
    CHECK(load(first.data, first.len, &again, &errors), "%sin:\n%s", text_str(&errors), first.data);
    check_differences(settings, &again, &first);
    print(&again, &second);
    CHECK(load(second.data, second.len, &once_more, &errors), "%sin:\n%s", text_str(&errors),
          second.data);
    print(&once_more, &third);
    CHECK(strcmp(second.data, third.data) == 0, "\n%s\nbecomes\n%s", second.data, third.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(text_free) struct text errors = {0};
    CLEANUP(settings_free) struct settings settings = {0};
    if (load((const char *)data, size, &settings, &errors))
        check_printed(&settings);
    else
        check_errors(&errors);
    return 0;
}
