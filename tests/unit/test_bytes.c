// SPDX-License-Identifier: Apache-2.0
//
// SQL NULL, empty and equal are three things.
#include "outrider/base/bytes.h"
#include "tests/support/unit.h"

START_TEST(test_null_is_not_empty)
{
    struct bytes null = {0}, empty = bytes_from("");
    ck_assert(bytes_equal(null, (struct bytes){.data = NULL, .len = 7}));
    ck_assert(!bytes_equal(null, empty));
    ck_assert(!bytes_equal(empty, null));
    ck_assert(bytes_equal(empty, (struct bytes){.data = "x", .len = 0}));
}
END_TEST

START_TEST(test_compares_every_byte)
{
    struct bytes a = {.data = "a\0b", .len = 3}, b = {.data = "a\0c", .len = 3};
    ck_assert(!bytes_equal(a, b));
    ck_assert(bytes_equal(a, (struct bytes){.data = "a\0bZ", .len = 3}));
    ck_assert(!bytes_equal(a, (struct bytes){.data = "a\0b", .len = 2}));
}
END_TEST

START_TEST(test_from_a_string)
{
    ck_assert_uint_eq(bytes_from("order").len, 5);
    ck_assert_ptr_null(bytes_from(NULL).data);
    ck_assert_uint_eq(bytes_from(NULL).len, 0);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("bytes", test_null_is_not_empty, test_compares_every_byte, test_from_a_string);
}
