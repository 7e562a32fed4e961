// SPDX-License-Identifier: Apache-2.0
//
// No text is markup, whatever it holds; a sparkline has its place, its height and its gaps.
// links: base src/monitor/html.c
#include "src/monitor/html.h"

#include "tests/support/unit.h"

#include <math.h>
#include <string.h>

static struct text out;

#define EXPECT(call, expected)                                                                     \
    do {                                                                                           \
        text_clear(&out);                                                                          \
        call;                                                                                      \
        ck_assert_str_eq(text_str(&out), (expected));                                              \
        text_free(&out);                                                                           \
    } while (0)

START_TEST(test_markup_is_text)
{
    EXPECT(html_text(&out, "<b onclick=\"x('1')\">&amp;"),
           "&lt;b onclick=&quot;x(&#39;1&#39;)&quot;&gt;&amp;amp;");
    EXPECT(html_element(&out, "<td>", "</td><script>", "</td>"),
           "<td>&lt;/td&gt;&lt;script&gt;</td>");
    EXPECT(html_text(&out, ""), "");
}
END_TEST

START_TEST(test_other_scripts_stay)
{
    EXPECT(html_text(&out, "Größe 数量 \xF0\x9F\x9A\x80"), "Größe 数量 \xF0\x9F\x9A\x80");
    EXPECT(html_text(&out, "a\nb"), "a\\nb");
    EXPECT(html_lines(&out, "a\n\nb\x1B<\n"), "a\n\nb\\u001b&lt;\n");
}
END_TEST

// Bytes that are no UTF-8 must not eat the markup behind them.
START_TEST(test_what_is_no_text_is_replaced)
{
    EXPECT(html_text(&out, "\xC3<"), UTF8_REPLACEMENT "&lt;");
    EXPECT(html_text(&out, "\xFF\xF0\x9F"), UTF8_REPLACEMENT UTF8_REPLACEMENT UTF8_REPLACEMENT);
    EXPECT(html_text(&out, "\x01\x1B[31m\x7F"), "\\u0001\\u001b[31m\\u007f");
    EXPECT(html_text(&out, "\xE2\x80\xAE<\xC2\x9B"), "\\u202e&lt;\\u009b");
}
END_TEST

// No byte of any value gets out as one of the five that mean something.
START_TEST(test_every_byte)
{
    for (int c = 1; c < 256; c++) {
        const char text[] = {(char)c, '\0'};
        html_text(&out, text);
        ck_assert_msg(strpbrk(text_str(&out), "<>\"'") == NULL, "%d", c);
        ck_assert(strchr(text_str(&out), '&') == NULL || strchr(text_str(&out), ';') != NULL);
        text_free(&out);
    }
}
END_TEST

static void
spark(const double *values, size_t count, size_t slots)
{
    text_clear(&out);
    html_sparkline(&out, "a \"label\"", values, count, slots);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "aria-label=\"a &quot;label&quot;\""));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "</svg>"));
}

static void
has(const char *part)
{
    ck_assert_msg(strstr(text_str(&out), part) != NULL, "%s: %s", part, text_str(&out));
}

static int
lines(void)
{
    int count = 0;
    for (const char *p = strstr(text_str(&out), "<polyline"); p; p = strstr(p + 1, "<polyline"))
        count++;
    return count;
}

START_TEST(test_a_sparkline_ends_now)
{
    const double values[] = {0, 5, 10};
    spark(values, 3, 3);
    has("points=\"0.0,28.0 60.0,15.0 120.0,2.0\"/>");
    spark(values, 3, 5);
    has("points=\"60.0,28.0 90.0,15.0 120.0,2.0\"/>");
    text_free(&out);
}
END_TEST

START_TEST(test_a_sparkline_has_gaps)
{
    const double values[] = {NAN, 1, NAN, NAN, 2, 2};
    spark(values, 6, 6);
    ck_assert_int_eq(lines(), 2);
    has("points=\"24.0,15.0 24.0,15.0\"/>");
    has("points=\"96.0,2.0 120.0,2.0\"/>");
    text_free(&out);
}
END_TEST

START_TEST(test_a_sparkline_of_nothing)
{
    const double nothing[] = {NAN, NAN}, zeros[] = {0, 0};
    spark(nothing, 2, 60);
    ck_assert_int_eq(lines(), 0);
    spark(NULL, 0, 60);
    ck_assert_int_eq(lines(), 0);
    spark(zeros, 2, 2);
    has("points=\"0.0,28.0 120.0,28.0\"/>");
    spark(zeros, 1, 1);
    has("points=\"0.0,28.0 0.0,28.0\"/>");
    text_free(&out);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("html", test_markup_is_text, test_other_scripts_stay,
                     test_what_is_no_text_is_replaced, test_every_byte, test_a_sparkline_ends_now,
                     test_a_sparkline_has_gaps, test_a_sparkline_of_nothing);
}
