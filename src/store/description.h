// SPDX-License-Identifier: Apache-2.0
// The table's columns as the catalog describes them, from which its statements are composed.
// Private to shape.c and compose.c.
#ifndef OUTRIDER_STORE_DESCRIPTION_H
#define OUTRIDER_STORE_DESCRIPTION_H

#include "shape.h"

#include <stdint.h>

struct description {
    bool found;
    char relkind;
    uint32_t oid;
    int64_t definition;
    enum undoing undoing;
    bool children; // partitions or others
    bool present[COLUMN_COUNT];
    uint32_t type[COLUMN_COUNT];
    char type_name[COLUMN_COUNT][64];
    bool nullable[COLUMN_COUNT];
    char computed[COLUMN_COUNT]; // column_kind.h
};

// Puts every statement of the shape together. fixed: the placeholders that the names decide.
void shape_compose(struct shape *shape, const struct description *description,
                   const struct store_settings *settings, const struct names *names,
                   const struct placeholder *fixed, size_t fixed_count);

#endif
