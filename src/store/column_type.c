// SPDX-License-Identifier: Apache-2.0
// THE list of the types that the table's columns may have.
//
// Texts are read by a cast, so any type that has one will do. What is written, compared or read in
// binary has to be of a type that the store knows.
#include "outrider/store/column_type.h"

#include "params.h"

#include <stddef.h>

enum { TYPES_MAX = 4 };

#define TIMES  {TYPE_TIMESTAMPTZ, TYPE_TIMESTAMP}, "timestamp with or without time zone"
#define TEXTS  {TYPE_TEXT, TYPE_VARCHAR}, "text or character varying"
#define MOMENT {TYPE_TIMESTAMPTZ}, "timestamp with time zone"

static const struct {
    int since;
    uint32_t types[TYPES_MAX]; // none: any
    const char *wanted;
} table[COLUMN_COUNT] = {
    [COLUMN_ID] = {1, {TYPE_UUID}, "uuid"},
    [COLUMN_AGGREGATE_TYPE] = {1, {0}, "any"},
    [COLUMN_AGGREGATE_ID] = {1, {0}, "any"},
    [COLUMN_EVENT_TYPE] = {1, {0}, "any"},
    [COLUMN_PAYLOAD] = {1,
                        {TYPE_JSONB, TYPE_JSON, TYPE_TEXT, TYPE_BYTEA},
                        "jsonb, json, text or bytea"},
    [COLUMN_PUBLISHED] = {1, {TYPE_BOOL}, "boolean"},
    [COLUMN_PUBLISHED_AT] = {1, TIMES},
    [COLUMN_RETRY_COUNT] = {1, {TYPE_INT4, TYPE_INT8, TYPE_INT2}, "integer, bigint or smallint"},
    [COLUMN_CREATED_AT] = {1, TIMES},
    [COLUMN_SEQ] = {2, {TYPE_INT8}, "bigint"},
    [COLUMN_HEADERS] = {2, {TYPE_JSONB, TYPE_JSON}, "jsonb or json"},
    [COLUMN_NEXT_ATTEMPT_AT] = {2, MOMENT},
    [COLUMN_LAST_ERROR] = {2, TEXTS},
    [COLUMN_ERROR_CLASS] = {2, TEXTS},
    [COLUMN_DEAD_AT] = {2, MOMENT},
};

int
column_since(enum column column)
{
    return table[column].since;
}

bool
column_type_fits(enum column column, uint32_t type)
{
    for (size_t i = 0; i < TYPES_MAX && table[column].types[i] != 0; i++)
        if (table[column].types[i] == type)
            return true;
    return table[column].types[0] == 0;
}

// One of version 1 has another name or is not there; one of version 2 went with the table that had
// it, for the version table is only made with it.
bool
column_missing(enum column column, const char *of, const char *name, struct error *err)
{
    if (column_since(column) > 1)
        return error_set(
            err, FAULT_CLUSTER, "TABLE",
            "table \"%s\" has no column \"%s\", but its version table says version %d: "
            "the table was made anew or restored without it; run `outrider schema "
            "apply`, which adds what is missing",
            of, name, column_since(column));
    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "table \"%s\" has no column \"%s\"; if it has another name, map it: "
                     "outbox.columns.%s",
                     of, name, column_name(column));
}

const char *
column_type_wanted(enum column column)
{
    return table[column].wanted;
}
