// SPDX-License-Identifier: Apache-2.0
//
// Dead letters as they are printed: what is there, what is null, and nothing that moves a cursor.
#include "src/cli/dead_print.h"
#include "tests/support/unit.h"

#include "outrider/base/clock.h"

#include <string.h>

// links: base src/cli/dead_print.c src/cli/format.c

#define ID "4fe4fff6-5fb5-4571-beb5-130c634bad68"

static struct text out;

// As version 2 knows it.
static const struct dead_letter full = {
    .id = ID,
    .topic = "orders",
    .aggregate_type = "order",
    .aggregate_id = "a\"1",
    .event_type = "placed",
    .error_class = "message",
    .error = "too\nlarge",
    .retry_count = 5,
    .has_created_at = true,
    .has_dead_at = true,
    .has_payload_bytes = true,
    .created_at_us = 1000000,
    .dead_at_us = 61123456,
    .dead_for_ms = 192000,
    .payload_bytes = 2048,
    .headers = "{\"a\": \"b\"}",
    .payload = "line 1\nline\x1b 2",
    .payload_json = "{\"n\":\n1}",
};

// As version 1 does.
static const struct dead_letter bare = {
    .id = ID, .topic = "", .aggregate_id = "a", .event_type = "placed", .retry_count = 7};

static void
expect(const char *expected)
{
    ck_assert_str_eq(text_str(&out), expected);
    text_clear(&out);
}

START_TEST(test_json)
{
    dead_print_json(&out, &full, false);
    expect("{\"id\":\"" ID "\",\"topic\":\"orders\",\"aggregate_type\":\"order\","
           "\"aggregate_id\":\"a\\\"1\",\"event_type\":\"placed\",\"retry_count\":5,"
           "\"error_class\":\"message\",\"error\":\"too\\nlarge\","
           "\"created_at\":\"1970-01-01T00:00:01.000000Z\","
           "\"dead_at\":\"1970-01-01T00:01:01.123456Z\",\"payload_bytes\":2048}\n");
    dead_print_json(&out, &bare, false);
    expect("{\"id\":\"" ID "\",\"topic\":\"\",\"aggregate_type\":null,\"aggregate_id\":\"a\","
           "\"event_type\":\"placed\",\"retry_count\":7,\"error_class\":null,\"error\":null,"
           "\"created_at\":null,\"dead_at\":null,\"payload_bytes\":null}\n");
}
END_TEST

START_TEST(test_whole_json)
{
    dead_print_json(&out, &full, true);
    ck_assert_ptr_nonnull(strstr(text_str(&out), ",\"payload_bytes\":2048,"
                                                 "\"headers\":{\"a\": \"b\"},"
                                                 "\"payload\":{\"n\": 1}}\n"));
    text_clear(&out);
    dead_print_json(&out, &bare, true);
    ck_assert_ptr_nonnull(strstr(text_str(&out), ",\"headers\":null,\"payload\":null}\n"));
    text_clear(&out);
}
END_TEST

// As a SQL_ASCII database may have it.
START_TEST(test_bytes_that_are_no_text)
{
    struct dead_letter letter = full;
    letter.topic = "t\xFF";
    letter.payload_json = "{\"b\":\t\"\xC3(\xC2\x9B\xE2\x80\xAE\"}";
    letter.payload = "\x9B(";
    dead_print_json(&out, &letter, true);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "\"topic\":\"t" UTF8_REPLACEMENT "\""));
    ck_assert_ptr_nonnull(
        strstr(text_str(&out), "\"payload\":{\"b\": \"" UTF8_REPLACEMENT "(\\u009b\\u202e\"}}\n"));
    text_clear(&out);
    dead_print_whole(&out, &letter);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "topic       t" UTF8_REPLACEMENT "\n"));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "\n\n" UTF8_REPLACEMENT "(\n"));
    text_clear(&out);
}
END_TEST

START_TEST(test_table)
{
    struct grid grid;
    dead_print_heads(&grid, 0);
    dead_print_row(&grid, &full);
    dead_print_row(&grid, &bare);
    grid_append(&grid, &out);
    expect("id                                    topic   aggregate  attempts  class    died"
           "            error\n" ID "  orders  a\"1               5  message  3 min 12 s ago"
           "  too\\nlarge\n" ID "          a                 7  -        -               -\n");
    grid_free(&grid);
}
END_TEST

START_TEST(test_whole)
{
    dead_print_whole(&out, &full);
    expect("id          " ID "\n"
           "topic       orders\n"
           "aggregate   a\"1\n"
           "of type     order\n"
           "event type  placed\n"
           "attempts    5\n"
           "class       message\n"
           "error       too\\nlarge\n"
           "created     1970-01-01T00:00:01.000000Z\n"
           "died        1970-01-01T00:01:01.123456Z\n"
           "            3 min 12 s ago\n"
           "headers     {\"a\": \"b\"}\n"
           "payload     2.0 KiB\n"
           "\n"
           "line 1\n"
           "line\\u001b 2\n");
    dead_print_whole(&out, &bare);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "payload     NULL, a tombstone\n"));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "died        -\n"));
    text_clear(&out);
}
END_TEST

START_TEST(test_infinite_times_have_no_age)
{
    struct dead_letter letter = full;
    letter.dead_at_us = UTC_INFINITY;
    dead_print_whole(&out, &letter);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "died        infinity\nheaders"));
    text_free(&out);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("dead_print", test_json, test_whole_json, test_bytes_that_are_no_text,
                     test_table, test_whole, test_infinite_times_have_no_age);
}
