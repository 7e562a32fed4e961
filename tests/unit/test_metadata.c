// SPDX-License-Identifier: Apache-2.0
//
// "_metadata" goes in last and nothing else of the payload changes, whatever the payload is.
// links: base model src/relay/metadata.c
#include "src/relay/metadata.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define ID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define META                                                                                       \
    "\"_metadata\": {\"messageId\": \"" ID "\", \"aggregateType\": \"order\", "                    \
    "\"aggregateId\": \"42\", \"timestamp\": \"2024-02-29T23:59:59.123Z\"}"

static struct row
example(struct bytes payload)
{
    return (struct row){
        .id.bytes = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f,
                     0xd4, 0x30, 0xc8},
        .aggregate_type = bytes_from("order"),
        .aggregate_id = bytes_from("42"),
        .payload = payload,
        .created_at_us = INT64_C(1709251199123456),
    };
}

static struct batch batch;

static void
setup(void)
{
    batch_init(&batch, 0, NULL, NULL);
}

static void
teardown(void)
{
    batch_free(&batch);
}

static void
assert_bytes(struct bytes value, const char *expected)
{
    ck_assert_msg(bytes_equal(value, bytes_from(expected)), "got      %.*s\nexpected %s",
                  (int)value.len, value.data, expected);
}

static const char *const splices[][2] = {
    {"{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"b\": 2, " META "}"},
    {"{}", "{" META "}"},
    {" { } \n", " {" META " } \n"},
    {"{\"a\":1}", "{\"a\":1, " META "}"},
    {"{\n  \"a\": 1\n}\n", "{\n  \"a\": 1, " META "\n}\n"},
    // one that is there: last, first, between, alone
    {"{\"a\": 1, \"_metadata\": {\"x\": [1, {}]}}", "{\"a\": 1, " META "}"},
    {"{\"_metadata\": null, \"a\": 1}", "{\"a\": 1, " META "}"},
    {"{\"a\": 1, \"_metadata\": \"}\", \"b\": 2}", "{\"a\": 1, \"b\": 2, " META "}"},
    {"{\"_metadata\": 1}", "{" META "}"},
    {"{ \"_metadata\" : 1 }", "{ " META " }"},
    {"{\n \"a\" : 1 ,\n \"_metadata\" : 2\n}", "{\n \"a\" : 1, " META "\n}"},
    // twice, as json permits
    {"{\"_metadata\":1,\"_metadata\":2}", "{" META "}"},
    {"{\"_metadata\":1,\"a\":0,\"_metadata\":2}", "{\"a\":0, " META "}"},
    {"{\"a\":0,\"_metadata\":1,\"_metadata\":2,\"b\":0}", "{\"a\":0,\"b\":0, " META "}"},
    {"{\"_metadata\":1,\"_metadata\":2,\"b\":0}", "{\"b\":0, " META "}"},
    // the name with escapes is the same name
    {"{\"\\u005fmetadata\": 1, \"a\": 1}", "{\"a\": 1, " META "}"},
    {"{\"_met\\u0061d\\u0061t\\u0061\": 1, \"a\": 1}", "{\"a\": 1, " META "}"},
    {"{\"\\u005Fmetadata\": 1}", "{" META "}"},
    // names that are others
    {"{\"_metadata2\": 1}", "{\"_metadata2\": 1, " META "}"},
    {"{\"_metadat\": 1}", "{\"_metadat\": 1, " META "}"},
    {"{\"\": 1}", "{\"\": 1, " META "}"},
    {"{\"_Metadata\": 1}", "{\"_Metadata\": 1, " META "}"},
    {"{\"\\\\u005fmetadata\": 1}", "{\"\\\\u005fmetadata\": 1, " META "}"},
    {"{\"\\u005gmetadata\": 1}", "{\"\\u005gmetadata\": 1, " META "}"},
    {"{\"\\u00\": 1}", "{\"\\u00\": 1, " META "}"},
    {"{\"_metadata\\u0000\": 1}", "{\"_metadata\\u0000\": 1, " META "}"},
    {"{\"\\u015fmetadata\": 1}", "{\"\\u015fmetadata\": 1, " META "}"},
    // only the top level counts
    {"{\"a\": {\"_metadata\": 1}}", "{\"a\": {\"_metadata\": 1}, " META "}"},
    {"{\"a\": [{\"_metadata\": 1}]}", "{\"a\": [{\"_metadata\": 1}], " META "}"},
    {"{\"a\": \"_metadata\"}", "{\"a\": \"_metadata\", " META "}"},
    // quotes, brackets and backslashes inside strings
    {"{\"a\": \"}\\\"{[,:\", \"\\\"}\": \"\\\\\"}",
     "{\"a\": \"}\\\"{[,:\", \"\\\"}\": \"\\\\\", " META "}"},
    {"{\"a\": [\"]\", \"\\\"]\"]}", "{\"a\": [\"]\", \"\\\"]\"], " META "}"},
    // bytes that printing again would change
    {"{\"n\": 1.50e+02, \"u\": \"\\u00e9\", \"\xc3\xa9\": true}",
     "{\"n\": 1.50e+02, \"u\": \"\\u00e9\", \"\xc3\xa9\": true, " META "}"},
};

