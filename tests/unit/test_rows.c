// SPDX-License-Identifier: Apache-2.0
//
// From a claim's result to messages: results are made by hand, in the column order of
// sql/store/cut.sql.
// links: base model store
#include "src/store/rows.h"

#include "tests/support/unit.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum {
    TAKEN,
    ID,
    POSITION,
    CREATED_AT,
    AGGREGATE_TYPE,
    AGGREGATE_ID,
    EVENT_TYPE,
    PAYLOAD,
    PAYLOAD_BYTES,
    RETRY_COUNT,
    HEADERS,
    WRITER,
    BYTES,
    WITHHELD,
    CUT,
    FIELDS,
};

static PGresult *
empty_result(void)
{
    static PGresAttDesc fields[FIELDS];
    static char name[] = "x";
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    for (int i = 0; i < FIELDS; i++)
        fields[i] = (PGresAttDesc){.name = name, .format = 1};
    ck_assert(PQsetResultAttrs(result, FIELDS, fields));
    return result;
}

static void
set(PGresult *result, int row, int field, const void *data, size_t len)
{
    char copy[512];
    memcpy(copy, data, len);
    ck_assert(PQsetvalue(result, row, field, copy, (int)len));
}

static void
set_int8(PGresult *result, int row, int field, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);
    set(result, row, field, &wire, sizeof wire);
}

static void
set_null(PGresult *result, int row, int field)
{
    ck_assert(PQsetvalue(result, row, field, NULL, -1));
}

// A complete row number `row`.
static void
add_row(PGresult *result, int row)
{
    uint8_t id[16] = {0x10, [15] = (uint8_t)row};
    set(result, row, TAKEN, "\1", 1);
    set(result, row, ID, id, sizeof id);
    set_int8(result, row, POSITION, 100 + row);
    set_int8(result, row, CREATED_AT, 0);
    set(result, row, AGGREGATE_TYPE, "order", 5);
    set(result, row, AGGREGATE_ID, "42", 2);
    set(result, row, EVENT_TYPE, "order.placed", 12);
    set(result, row, PAYLOAD, "{}\0x", 4); // binary format: a NUL is a byte
    set_int8(result, row, PAYLOAD_BYTES, 4);
    set(result, row, RETRY_COUNT, "\0\0\0\3", 4);
    set_null(result, row, HEADERS);
    set(result, row, WRITER, "\xff\0\0\1", 4);
    set_int8(result, row, BYTES, 23);
    set(result, row, WITHHELD, "\0", 1);
    set(result, row, CUT, "\0", 1);
}

START_TEST(test_every_field)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    rows_to_batch(result, 10, false, &batch);
    const struct row *row = &batch.messages[0].row;
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_uint_eq(batch.bytes, 23);
    ck_assert(!batch.full && !batch.holes);
    ck_assert_int_eq(row->id.bytes[0], 0x10);
    ck_assert_int_eq(row->position.major, 100);
    ck_assert_int_eq(row->position.id.bytes[0], 0);
    ck_assert_int_eq(row->created_at_us, INT64_C(946684800000000)); // 2000-01-01
    ck_assert(bytes_equal(row->aggregate_type, bytes_from("order")));
    ck_assert(bytes_equal(row->aggregate_id, bytes_from("42")));
    ck_assert(bytes_equal(row->event_type, bytes_from("order.placed")));
    ck_assert(bytes_equal(row->payload, (struct bytes){"{}\0x", 4}));
    ck_assert(row->payload.data == PQgetvalue(result, 0, PAYLOAD)); // not copied
    ck_assert_int_eq(row->payload_bytes, 4);
    ck_assert_int_eq(row->retry_count, 3);
    ck_assert_uint_eq(row->writer, 0xff000001);
    ck_assert(row->taken);
    ck_assert(!row->withheld && !row->headers_malformed);
    ck_assert_ptr_null(row->headers);
    ck_assert_int_eq(batch.messages[0].outcome.state, OUTCOME_NONE);
    batch_free(&batch);
}
END_TEST

START_TEST(test_no_rows)
{
    struct batch batch;
    rows_to_batch(empty_result(), 10, false, &batch);
    ck_assert_uint_eq(batch.count, 0);
    ck_assert(!batch.full);
    batch_free(&batch);
}
END_TEST

