// SPDX-License-Identifier: Apache-2.0
//
// Strings grow without losing a byte; patterns and near names match as people expect.
#include "outrider/base/text.h"
#include "tests/support/unit.h"

#include <string.h>

START_TEST(test_empty)
{
    struct text text = {0};
    ck_assert_str_eq(text_str(&text), "");
    text_append(&text, "");
    ck_assert_str_eq(text.data, "");
    text_free(&text);
    ck_assert_ptr_null(text.data);
    text_free(&text);
    text_free(NULL);
}
END_TEST

START_TEST(test_grows)
{
    struct text text = {0};
    for (int i = 0; i < 1000; i++)
        text_appendf(&text, "%03d,", i);
    ck_assert_uint_eq(text.len, 4000);
    ck_assert_uint_eq(strlen(text.data), 4000);
    ck_assert(strncmp(text.data + 3996, "999,", 4) == 0);
    text_clear(&text);
    ck_assert_str_eq(text_str(&text), "");
    text_append_char(&text, 'x');
    text_append_bytes(&text, "a\0b", 3);
    ck_assert_uint_eq(text.len, 4);
    ck_assert(memcmp(text.data, "xa\0b", 5) == 0);
    text_append_bytes(&text, NULL, 0);
    ck_assert_uint_eq(text.len, 4);
    text_free(&text);
}
END_TEST

START_TEST(test_words_for_a_shell)
{
    struct text text = {0};
    text_append_shell(&text, "it's; rm -rf /");
    ck_assert_str_eq(text_str(&text), "'it'\\''s; rm -rf /'");
    text_clear(&text);
    text_append_shell(&text, "");
    ck_assert_str_eq(text_str(&text), "''");
    text_free(&text);
}
END_TEST

START_TEST(test_quotes_where_a_shell_needs_them)
{
    static const char *const words[][2] = {
        {"kafka-1:9092,kafka-2:9092", "kafka-1:9092,kafka-2:9092"},
        {"SASL_SSL://kafka.example:9093", "SASL_SSL://kafka.example:9093"},
        {"a:9092, b:9092", "'a:9092, b:9092'"},
        {"[::1]:9092", "'[::1]:9092'"}, // a pattern
        {"$(id)", "'$(id)'"},
        {"~", "'~'"},
        {"", "''"},
        {"\xC3\xBC", "'\xC3\xBC'"},
    };
    struct text text = {0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        text_clear(&text);
        text_append_shell_word(&text, words[i][0]);
        ck_assert_str_eq(text_str(&text), words[i][1]);
    }
    text_free(&text);
}
END_TEST

START_TEST(test_equality)
{
    ck_assert(str_equal("a", "a"));
    ck_assert(!str_equal("a", "A"));
    ck_assert(str_equal(NULL, NULL));
    ck_assert(!str_equal("a", NULL));
    ck_assert(!str_equal(NULL, "a"));
    ck_assert(str_equal_nocase("TrUe", "true"));
    ck_assert(!str_equal_nocase("true", NULL));
    ck_assert(str_starts_with("OUTRIDER_X", "OUTRIDER_"));
    ck_assert(!str_starts_with("OUT", "OUTRIDER_"));
}
END_TEST

START_TEST(test_glob)
{
    ck_assert(glob_match("*", ""));
    ck_assert(glob_match("*", ".orders/x"));
    ck_assert(glob_match("orders.*", "orders.created"));
    ck_assert(!glob_match("orders.*", "orders"));
    ck_assert(glob_match("order?", "orders"));
    ck_assert(glob_match("[a-c]x", "bx"));
    ck_assert(!glob_match("Orders", "orders"));
    ck_assert(!glob_match("orders", "xorders"));
}
END_TEST

START_TEST(test_nearest)
{
    const char *const names[] = {"outbox.table", "outbox.lanes", "outbox.batch_size", "log.level",
                                 "stop_timeout"};
    const size_t n = sizeof names / sizeof names[0];
    ck_assert_str_eq(nearest("outbox.tabel", names, n), "outbox.table");
    ck_assert_str_eq(nearest("outbox.lane", names, n), "outbox.lanes");
    ck_assert_str_eq(nearest("outbox.batchSize", names, n), "outbox.batch_size");
    ck_assert_str_eq(nearest("LOG.LEVEL", names, n), "log.level");
    ck_assert_str_eq(nearest("stop_timeuot", names, n), "stop_timeout");
    ck_assert_ptr_null(nearest("completely.different", names, n));
    ck_assert_ptr_null(nearest("", names, n));
    ck_assert_ptr_null(nearest("x", names, 0));
}
END_TEST

// A swap of neighbours costs one, so it beats a name that is two replacements away.
START_TEST(test_nearest_counts_swaps_once)
{
    const char *const names[] = {"abxyef", "abdcef"};
    ck_assert_str_eq(nearest("abcdef", names, 2), "abdcef");
    const char *const tie[] = {"cat", "bat"};
    ck_assert_str_eq(nearest("hat", tie, 2), "cat");
}
END_TEST

START_TEST(test_nearest_leaves_long_words)
{
    char word[200];
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *const names[] = {word, "x"};
    ck_assert_ptr_null(nearest(word, names, 1));
    ck_assert_str_eq(nearest("x", names, 2), "x");
}
END_TEST

static void
expect_json(const char *s, const char *json)
{
    struct text text = {0};
    text_append_json(&text, s);
    ck_assert_str_eq(text_str(&text), json);
    text_free(&text);
}

START_TEST(test_json)
{
    expect_json("plain", "\"plain\"");
    expect_json("a\"b\\c\x01\n\t\x7F\xC3\xA9", "\"a\\\"b\\\\c\\u0001\\n\\t\\u007f\xC3\xA9\"");
    expect_json("", "\"\"");
    expect_json("\xC2\x80 \xC2\x85 \xC2\x9F \xC2\xA0", "\"\\u0080 \\u0085 \\u009f \xC2\xA0\"");
    expect_json("\xE2\x80\xA7 \xE2\x80\xA8 \xE2\x80\xAE \xE2\x80\xAF",
                "\"\xE2\x80\xA7 \\u2028 \\u202e \xE2\x80\xAF\"");
    expect_json("\xE2\x81\xA5 \xE2\x81\xA6 \xE2\x81\xA9 \xE2\x81\xAA",
                "\"\\u2065 \\u2066 \\u2069 \\u206a\"");
    expect_json("\xE2\x82\xAC \xF0\x9F\x90\x8E", "\"\xE2\x82\xAC \xF0\x9F\x90\x8E\"");
    expect_json("a\x9B(\xC3", "\"a\xEF\xBF\xBD(\xEF\xBF\xBD\"");
}
END_TEST

START_TEST(test_utf8)
{
    ck_assert_uint_eq(utf8_length("a"), 1);
    ck_assert_uint_eq(utf8_length("\xC3\xA9"), 2);
    ck_assert_uint_eq(utf8_length("\xE2\x96\x88"), 3);
    ck_assert_uint_eq(utf8_length("\xF0\x9F\x98\x80"), 4);
    static const char *const none[] = {"\x80",
                                       "\xC3",
                                       "\xC0\xAF",
                                       "\xE0\x80\x80",
                                       "\xED\xA0\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_assert_uint_eq(utf8_length(none[i]), 0);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("text", test_empty, test_grows, test_words_for_a_shell,
                     test_quotes_where_a_shell_needs_them, test_json, test_utf8, test_equality,
                     test_glob, test_nearest, test_nearest_counts_swaps_once,
                     test_nearest_leaves_long_words);
}
