// SPDX-License-Identifier: Apache-2.0
//
// Foreign text cannot move a cursor, end a line, turn the direction of writing or hide.
#include "outrider/base/error.h"
#include "outrider/base/safe.h"
#include "outrider/base/text.h"
#include "tests/support/unit.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// What must not be shown as it is, and how it is shown.
static const struct {
    const char *what, *foreign, *safe;
} cases[] = {
    {"plain", "orders.v1 (23505)", "orders.v1 (23505)"},
    {"letters of any script", "é € \U0001F40E عربى", "é € \U0001F40E عربى"},
    {"a backslash", "C:\\new", "C:\\new"},
    {"NUL's neighbours", "\x01\x1F", "\\u0001\\u001f"},
    {"ESC: a colour", "\x1B[31mred", "\\u001b[31mred"},
    {"ESC: a window's title", "\x1B]0;owned\x07", "\\u001b]0;owned\\u0007"},
    {"a forged line", "a\nlevel=error event=forged", "a\\nlevel=error event=forged"},
    {"CR, over the line", "a\rb", "a\\u000db"},
    {"TAB, FF, VT", "\t\f\v", "\\t\\u000c\\u000b"},
    {"DEL", "\x7F", "\\u007f"},
    {"C1: NEL", "\xC2\x85", "\\u0085"},
    {"C1: CSI",
     "\xC2\x9B"
     "2J",
     "\\u009b2J"},
    {"C1 as a byte",
     "\x9B"
     "2J",
     UTF8_REPLACEMENT "2J"},
    {"soft hyphen", "a\u00ADb", "a\\u00adb"},
    {"Arabic letter mark", "\u061C", "\\u061c"},
    {"zero-width space, joiners, marks", "\u200B\u200C\u200D\u200E\u200F",
     "\\u200b\\u200c\\u200d\\u200e\\u200f"},
    {"line and paragraph separators", "\u2028\u2029", "\\u2028\\u2029"},
    {"embeddings and overrides", "\u202A\u202B\u202C\u202D\u202E",
     "\\u202a\\u202b\\u202c\\u202d\\u202e"},
    {"neighbours of those", "\u2027\u202F", "\u2027\u202F"},
    {"word joiner", "\u2060", "\\u2060"},
    {"isolates", "\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069"},
    {"byte order mark", "\uFEFF", "\\ufeff"},
    {"annotations", "\uFFF9\uFFFB", "\\ufff9\\ufffb"},
    {"Hangul filler", "\u3164", "\\u3164"},
    {"tags", "\U000E0001\U000E0041\U000E007F", "\\udb40\\udc01\\udb40\\udc41\\udb40\\udc7f"},
    {"musical controls", "\U0001D173", "\\ud834\\udd73"},
    {"an emoji's variation", "❤\uFE0F", "❤\uFE0F"},
    {"overlong ESC", "\xC0\x9B", UTF8_REPLACEMENT UTF8_REPLACEMENT},
    {"a surrogate", "\xED\xA0\x80", UTF8_REPLACEMENT UTF8_REPLACEMENT UTF8_REPLACEMENT},
    {"beyond U+10FFFF", "\xF4\x90\x80\x80",
     UTF8_REPLACEMENT UTF8_REPLACEMENT UTF8_REPLACEMENT UTF8_REPLACEMENT},
    {"cut short", "a\xE2\x82", "a" UTF8_REPLACEMENT UTF8_REPLACEMENT},
};

enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(test_each_case)
{
    for (size_t i = 0; i < CASES; i++) {
        struct text once = {0}, again = {0};
        safe_append(&once, cases[i].foreign);
        ck_assert_msg(str_equal(text_str(&once), cases[i].safe), "%s: %s", cases[i].what,
                      text_str(&once));
        safe_append(&again, text_str(&once));
        ck_assert_str_eq(text_str(&again), text_str(&once));
        text_free(&once);
        text_free(&again);
    }
}
END_TEST

// The same characters in the same form where quotes stand around them.
START_TEST(test_json_has_the_same_form)
{
    for (size_t i = 0; i < CASES; i++) {
        struct text json = {0};
        text_append_json(&json, cases[i].foreign);
        json.data[json.len - 1] = '\0';
        if (strchr(cases[i].foreign, '\\') == NULL)
            ck_assert_str_eq(json.data + 1, cases[i].safe);
        text_free(&json);
    }
}
END_TEST

START_TEST(test_an_error_is_safe)
{
    for (size_t i = 0; i < CASES; i++) {
        struct error err;
        error_set(&err, FAULT_CLUSTER, cases[i].foreign, "%s", cases[i].foreign);
        ck_assert_str_eq(err.text, cases[i].safe);
        if (strlen(cases[i].safe) < sizeof err.code)
            ck_assert_str_eq(err.code, cases[i].safe);
        error_set(&err, FAULT_CLUSTER, "X", "-");
        error_prefix(&err, "%s", cases[i].foreign);
        ck_assert(str_starts_with(err.text, cases[i].safe));
    }
}
END_TEST

START_TEST(test_a_copy_is_never_cut_inside_an_escape)
{
    char to[9];
    for (size_t size = 1; size <= sizeof to; size++) {
        memset(to, 'x', sizeof to);
        safe_copy(to, size, "a\x1B€");
        ck_assert_str_eq(to, size < 2 ? "" : size < 8 ? "a" : "a\\u001b");
    }
    char whole[16];
    safe_copy(whole, sizeof whole, "a\x1B€");
    ck_assert_str_eq(whole, "a\\u001b€");
}
END_TEST

START_TEST(test_flatten)
{
    char text[] = "one\n\ttwo\n\n";
    safe_flatten(text);
    ck_assert_str_eq(text, "one  two");
}
END_TEST

START_TEST(test_print_line)
{
    char *printed = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&printed, &len);
    safe_print_line(stream, "outrider: %s", "\x1B[2J\n\u202E");
    fclose(stream);
    ck_assert_str_eq(printed, "outrider: \\u001b[2J\\n\\u202e\n");
    free(printed);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("safe", test_each_case, test_json_has_the_same_form, test_an_error_is_safe,

                     test_a_copy_is_never_cut_inside_an_escape, test_flatten, test_print_line);
}
