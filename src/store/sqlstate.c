// SPDX-License-Identifier: Apache-2.0
// Which SQLSTATEs one row's values can cause.
//
// Values are the usual cause of these classes, but none is theirs alone: a trigger can raise for
// every row, an index can be damaged (XX), a server can run into an error of its own (XX000) or
// into max_stack_depth (54001). So the code alone blames no row: the statement has to fail for that
// row alone, and a refused mark has to succeed for another one.
#include "sqlstate.h"

#include "outrider/model/refusals.h"

#include <stddef.h>
#include <string.h>

// Classes of PostgreSQL's manual, appendix A.
static const char *const data_classes[] = {
    "21", // cardinality violation
    "22", // data exception
    "23", // integrity constraint violation
    "27", // triggered data change violation
    "38", // external routine exception
    "39", // external routine invocation exception
    "44", // WITH CHECK OPTION violation
    "54", // program limit exceeded: a text above 1 GB, an index entry that is too large
    "P0", // raised by PL/pgSQL
    "XX", // a damaged value (XX001), an allocation above 1 GB (XX000)
};

bool
sqlstate_lies_in_data(const char *sqlstate)
{
    for (size_t i = 0; sqlstate && i < sizeof data_classes / sizeof data_classes[0]; i++)
        if (strncmp(sqlstate, data_classes[i], 2) == 0)
            return true;
    return false;
}

bool
sqlstate_lies_in_server(const char *sqlstate)
{
    static const char *const starts[] = {
        "08",  // connection exception
        "25",  // invalid transaction state: a server that takes no writes
        "28",  // invalid authorization
        "42",  // syntax error or access rule violation
        "53",  // insufficient resources
        "57P", // operator intervention: a shutdown
        "58",  // system error
    };

    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (str_starts_with(sqlstate, starts[i]))
            return true;
    return strlen(sqlstate) != 5;
}

bool
sqlstate_lies_in_encoding(const char *sqlstate)
{
    return str_equal(sqlstate, "22P05") || // an untranslatable character
           str_equal(sqlstate, "22021");   // bytes that are no character of the encoding
}

bool
sqlstate_lies_in_row(const char *sqlstate)
{
    return sqlstate_lies_in_data(sqlstate) || str_equal(sqlstate, "42501") ||
           refusal_is_of_others(sqlstate);
}
