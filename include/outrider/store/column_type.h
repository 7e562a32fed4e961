// SPDX-License-Identifier: Apache-2.0
// Which types the table's columns may have: what the relay can read and the schema's versions build
// on. Types are named as PostgreSQL's format_type(oid, NULL) has them.
#ifndef OUTRIDER_STORE_COLUMN_TYPE_H
#define OUTRIDER_STORE_COLUMN_TYPE_H

#include "outrider/model/columns.h"

#include <stdbool.h>

// The table's version that brings the column.
int column_since(enum column column);

bool column_type_fits(enum column column, const char *type);

// The types that fit, for an error text, e.g. "jsonb, json, text or bytea". Static.
const char *column_type_wanted(enum column column);

#endif
