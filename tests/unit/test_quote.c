// SPDX-License-Identifier: Apache-2.0
//
// Whatever a text holds, a YAML reader gets it back; and what is plain stays readable.
#include "src/config/document.h"
#include "src/config/quote.h"
#include "src/config/utf8.h"
#include "tests/support/unit.h"

#include <string.h>

static void
check_quoted(const char *text, const char *expected)
{
    struct text out = {0};
    quote_append(&out, text);
    ck_assert_str_eq(out.data, expected);
    text_free(&out);
}

START_TEST(test_plain)
{
    const char *const plain[] = {
        "outrider",      "20s",    "postgresql://u@h:5432/db?sslmode=require",
        "${event_type}", "true",   "host=/tmp dbname=x",
        "a-b_c.d",       "/etc/x", "1",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        check_quoted(plain[i], plain[i]);
    check_quoted("", "\"\"");
    check_quoted("NULL", "\"NULL\"");
    check_quoted("***", "\"***\"");
    check_quoted("a: b", "\"a: b\"");
    check_quoted("a:", "\"a:\"");
    check_quoted("- a", "\"- a\"");
    check_quoted("a #b", "\"a #b\"");
    check_quoted("a ", "\"a \"");
    check_quoted("\"a\\", "\"\\\"a\\\\\"");
    check_quoted("a\nb\t", "\"a\\nb\\u0009\"");
}
END_TEST

// Reads "k: <scalar>" and [<item>] back.
static void
check_round_trip(const char *text)
{
    struct text yaml = {0};
    text_append(&yaml, "k: ");
    quote_append(&yaml, text);
    text_append(&yaml, "  # comment\nl: [");
    quote_append_item(&yaml, text);
    text_append(&yaml, "]\n");
    struct problems problems = {0};
    struct node root;
    document_parse(yaml.data, yaml.len, "x", &problems, &root);
    ck_assert_msg(problems.count == 0, "%s", yaml.data);
    ck_assert_int_eq(root.kind, NODE_MAP);
    ck_assert_uint_eq(root.count, 4);
    ck_assert_int_eq(root.items[1].kind, NODE_SCALAR);
    ck_assert_str_eq(root.items[1].text, text);
    ck_assert_str_eq(root.items[3].items[0].text, text);
    document_free(&root);
    text_free(&yaml);
}

START_TEST(test_round_trips)
{
    const char *const texts[] = {
        "",
        " ",
        "null",
        "~",
        "a: b",
        "- x",
        "? x",
        "%a",
        "@a",
        "`a`",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "{a}",
        "[a]",
        "a,b",
        "'a'",
        "\"",
        "\\",
        "#",
        "a #b",
        "a\nb",
        "\n",
        "\t",
        "a\r\nb",
        "---",
        "...",
        "a:b",
        "a:",
        ": a",
        "\x7f",
        "\x01",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x90\x8e",
        "\xc2\x85",
        "\xc2\xa0",
        "\xe2\x80\xa8",
        "\xef\xbb\xbf",
        "-----BEGIN X-----\nabc\n",
        "${a}",
        "a  b",
        "=",
        "<<",
        "0x1",
        "1:30",
        "a\\\nb",
        "\xef\xbf\xbf",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_round_trip(texts[i]);
    for (char c = 1; c < 0x7f; c++) {
        char text[] = {c, 'a', c, ' ', c, '\0'};
        check_round_trip(text);
    }
}
END_TEST

START_TEST(test_utf8)
{
    ck_assert(utf8_valid(""));
    ck_assert(utf8_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8e\xf4\x8f\xbf\xbf"));
    const char *const bad[] = {"\x80",
                               "\xff",
                               "\xc3",
                               "\xc0\xaf",
                               "\xe0\x80\xaf",
                               "\xed\xa0\x80",
                               "\xf4\x90\x80\x80",
                               "\xe2\x82",
                               "\xf0\x9f\x90",
                               "a\xc3z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!utf8_valid(bad[i]), "%zu", i);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("quote", test_plain, test_round_trips, test_utf8);
}
