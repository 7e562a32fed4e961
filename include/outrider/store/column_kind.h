// SPDX-License-Identifier: Apache-2.0
// Whether a column takes what outrider writes to it: a value, or none. Its type is column_type.h's
// matter.
#ifndef OUTRIDER_STORE_COLUMN_KIND_H
#define OUTRIDER_STORE_COLUMN_KIND_H

#include "outrider/model/columns.h"

#include <stdbool.h>

// What the queries over pg_attribute answer for a column that the server fills itself.
enum { COLUMN_COMPUTED_EXPRESSION = 'g', COLUMN_COMPUTED_IDENTITY = 'i' };

struct column_defect {
    const char *why;   // "is NOT NULL, and …": goes behind the column's name
    const char *alter; // what follows ALTER TABLE … ALTER COLUMN … to mend it
};

// Does outrider write to the column?
bool column_is_written(enum column column);

// True when the column cannot serve. computed: one of those above, or 0.
bool column_find_defect(enum column column, bool not_null, char computed,
                        struct column_defect *ret_defect);

#endif
