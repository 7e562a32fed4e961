// SPDX-License-Identifier: Apache-2.0
//
// A topic template: the first line is the template, the next three are columns. What is rendered is
// what a reader of the template's rules would write down.
// links: base model
#include "tests/fuzz/fuzz.h"

#include "outrider/base/text.h"
#include "outrider/model/template.h"

static void
append_column(struct text *out, const char *name, size_t len, const struct row *row)
{
    char id[MESSAGE_ID_TEXT];
    CLEANUP(input_free) char *copy = strndup(name, len);
    enum column column;
    CHECK(column_parse(copy, &column), "it was parsed, and \"%s\" is no column", copy);
    const struct bytes text = row_column(row, column, id);
    text_append_bytes(out, text.data, text.len);
}

// The rules once more, as one reads them in the manual.
static void
expect(struct text *out, const char *template, const struct row *row)
{
    while (*template != '\0') {
        if (strncmp(template, "$${", 3) == 0) {
            text_append(out, "${");
            template += 3;
        } else if (strncmp(template, "${", 2) == 0) {
            const size_t len = strcspn(template, "}") - 2;
            append_column(out, template + 2, len, row);
            template += len + 3;
        } else {
            text_append_char(out, *template ++);
        }
    }
}

static void
check_rendered(const struct template *template, const char *text, const struct row *row)
{
    CLEANUP(text_free) struct text want = {0};
    const size_t len = template_length(template, row);
    CLEANUP(input_free) char *got = malloc(len + 1);
    template_render(template, row, got);
    expect(&want, text, row);
    CHECK(len == want.len && memcmp(got, text_str(&want), len) == 0, "\"%s\"", got);
    CHECK(got[len] == '\0', "no end");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {(const char *)data, (const char *)data + size};
    CLEANUP(input_free) char *text = input_text(&input);
    struct row row = {.id.bytes = {1, 2, 3}};
    struct template template;
    struct error err;
    row.event_type = input_bytes(&input);
    row.aggregate_type = input_bytes(&input);
    row.aggregate_id = input_bytes(&input);
    if (!template_parse(text, &template, &err)) {
        CHECK(strcmp(err.code, "TEMPLATE") == 0 && err.text[0] != '\0', "no reason");
        return 0;
    }
    check_rendered(&template, text, &row);
    check_rendered(&template, text, &(struct row){0}); // every column SQL NULL
    template_free(&template);
    return 0;
}
