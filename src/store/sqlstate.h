// SPDX-License-Identifier: Apache-2.0
// The SQLSTATEs that the store acts upon. Source: PostgreSQL's manual, appendix A.
// A refusal that none of them fits is FAULT_CLUSTER: it counts against a row only when that row is
// refused alone, again and again, while others are written (refused.c).
#ifndef OUTRIDER_STORE_SQLSTATE_H
#define OUTRIDER_STORE_SQLSTATE_H

#include "outrider/base/text.h"

#include <libpq-fe.h>
#include <stdbool.h>

#define SQLSTATE_CHANGED_RESULT         "0A000"
#define SQLSTATE_DUPLICATE_STATEMENT    "42P05"
#define SQLSTATE_INVALID_STATEMENT_NAME "26000"
#define SQLSTATE_LOCK_NOT_AVAILABLE     "55P03"
#define SQLSTATE_QUERY_CANCELED         "57014" // mostly statement_timeout
#define SQLSTATE_UNDEFINED_COLUMN       "42703"
#define SQLSTATE_UNDEFINED_FUNCTION     "42883"
#define SQLSTATE_UNDEFINED_SCHEMA       "3F000"
#define SQLSTATE_UNDEFINED_TABLE        "42P01"
#define SQLSTATE_WRONG_TYPE             "42804"

// Did a statement fail in this way? NULL: no.
static inline bool
sqlstate_is(const PGresult *result, const char *sqlstate)
{
    return str_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), sqlstate);
}

// Can a statement have failed in this way because of one row's values? NULL: no.
bool sqlstate_lies_in_data(const char *sqlstate);

// Is it the matter of the server, the session, the role or the statement, whatever the row? Also
// what is no SQLSTATE.
bool sqlstate_lies_in_server(const char *sqlstate);

// Does the client's encoding lack a character of some text? NULL: no.
bool sqlstate_lies_in_encoding(const char *sqlstate);

// Is it mostly one row's matter when a write is refused in this way? Also a policy's that looks at
// the row, or a trigger's of that row that met another session.
bool sqlstate_lies_in_row(const char *sqlstate);

#endif