START_TEST(test_nulls)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set_null(result, 0, AGGREGATE_TYPE);
    set_null(result, 0, AGGREGATE_ID);
    set_null(result, 0, EVENT_TYPE);
    set_null(result, 0, PAYLOAD);
    set_null(result, 0, PAYLOAD_BYTES);
    set_int8(result, 0, BYTES, 0);
    rows_to_batch(result, 10, false, &batch);
    const struct row *row = &batch.messages[0].row;
    ck_assert_ptr_null(row->aggregate_type.data);
    ck_assert_ptr_null(row->aggregate_id.data);
    ck_assert_ptr_null(row->event_type.data);
    ck_assert_ptr_null(row->payload.data);
    ck_assert_int_eq(row->payload_bytes, 0);
    ck_assert(!row->withheld); // SQL NULL, a tombstone
    ck_assert_uint_eq(batch.bytes, 0);
    batch_free(&batch);
}
END_TEST

START_TEST(test_empty_is_not_null)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set(result, 0, AGGREGATE_ID, "", 0);
    set(result, 0, PAYLOAD, "", 0);
    set_int8(result, 0, PAYLOAD_BYTES, 0);
    rows_to_batch(result, 10, false, &batch);
    ck_assert_ptr_nonnull(batch.messages[0].row.aggregate_id.data);
    ck_assert_ptr_nonnull(batch.messages[0].row.payload.data);
    ck_assert_uint_eq(batch.messages[0].row.payload.len, 0);
    batch_free(&batch);
}
END_TEST

START_TEST(test_a_row_too_large_is_withheld)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set_null(result, 0, PAYLOAD);
    set_int8(result, 0, PAYLOAD_BYTES, INT64_C(3000000000));
    set_int8(result, 0, BYTES, INT64_C(3000000019));
    set(result, 0, WITHHELD, "\1", 1);
    rows_to_batch(result, 10, false, &batch);
    ck_assert(batch.messages[0].row.withheld);
    ck_assert_int_eq(batch.messages[0].row.payload_bytes, INT64_C(3000000000));
    ck_assert_uint_eq(batch.bytes, 0);
    batch_free(&batch);
}
END_TEST

START_TEST(test_version_1_breaks_ties_by_id)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    rows_to_batch(result, 10, true, &batch);
    const struct row *row = &batch.messages[0].row;
    ck_assert_mem_eq(row->position.id.bytes, row->id.bytes, sizeof row->id.bytes);
    batch_free(&batch);
}
END_TEST

START_TEST(test_infinities_stay_at_the_ends)
{
    PGresult *result = empty_result();
    struct batch batch;
    for (int i = 0; i < 3; i++)
        add_row(result, i);
    set_int8(result, 0, CREATED_AT, INT64_MIN);
    set_int8(result, 1, CREATED_AT, INT64_MAX);
    set_int8(result, 2, CREATED_AT, -1);
    rows_to_batch(result, 10, false, &batch);
    ck_assert_int_eq(batch.messages[0].row.created_at_us, INT64_MIN);
    ck_assert_int_eq(batch.messages[1].row.created_at_us, INT64_MAX);
    ck_assert_int_eq(batch.messages[2].row.created_at_us, INT64_C(946684799999999));
    batch_free(&batch);
}
END_TEST

START_TEST(test_a_row_not_taken_is_a_hole)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    add_row(result, 1);
    set(result, 1, TAKEN, "\0", 1);
    rows_to_batch(result, 10, false, &batch);
    ck_assert(batch.holes);
    ck_assert(batch.messages[0].row.taken);
    ck_assert(!batch.messages[1].row.taken);
    batch_free(&batch);
}
END_TEST

// {rows of the result, the first that is cut off, limit, full}
static const int fullness[][4] = {
    {2, 2, 3, false}, // short
    {3, 3, 3, true},  // by rows
    {2, 1, 3, true},  // by bytes: what was cut off is still there
    {1, 1, 1, true},
};

START_TEST(test_full_by_rows_or_by_bytes)
{
    for (size_t i = 0; i < sizeof fullness / sizeof fullness[0]; i++) {
        PGresult *result = empty_result();
        struct batch batch;
        for (int row = 0; row < fullness[i][0]; row++) {
            add_row(result, row);
            set(result, row, CUT, row >= fullness[i][1] ? "\1" : "\0", 1);
        }
        rows_to_batch(result, fullness[i][2], false, &batch);
        ck_assert_uint_eq(batch.count, (size_t)fullness[i][1]);
        ck_assert_int_eq(batch.full, fullness[i][3]);
        ck_assert_uint_eq(batch.bytes, (size_t)fullness[i][1] * 23);
        batch_free(&batch);
    }
}
END_TEST

