// SPDX-License-Identifier: Apache-2.0
//
// An answer is input: each way in which it can differ from what its reader expects is an error, and
// nothing is read of it. Every letter is tried with every wrong length.
// links: base model store
#include "src/store/answer.h"

#include "src/store/rows.h"
#include "tests/support/unit.h"

#include <string.h>

static struct error err;

static PGresult *
answer_of(int fields, int format)
{
    static char name[] = "column";
    PGresAttDesc descriptions[16];
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);

    for (int i = 0; i < fields; i++)
        descriptions[i] = (PGresAttDesc){.name = name, .format = format};
    ck_assert(PQsetResultAttrs(result, fields, descriptions));
    return result;
}

static void
put(PGresult *result, int row, int field, const char *data, int length)
{
    char copy[64] = {0};

    if (data)
        memcpy(copy, data, (size_t)length);
    ck_assert(PQsetvalue(result, row, field, data ? copy : NULL, data ? length : -1));
}

// Is one value of that letter taken?
static bool
takes(char letter, const char *data, int length, enum answer_format format)
{
    const char fields[] = {letter, '\0'};
    const struct answer answer = {fields, 1};
    PGresult *result = answer_of(1, (int)format);

    put(result, 0, 0, data, length);
    err = (struct error){0};
    const bool good = answer_check(result, &answer, format, &err);
    ck_assert(good || strcmp(err.code, "ANSWER") == 0);
    ck_assert(good || err.fault == FAULT_CLUSTER);
    PQclear(result);
    return good;
}

START_TEST(test_lengths_in_binary)
{
    static const struct {
        char letter;
        int length;
    } fixed[] = {{'b', 1}, {'i', 4}, {'l', 8}, {'u', 16}};
    static const char bytes[32];

    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        for (int length = 0; length <= 32; length++)
            ck_assert_int_eq(takes(fixed[i].letter, bytes, length, ANSWER_BINARY),
                             length == fixed[i].length);
    ck_assert(takes('t', bytes, 0, ANSWER_BINARY) && takes('t', bytes, 32, ANSWER_BINARY));
}
END_TEST

START_TEST(test_values_in_text)
{
    ck_assert(takes('b', "t", 1, ANSWER_TEXT) && takes('b', "f", 1, ANSWER_TEXT));
    ck_assert(!takes('b', "x", 1, ANSWER_TEXT) && !takes('b', "true", 4, ANSWER_TEXT));
    ck_assert(takes('l', "0", 1, ANSWER_TEXT) && takes('l', "-12", 3, ANSWER_TEXT));
    ck_assert(!takes('l', "", 0, ANSWER_TEXT) && !takes('l', "-", 1, ANSWER_TEXT));
    ck_assert(!takes('l', "1a", 2, ANSWER_TEXT));
    ck_assert(takes('u', "00000000-0000-0000-0000-000000000000", 36, ANSWER_TEXT));
    ck_assert(!takes('u', "0", 1, ANSWER_TEXT));
    ck_assert(!takes('u', "00000000-0000-0000-0000-00000000000'", 36, ANSWER_TEXT));
}
END_TEST

START_TEST(test_null_only_where_a_capital_allows_it)
{
    for (const char *letter = "biltu"; *letter; letter++) {
        ck_assert(!takes(*letter, NULL, -1, ANSWER_BINARY));
        ck_assert(takes((char)(*letter - 'a' + 'A'), NULL, -1, ANSWER_BINARY));
        ck_assert(!takes(*letter, NULL, -1, ANSWER_TEXT));
    }
}
END_TEST

START_TEST(test_fields_rows_and_format)
{
    const struct answer two = {"tt", 2};
    static const struct {
        int fields, rows, format;
        bool good;
    } cases[] = {
        {2, 2, 1, true},  {2, 3, 1, true},  {1, 2, 1, false}, {3, 2, 1, false},
        {0, 0, 1, false}, {2, 1, 1, false}, {2, 0, 1, false}, {2, 2, 0, false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PGresult *result = answer_of(cases[i].fields, cases[i].format);
        for (int row = 0; row < cases[i].rows; row++)
            for (int field = 0; field < cases[i].fields; field++)
                put(result, row, field, "x", 1);
        ck_assert_int_eq(answer_check(result, &two, ANSWER_BINARY, &err), cases[i].good);
        PQclear(result);
    }
    PGresult *command = PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK);
    ck_assert(!answer_check(command, &two, ANSWER_BINARY, &err));
    PQclear(command);
}
END_TEST

// A claim of three rows in which one value of one row is a byte too short, too long, or NULL: no
// such value of a fixed length reaches the reader.
START_TEST(test_a_claim_with_one_wrong_value)
{
    static const int lengths[] = {1, 16, 8, 8, 0, 0, 0, 0, 8, 4, 0, 4, 8, 1, 1};
    static const char bytes[32];
    const int fields = (int)strlen(rows_answer.fields);

    ck_assert_int_eq(fields, (int)(sizeof lengths / sizeof lengths[0]));
    for (int wrong = 0; wrong < fields; wrong++)
        for (int by = -1; by <= 1; by++) {
            PGresult *result = answer_of(fields, 1);
            for (int row = 0; row < 3; row++)
                for (int field = 0; field < fields; field++)
                    put(result, row, field, bytes,
                        lengths[field] + (row == 1 && field == wrong && lengths[field] ? by : 0));
            ck_assert_int_eq(answer_check(result, &rows_answer, ANSWER_BINARY, &err),
                             by == 0 || lengths[wrong] == 0);
            PQclear(result);
        }
}
END_TEST

int
main(void)
{
    return RUN_TESTS("answer", test_lengths_in_binary, test_values_in_text,
                     test_null_only_where_a_capital_allows_it, test_fields_rows_and_format,
                     test_a_claim_with_one_wrong_value);
}
