// SPDX-License-Identifier: Apache-2.0
//
// The table of outrider's own column names, which are those of table versions 1 and 2.
#include "outrider/model/columns.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const char *const names[COLUMN_COUNT] = {
    [COLUMN_ID] = "id",
    [COLUMN_AGGREGATE_TYPE] = "aggregate_type",
    [COLUMN_AGGREGATE_ID] = "aggregate_id",
    [COLUMN_EVENT_TYPE] = "event_type",
    [COLUMN_PAYLOAD] = "payload",
    [COLUMN_PUBLISHED] = "published",
    [COLUMN_PUBLISHED_AT] = "published_at",
    [COLUMN_RETRY_COUNT] = "retry_count",
    [COLUMN_CREATED_AT] = "created_at",
    [COLUMN_SEQ] = "seq",
    [COLUMN_HEADERS] = "headers",
    [COLUMN_NEXT_ATTEMPT_AT] = "next_attempt_at",
    [COLUMN_LAST_ERROR] = "last_error",
    [COLUMN_ERROR_CLASS] = "error_class",
    [COLUMN_DEAD_AT] = "dead_at",
};

const char *
column_name(enum column column)
{
    assert((size_t)column < COLUMN_COUNT);
    return names[column];
}

bool
column_parse(const char *name, enum column *ret_column)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_column = (enum column)i;
            return true;
        }
    }
    return false;
}