// text[] in binary format: one dimension of `count`, then the elements.
#define ARRAY(count) "\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0" count "\0\0\0\1"

START_TEST(test_headers)
{
    static const char array[] = ARRAY("\4") "\0\0\0\1"
                                            "a"
                                            "\0\0\0\2"
                                            "bc"
                                            "\0\0\0\0"
                                            "\xff\xff\xff\xff";
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set(result, 0, HEADERS, array, sizeof array - 1);
    rows_to_batch(result, 10, false, &batch);
    const struct row *row = &batch.messages[0].row;
    ck_assert(!row->headers_malformed);
    ck_assert_uint_eq(row->header_count, 2);
    ck_assert(bytes_equal(row->headers[0].name, bytes_from("a")));
    ck_assert(bytes_equal(row->headers[0].value, bytes_from("bc")));
    ck_assert(bytes_equal(row->headers[1].name, bytes_from("")));
    ck_assert_ptr_null(row->headers[1].value.data); // JSON null
    batch_free(&batch);
}
END_TEST

START_TEST(test_headers_of_an_empty_object)
{
    static const char array[] = "\0\0\0\0\0\0\0\0\0\0\0\31";
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set(result, 0, HEADERS, array, sizeof array - 1);
    rows_to_batch(result, 10, false, &batch);
    ck_assert_uint_eq(batch.messages[0].row.header_count, 0);
    ck_assert(!batch.messages[0].row.headers_malformed);
    batch_free(&batch);
}
END_TEST

START_TEST(test_headers_that_are_no_object)
{
    static const char array[] = ARRAY("\1") "\0\0\0\5"
                                            "array";
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set(result, 0, HEADERS, array, sizeof array - 1);
    rows_to_batch(result, 10, false, &batch);
    ck_assert(batch.messages[0].row.headers_malformed);
    ck_assert_uint_eq(batch.messages[0].row.header_count, 0);
    batch_free(&batch);
}
END_TEST

static void
expect_malformed(const char *array, size_t len)
{
    PGresult *result = empty_result();
    struct batch batch;
    add_row(result, 0);
    set(result, 0, HEADERS, array, len);
    rows_to_batch(result, 10, false, &batch);
    ck_assert(batch.messages[0].row.headers_malformed);
    ck_assert_uint_eq(batch.messages[0].row.header_count, 0);
    batch_free(&batch);
}

// What a broken or hostile server could send: no byte outside is read, and no memory is asked for
// that the array could not fill.
START_TEST(test_headers_that_lie)
{
    static const char whole[] = ARRAY("\2") "\0\0\0\1a\0\0\0\2bc";
    static const char two_dimensions[] = "\0\0\0\2\0\0\0\0\0\0\0\31\0\0\0\2\0\0\0\1"
                                         "\0\0\0\1\0\0\0\1\0\0\0\0\0\0\0\0";
    static const char many[] = "\0\0\0\1\0\0\0\0\0\0\0\31\x7f\xff\xff\xfe\0\0\0\1\0\0\0\0";
    static const char negative[] = "\0\0\0\1\0\0\0\0\0\0\0\31\xff\xff\xff\xfe\0\0\0\1";
    static const char long_name[] = ARRAY("\2") "\x7f\xff\xff\xff\0\0\0\0";
    static const char below_null[] = ARRAY("\2") "\0\0\0\1a\xff\xff\xff\xfe";
    static const char no_name[] = ARRAY("\2") "\xff\xff\xff\xff\0\0\0\1a";
    for (size_t len = 0; len < sizeof whole - 1; len++)
        expect_malformed(whole, len);
    expect_malformed(two_dimensions, sizeof two_dimensions - 1);
    expect_malformed(many, sizeof many - 1);
    expect_malformed(negative, sizeof negative - 1);
    expect_malformed(long_name, sizeof long_name - 1);
    expect_malformed(below_null, sizeof below_null - 1);
    expect_malformed(no_name, sizeof no_name - 1);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("rows", test_every_field, test_no_rows, test_nulls, test_empty_is_not_null,
                     test_a_row_too_large_is_withheld, test_version_1_breaks_ties_by_id,
                     test_infinities_stay_at_the_ends, test_a_row_not_taken_is_a_hole,
                     test_full_by_rows_or_by_bytes, test_headers, test_headers_of_an_empty_object,
                     test_headers_that_are_no_object, test_headers_that_lie);
}
