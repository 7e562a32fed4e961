// SPDX-License-Identifier: Apache-2.0
// The SQLSTATEs that the store acts upon. Source: PostgreSQL's manual, appendix A.
// Whatever else PostgreSQL refuses is FAULT_CLUSTER: nothing is counted against a row for it.
#ifndef OUTRIDER_STORE_SQLSTATE_H
#define OUTRIDER_STORE_SQLSTATE_H

#include "outrider/base/text.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define SQLSTATE_DUPLICATE_STATEMENT    "42P05"
#define SQLSTATE_INVALID_STATEMENT_NAME "26000"
#define SQLSTATE_LOCK_NOT_AVAILABLE     "55P03"
#define SQLSTATE_UNDEFINED_TABLE        "42P01"

// Did a statement fail in this way? NULL: no.
static inline bool
sqlstate_is(const PGresult *result, const char *sqlstate)
{
    return str_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), sqlstate);
}

// Can a row be at fault for it: does it lie in what is stored, or in what a constraint, a trigger
// or a rule of the table says of it? By the class, the first two characters: 21 cardinality, 22
// data, 23 integrity, 27 and 38 and 39 triggers and routines, 44 WITH CHECK OPTION, 54 limits of
// the server, P0 PL/pgSQL, XX internal: XX001 is a corrupt value.
static inline bool
sqlstate_lies_in_data(const char *state)
{
    static const char classes[][3] = {"21", "22", "23", "27", "38", "39", "44", "54", "P0", "XX"};

    if (state == NULL || strlen(state) != 5)
        return false;
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strncmp(state, classes[i], 2) == 0)
            return true;
    return false;
}

#endif
