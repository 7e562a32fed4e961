// SPDX-License-Identifier: Apache-2.0
// Which types the table's columns may have: what the relay can read and the schema's versions build
// on. Types are told apart by their oids, which PostgreSQL's catalog fixes: a type's printed name
// differs with the session's settings.
#ifndef OUTRIDER_STORE_COLUMN_TYPE_H
#define OUTRIDER_STORE_COLUMN_TYPE_H

#include "outrider/base/error.h"
#include "outrider/model/columns.h"

#include <stdbool.h>
#include <stdint.h>

// The table's version that brings the column.
int column_since(enum column column);

// type: its oid; of a domain that of the type beneath it.
bool column_type_fits(enum column column, uint32_t type);

// Fills err, code "TABLE": table `of` lacks the column, whose name in the database is `name`, and
// what to do about it. Returns false.
bool column_missing(enum column column, const char *of, const char *name, struct error *err);

// The types that fit, for an error text, e.g. "jsonb, json, text or bytea". Static.
const char *column_type_wanted(enum column column);

#endif
