// SPDX-License-Identifier: Apache-2.0
//
// An error keeps its class and code, and its text is always whole characters.
#include "outrider/base/error.h"
#include "tests/support/unit.h"

#include <string.h>

START_TEST(test_set_fills_and_returns_false)
{
    struct error err;
    ck_assert(!error_set(&err, FAULT_TOPIC, "UNKNOWN_TOPIC", "no topic \"%s\"", "orders"));
    ck_assert_int_eq(err.fault, FAULT_TOPIC);
    ck_assert_str_eq(err.code, "UNKNOWN_TOPIC");
    ck_assert_str_eq(err.text, "no topic \"orders\"");
}
END_TEST

START_TEST(test_prefix_puts_context_in_front)
{
    struct error err;
    error_set(&err, FAULT_CLUSTER, "08006", "connection refused");
    ck_assert(!error_prefix(&err, "lane %d", 3));
    ck_assert_str_eq(err.text, "lane 3: connection refused");
    ck_assert_str_eq(err.code, "08006");
    ck_assert_int_eq(err.fault, FAULT_CLUSTER);
}
END_TEST

START_TEST(test_arguments_may_be_its_own_text)
{
    struct error err;
    error_set(&err, FAULT_MESSAGE, "CODE", "inner");
    error_set(&err, FAULT_MESSAGE, err.code, "outer (%s)", err.text);
    ck_assert_str_eq(err.text, "outer (inner)");
    ck_assert_str_eq(err.code, "CODE");
    error_prefix(&err, "%s", err.text);
    ck_assert_str_eq(err.text, "outer (inner): outer (inner)");
}
END_TEST

START_TEST(test_long_text_is_cut_between_characters)
{
    struct error err;
    char longer[700];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    error_set(&err, FAULT_CLUSTER, "A_CODE_THAT_IS_LONGER_THAN_THIRTY_ONE_BYTES", "%s", longer);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ck_assert_str_eq(err.code, "A_CODE_THAT_IS_LONGER_THAN_THIR");

    // The last two bytes that fit would be the first two of a three-byte character.
    memcpy(longer + sizeof err.text - 3, "\xE2\x82\xAC", 3);
    error_set(&err, FAULT_CLUSTER, "X", "%s", longer);
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 3);
    ck_assert_int_eq(err.text[sizeof err.text - 4], 'x');

    error_prefix(&err, "%s", "context");
    ck_assert_uint_eq(strlen(err.text), sizeof err.text - 1);
    ck_assert(strncmp(err.text, "context: xxx", 12) == 0);
}
END_TEST

START_TEST(test_fault_names)
{
    ck_assert_str_eq(fault_name(FAULT_MESSAGE), "message");
    ck_assert_str_eq(fault_name(FAULT_TOPIC), "topic");
    ck_assert_str_eq(fault_name(FAULT_CLUSTER), "cluster");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("error", test_set_fills_and_returns_false, test_prefix_puts_context_in_front,
                     test_arguments_may_be_its_own_text, test_long_text_is_cut_between_characters,
                     test_fault_names);
}
