// SPDX-License-Identifier: Apache-2.0
// Holds an answer against what its reader expects.
//
// A claim has many rows, so a field of any length that may be NULL costs nothing here, and of the
// others each value is looked at once.
#include "answer.h"

#include <ctype.h>
#include <string.h>

#define ADVICE "; is it PostgreSQL that answers there, and does what stands before it pass all on?"

// The bytes of a value of that kind; 0: any number.
static int
length_of(char kind, enum answer_format format)
{
    const bool binary = format == ANSWER_BINARY;

    switch (kind) {
    case 'b':
        return 1;
    case 'i':
        return binary ? 4 : 0;
    case 'l':
        return binary ? 8 : 0;
    case 'u':
        return binary ? 16 : 36;
    default:
        return 0;
    }
}

static bool
is_number(const char *text)
{
    text += *text == '-';
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

// Does a text of the right length say something of that kind?
static bool
is_readable(char kind, const char *text)
{
    switch (kind) {
    case 'b':
        return *text == 't' || *text == 'f';
    case 'i':
    case 'l':
        return is_number(text);
    case 'u':
        return text[strspn(text, "0123456789abcdef-")] == '\0';
    default:
        return true;
    }
}

static bool
check_value(const PGresult *result, int row, int field, char kind, bool nullable,
            enum answer_format format, struct error *err)
{
    const int wanted = length_of(kind, format), length = PQgetlength(result, row, field);

    if (length == 0 && PQgetisnull(result, row, field))
        return nullable || error_set(err, FAULT_CLUSTER, "ANSWER",
                                     "PostgreSQL answered with NULL in column %d (%s), where a "
                                     "value is needed" ADVICE,
                                     field + 1, PQfname(result, field));
    if (wanted != 0 && length != wanted)
        return error_set(err, FAULT_CLUSTER, "ANSWER",
                         "PostgreSQL answered with %d bytes in column %d (%s), which has %d" ADVICE,
                         length, field + 1, PQfname(result, field), wanted);
    return format == ANSWER_BINARY || is_readable(kind, PQgetvalue(result, row, field)) ||
           error_set(err, FAULT_CLUSTER, "ANSWER",
                     "PostgreSQL answered with an unreadable value in column %d (%s)" ADVICE,
                     field + 1, PQfname(result, field));
}

static bool
check_field(const PGresult *result, int field, char letter, enum answer_format format,
            struct error *err)
{
    const bool nullable = isupper((unsigned char)letter);
    const char kind = (char)tolower((unsigned char)letter);
    const int rows = PQntuples(result);
    // What most values of a claim are: of a fixed length in binary, and all right.
    const int good =
        format == ANSWER_BINARY && length_of(kind, format) ? length_of(kind, format) : -1;

    if (PQfformat(result, field) != (int)format)
        return error_set(err, FAULT_CLUSTER, "ANSWER",
                         "PostgreSQL answered in another format than it was asked for in column %d "
                         "(%s)" ADVICE,
                         field + 1, PQfname(result, field));
    for (int row = 0; letter != 'T' && row < rows; row++)
        if (PQgetlength(result, row, field) != good &&
            !check_value(result, row, field, kind, nullable, format, err))
            return false;
    return true;
}

bool
answer_check(const PGresult *result, const struct answer *answer, enum answer_format format,
             struct error *err)
{
    const int fields = (int)strlen(answer->fields);

    if (PQnfields(result) != fields)
        return error_set(err, FAULT_CLUSTER, "ANSWER",
                         "PostgreSQL answered with %d columns to a question about %d" ADVICE,
                         PQnfields(result), fields);
    if (PQntuples(result) < answer->rows)
        return error_set(err, FAULT_CLUSTER, "ANSWER",
                         "PostgreSQL answered with %d rows where %d are needed" ADVICE,
                         PQntuples(result), answer->rows);
    for (int field = 0; field < fields; field++)
        if (!check_field(result, field, answer->fields[field], format, err))
            return false;
    return true;
}
