// SPDX-License-Identifier: Apache-2.0
// Templates over a row's columns, e.g. "orders.${event_type}": literal parts and columns.
#ifndef OUTRIDER_MODEL_TEMPLATE_H
#define OUTRIDER_MODEL_TEMPLATE_H

#include "outrider/base/error.h"
#include "outrider/model/columns.h"
#include "outrider/model/message.h"

#include <stddef.h>

struct template_part {
    char *literal;      // NULL: the column's text
    enum column column; // id, aggregate_type, aggregate_id or event_type
};

struct template
{
    struct template_part *parts;
    size_t count;
};

// Errors (code "TEMPLATE", text without position): an unclosed "${", an unknown column (with the
// nearest known name), a column that a template may not name, an empty template. "$${" is a literal
// "${".
bool template_parse(const char *text, struct template *ret_template, struct error *err)
    __attribute__((warn_unused_result));
void template_free(struct template *template);

// The rendered length, and the text itself into `out` (NUL-terminated, so length + 1 bytes).
size_t template_length(const struct template *template, const struct row *row);
void template_render(const struct template *template, const struct row *row, char *out);

// The column's text of a row; for COLUMN_ID the text is written to `id_text` and viewed there.
struct bytes row_column(const struct row *row, enum column column,
                        char id_text[static MESSAGE_ID_TEXT]);

#endif
