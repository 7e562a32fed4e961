// SPDX-License-Identifier: Apache-2.0
//
// Exit codes, and which failure ends in which.
//
// The codes are a promise to scripts and service managers: the unit file restarts on all but 64, 77
// and 78, since only those need a person. So a failure that is not in the table counts as a server
// that is away (69).
#include "exits.h"

#include "outrider/base/safe.h"
#include "outrider/base/text.h"

#include <stdio.h>

const struct exit_code exit_codes[] = {
    {.code = EX_OK, .meaning = "done"},
    {.code = EX_NO, .meaning = "the answer is no: pending, older, refused"},
    {.code = EX_USAGE, .meaning = "a command or option that outrider does not know"},
    {.code = EX_UNAVAILABLE, .meaning = "PostgreSQL or Kafka unavailable"},
    {.code = EX_SOFTWARE, .meaning = "internal error"},
    {.code = EX_TEMPFAIL, .meaning = "unfinished: trying again can go on"},
    {.code = EX_NOPERM, .meaning = "a permission is missing"},
    {.code = EX_CONFIG, .meaning = "the configuration is wrong"},
};
const size_t exit_code_count = sizeof exit_codes / sizeof exit_codes[0];

// By the beginning of the error's code, a word of the store's or an SQLSTATE (PostgreSQL's manual,
// appendix A); the first row that fits counts.
static const struct {
    const char *prefix;
    int code;
} failures[] = {
    {.prefix = "TABLE", .code = EX_CONFIG}, // not there, or not an outbox
    {.prefix = "WHERE", .code = EX_CONFIG}, // nowhere that could be asked
    {.prefix = "42501", .code = EX_NOPERM}, // insufficient privilege
    {.prefix = "42P01", .code = EX_CONFIG}, // undefined table
    {.prefix = "42703", .code = EX_CONFIG}, // undefined column
    {.prefix = "3F000", .code = EX_CONFIG}, // no such schema
    {.prefix = "42",
     .code = EX_SOFTWARE}, // a statement of ours that PostgreSQL does not understand
};

int
exit_of_error(const struct error *err)
{
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (str_starts_with(err->code, failures[i].prefix))
            return failures[i].code;
    return EX_UNAVAILABLE;
}

int
exit_with_error(const char *context, const struct error *err)
{
    safe_print_line(stderr, "outrider: %s: %s", context, err->text);
    return exit_of_error(err);
}