START_TEST(test_splices)
{
    struct row row = example(bytes_from(splices[_i][0]));
    struct bytes value = {0};
    ck_assert_msg(metadata_splice(&batch, &row, &value), "%s", splices[_i][0]);
    assert_bytes(value, splices[_i][1]);
}
END_TEST

// Doing it again with the same row changes nothing.
START_TEST(test_splicing_twice_is_splicing_once)
{
    struct row row = example(bytes_from(splices[_i][0]));
    struct bytes value = {0}, again = {0};
    ck_assert(metadata_splice(&batch, &row, &value));
    row.payload = value;
    ck_assert(metadata_splice(&batch, &row, &again));
    ck_assert(bytes_equal(value, again));
}
END_TEST

static const char *const refusals[] = {
    "",
    " ",
    "null",
    "1",
    "\"{}\"",
    "[]",
    "[{\"a\": 1}]",
    "{",
    "{\"",
    "{\"a",
    "{\"a\\",
    "{\"a\\\"",
    "{\"a\"",
    "{\"a\":",
    "{\"a\": ",
    "{\"a\": }",
    "{\"a\": 1",
    "{\"a\": 1,",
    "{\"a\": 1,}",
    "{\"a\": 1 \"b\": 2}",
    "{,}",
    "{a: 1}",
    "{1: 1}",
    "{\"a\" 1}",
    "{\"a\": {}",
    "{\"a\": [}",
    "{\"a\": {\"b\": \"}}",
    "{\"a\": \"}",
    "{\"a\": \"\\",
    "{\"a\": \"\\\"}",
    "{\"a\": 1]",
    "{\"a\": 1 2}",
    "{} {}",
    "{}}",
    "{}x",
    "\xef\xbb\xbf{}",
};

START_TEST(test_refuses)
{
    struct row row = example(bytes_from(refusals[_i]));
    struct bytes value = {.len = 77};
    ck_assert_msg(!metadata_splice(&batch, &row, &value), "%s", refusals[_i]);
    ck_assert_uint_eq(value.len, 77);
}
END_TEST

START_TEST(test_every_prefix_of_an_object_is_refused)
{
    static const char object[] =
        "{\"a\": [1, {\"b\": \"\\u00e9\\\"\"}], \"_metadata\": {}, \"c\": null}";
    for (size_t len = 0; len < sizeof object - 1; len++) {
        char *copy = malloc(len + 1); // exact, for the sanitizer
        memcpy(copy, object, len);
        struct row row = example((struct bytes){.data = copy, .len = len});
        struct bytes value;
        ck_assert_msg(!metadata_splice(&batch, &row, &value), "%.*s", (int)len, object);
        free(copy);
    }
}
END_TEST

START_TEST(test_a_nul_byte_ends_no_value)
{
    static const char payload[] = "{\"a\": 1\0, \"b\": 2}";
    struct row row = example((struct bytes){.data = payload, .len = sizeof payload - 1});
    struct bytes value;
    ck_assert(!metadata_splice(&batch, &row, &value));
}
END_TEST

