// SPDX-License-Identifier: Apache-2.0
// THE list of the types that the table's columns may have.
//
// Texts are read by a cast, so any type that has one will do. What is written, compared or read in
// binary has to be of a type that the store knows.
#include "outrider/store/column_type.h"

#include <stddef.h>
#include <string.h>

enum { TYPES_MAX = 4 };

static const struct {
    int since;
    const char *types[TYPES_MAX]; // none: any
    const char *wanted;
} table[COLUMN_COUNT] = {
    [COLUMN_ID] = {1, {"uuid"}, "uuid"},
    [COLUMN_AGGREGATE_TYPE] = {1, {NULL}, "any"},
    [COLUMN_AGGREGATE_ID] = {1, {NULL}, "any"},
    [COLUMN_EVENT_TYPE] = {1, {NULL}, "any"},
    [COLUMN_PAYLOAD] = {1, {"jsonb", "json", "text", "bytea"}, "jsonb, json, text or bytea"},
    [COLUMN_PUBLISHED] = {1, {"boolean"}, "boolean"},
    [COLUMN_PUBLISHED_AT] = {1,
                             {"timestamp with time zone", "timestamp without time zone"},
                             "timestamp with or without time zone"},
    [COLUMN_RETRY_COUNT] = {1, {"integer", "bigint", "smallint"}, "integer, bigint or smallint"},
    [COLUMN_CREATED_AT] = {1,
                           {"timestamp with time zone", "timestamp without time zone"},
                           "timestamp with or without time zone"},
    [COLUMN_SEQ] = {2, {"bigint"}, "bigint"},
    [COLUMN_HEADERS] = {2, {"jsonb", "json"}, "jsonb or json"},
    [COLUMN_NEXT_ATTEMPT_AT] = {2, {"timestamp with time zone"}, "timestamp with time zone"},
    [COLUMN_LAST_ERROR] = {2, {"text", "character varying"}, "text or character varying"},
    [COLUMN_ERROR_CLASS] = {2, {"text", "character varying"}, "text or character varying"},
    [COLUMN_DEAD_AT] = {2, {"timestamp with time zone"}, "timestamp with time zone"},
};

int
column_since(enum column column)
{
    return table[column].since;
}

bool
column_type_fits(enum column column, const char *type)
{
    for (size_t i = 0; i < TYPES_MAX && table[column].types[i]; i++)
        if (strcmp(table[column].types[i], type) == 0)
            return true;
    return table[column].types[0] == NULL;
}

const char *
column_type_wanted(enum column column)
{
    return table[column].wanted;
}
