// SPDX-License-Identifier: Apache-2.0
//
// Statement parameters, byte by byte as the server's *recv functions read them.
// links: base model src/store/params.c
#include "src/store/params.h"

#include "tests/support/unit.h"

#include <string.h>

static struct params params;

static void
assert_param(int i, Oid type, const void *bytes, size_t len)
{
    ck_assert_int_lt(i, params.count);
    ck_assert_uint_eq(params.types[i], type);
    ck_assert_int_eq(params.lengths[i], (int)len);
    ck_assert_mem_eq(params.bytes.data + params.offsets[i], bytes, len);
}

#define PARAM(i, type, literal) assert_param((i), (type), (literal), sizeof(literal) - 1)

START_TEST(test_integers_are_big_endian)
{
    params_int4(&params, 0x01020304);
    params_int4(&params, -2);
    params_int8(&params, INT64_C(0x0102030405060708), TYPE_INT8);
    params_int8(&params, INT64_MIN, TYPE_TIMESTAMPTZ);
    ck_assert_int_eq(params.count, 4);
    PARAM(0, 23, "\1\2\3\4");
    PARAM(1, 23, "\xff\xff\xff\xfe");
    PARAM(2, 20, "\1\2\3\4\5\6\7\10");
    PARAM(3, 1184, "\x80\0\0\0\0\0\0\0");
    params_free(&params);
}
END_TEST

START_TEST(test_wire_integers_are_read_back)
{
    ck_assert_int_eq(wire_int4("\1\2\3\4"), 0x01020304);
    ck_assert_int_eq(wire_int4("\xff\xff\xff\xfe"), -2);
    ck_assert_int_eq(wire_int8("\1\2\3\4\5\6\7\10"), INT64_C(0x0102030405060708));
    ck_assert_int_eq(wire_int8("\x80\0\0\0\0\0\0\0"), INT64_MIN);
    ck_assert_int_eq(wire_int8(&"x\x7f\xff\xff\xff\xff\xff\xff\xff"[1]), INT64_MAX); // unaligned
}
END_TEST

START_TEST(test_uuid_and_text)
{
    struct message_id id = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff}};
    params_uuid(&params, &id);
    params_text(&params, "caf\xc3\xa9");
    params_text(&params, "");
    PARAM(0, 2950, "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\xff");
    PARAM(1, 25, "caf\xc3\xa9");
    PARAM(2, 25, "");
    params_free(&params);
}
END_TEST

// array_recv: dimensions, a flag for NULLs, the element's type, length and lower bound, elements.
START_TEST(test_arrays)
{
    struct message_id id = {{0xaa, 1}};
    params_begin_array(&params, TYPE_TEXT, 2);
    params_element(&params, "a", 1);
    params_element(&params, "", 0);
    params_end_array(&params);
    params_begin_array(&params, TYPE_INT8, 1);
    params_element_int8(&params, -1);
    params_end_array(&params);
    params_begin_array(&params, TYPE_UUID, 1);
    params_element(&params, id.bytes, sizeof id.bytes);
    params_end_array(&params);
    PARAM(0, 1009,
          "\0\0\0\1"
          "\0\0\0\0"
          "\0\0\0\31"
          "\0\0\0\2"
          "\0\0\0\1"
          "\0\0\0\1"
          "a"
          "\0\0\0\0");
    PARAM(1, 1016,
          "\0\0\0\1"
          "\0\0\0\0"
          "\0\0\0\24"
          "\0\0\0\1"
          "\0\0\0\1"
          "\0\0\0\10"
          "\xff\xff\xff\xff\xff\xff\xff\xff");
    PARAM(2, 2951,
          "\0\0\0\1"
          "\0\0\0\0"
          "\0\0\13\206"
          "\0\0\0\1"
          "\0\0\0\1"
          "\0\0\0\20"
          "\xaa\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    params_free(&params);
}
END_TEST

START_TEST(test_an_empty_array_has_no_dimension)
{
    params_begin_array(&params, TYPE_TEXT, 0);
    params_end_array(&params);
    PARAM(0, 1009,
          "\0\0\0\0"
          "\0\0\0\0"
          "\0\0\0\31");
    params_free(&params);
}
END_TEST

// Offsets, not pointers, are kept: the bytes move while they grow.
START_TEST(test_many_elements)
{
    enum { COUNT = 10000 };
    params_int4(&params, 7);
    params_begin_array(&params, TYPE_INT8, COUNT);
    for (int64_t i = 0; i < COUNT; i++)
        params_element_int8(&params, i);
    params_end_array(&params);
    params_int4(&params, 8);
    PARAM(0, 23, "\0\0\0\7");
    PARAM(2, 23, "\0\0\0\10");
    ck_assert_int_eq(params.lengths[1], 20 + COUNT * 12);
    const char *array = params.bytes.data + params.offsets[1];
    ck_assert_int_eq(wire_int4(array + 12), COUNT);
    for (int64_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(wire_int4(array + 20 + i * 12), 8);
        ck_assert_int_eq(wire_int8(array + 24 + i * 12), i);
    }
    params_free(&params);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("params", test_integers_are_big_endian, test_wire_integers_are_read_back,
                     test_uuid_and_text, test_arrays, test_an_empty_array_has_no_dimension,
                     test_many_elements);
}
