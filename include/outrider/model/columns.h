// SPDX-License-Identifier: Apache-2.0
// The outbox table's columns: THE list of the names that a user can map and that a template may
// name.
#ifndef OUTRIDER_MODEL_COLUMNS_H
#define OUTRIDER_MODEL_COLUMNS_H

#include <stdbool.h>

enum column {
    COLUMN_ID,
    COLUMN_AGGREGATE_TYPE,
    COLUMN_AGGREGATE_ID,
    COLUMN_EVENT_TYPE,
    COLUMN_PAYLOAD,
    COLUMN_PUBLISHED,
    COLUMN_PUBLISHED_AT,
    COLUMN_RETRY_COUNT,
    COLUMN_CREATED_AT,
    // table version 2:
    COLUMN_SEQ,
    COLUMN_HEADERS,
    COLUMN_NEXT_ATTEMPT_AT,
    COLUMN_LAST_ERROR,
    COLUMN_ERROR_CLASS,
    COLUMN_DEAD_AT,
    COLUMN_COUNT,
};

// outrider's own name of a column, e.g. "aggregate_type": the key under outbox.columns.
const char *column_name(enum column column);

// False when no column has that name.
bool column_parse(const char *name, enum column *ret_column) __attribute__((warn_unused_result));

#endif