START_TEST(test_deep_nesting_costs_no_stack)
{
    enum { DEPTH = 1000000 };
    char *payload = malloc(2 * DEPTH + 7);
    memcpy(payload, "{\"a\": ", 6);
    memset(payload + 6, '[', DEPTH);
    memset(payload + 6 + DEPTH, ']', DEPTH);
    payload[2 * DEPTH + 6] = '}';
    struct row row = example((struct bytes){.data = payload, .len = 2 * DEPTH + 7});
    struct bytes value;
    ck_assert(metadata_splice(&batch, &row, &value));
    ck_assert_uint_eq(value.len, row.payload.len + strlen(", " META));
    ck_assert_mem_eq(value.data, payload, 2 * DEPTH + 6);
    free(payload);
}
END_TEST

START_TEST(test_names_are_escaped)
{
    struct row row = example(bytes_from("{}"));
    row.aggregate_type = bytes_from("a\"b\\c\n\r\t\b\f\x01\x1f\x7f/\xc3\xa9");
    row.aggregate_id = (struct bytes){0};
    row.created_at_us = INT64_MAX;
    struct bytes value;
    ck_assert(metadata_splice(&batch, &row, &value));
    assert_bytes(value, "{\"_metadata\": {\"messageId\": \"" ID "\", \"aggregateType\": "
                        "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\x7f/\xc3\xa9\", "
                        "\"aggregateId\": null, \"timestamp\": \"infinity\"}}");
}
END_TEST

// xorshift64, seeded the same each time: a failure is found again.
static uint64_t
next_random(void)
{
    static uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// Replaces, inserts, removes or cuts, mostly with characters that mean something.
static size_t
mutate(char *text, size_t len, size_t room)
{
    static const char alphabet[] = "{}[]\",:\\ u005f_m1\n\0\xff";
    char c = alphabet[next_random() % (sizeof alphabet - 1)];
    size_t at = next_random() % (len + 1);
    switch (next_random() % 4) {
    case 0:
        if (at < len)
            text[at] = c;
        return len;
    case 1:
        if (len == room)
            return len;
        memmove(text + at + 1, text + at, len - at);
        text[at] = c;
        return len + 1;
    case 2:
        if (at == len)
            return len;
        memmove(text + at, text + at + 1, len - at - 1);
        return len - 1;
    default:
        return next_random() % 8 == 0 ? at : len;
    }
}

// The payload lies in memory of exactly its size, so the sanitizer sees any read beyond it. What is
// accepted must keep its form: done twice it is the same.
START_TEST(test_random_payloads_stay_in_bounds)
{
    size_t accepted = 0;
    for (int round = 0; round < 100000; round++) {
        char text[512];
        const char *seed = splices[next_random() % (sizeof splices / sizeof splices[0])][0];
        size_t len = strlen(seed);
        memcpy(text, seed, len);
        for (uint64_t n = next_random() % 6; n > 0; n--)
            len = mutate(text, len, sizeof text);

        char *exact = malloc(len == 0 ? 1 : len);
        memcpy(exact, text, len);
        struct row row = example((struct bytes){.data = exact, .len = len});
        struct bytes value, again;
        struct batch own;
        batch_init(&own, 0, NULL, NULL);
        if (metadata_splice(&own, &row, &value)) {
            accepted++;
            ck_assert_uint_le(value.len, len + strlen(", " META));
            ck_assert_ptr_nonnull(memmem(value.data, value.len, META, strlen(META)));
            row.payload = value;
            ck_assert(metadata_splice(&own, &row, &again));
            ck_assert_msg(bytes_equal(value, again), "%.*s", (int)len, text);
        }
        batch_free(&own);
        free(exact);
    }
    // Neither side of the check may be empty.
    ck_assert_uint_gt(accepted, 10000);
    ck_assert_uint_lt(accepted, 90000);
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("metadata");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_splices, 0, sizeof splices / sizeof splices[0]);
    tcase_add_loop_test(tests, test_splicing_twice_is_splicing_once, 0,
                        sizeof splices / sizeof splices[0]);
    tcase_add_loop_test(tests, test_refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tests, test_every_prefix_of_an_object_is_refused);
    tcase_add_test(tests, test_a_nul_byte_ends_no_value);
    tcase_add_test(tests, test_deep_nesting_costs_no_stack);
    tcase_add_test(tests, test_names_are_escaped);
    tcase_add_test(tests, test_random_payloads_stay_in_bounds);
    Suite *suite = suite_create("metadata");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
