// SPDX-License-Identifier: Apache-2.0
//
// Figures and tables as people read them.
#include "src/cli/format.h"
#include "tests/support/unit.h"

// links: base src/cli/format.c

static struct text out;

#define EXPECT(call, expected)                                                                     \
    do {                                                                                           \
        text_clear(&out);                                                                          \
        call;                                                                                      \
        ck_assert_str_eq(text_str(&out), expected);                                                \
    } while (0)

START_TEST(test_counts)
{
    EXPECT(format_count(&out, 0), "0");
    EXPECT(format_count(&out, 999), "999");
    EXPECT(format_count(&out, 1000), "1,000");
    EXPECT(format_count(&out, 100000), "100,000");
    EXPECT(format_count(&out, 1234567), "1,234,567");
    EXPECT(format_count(&out, -1234), "-1,234");
    EXPECT(format_count(&out, -123), "-123");
    EXPECT(format_count(&out, INT64_MIN), "-9,223,372,036,854,775,808");
}
END_TEST

START_TEST(test_ages)
{
    EXPECT(format_age(&out, 0), "0 ms");
    EXPECT(format_age(&out, 999), "999 ms");
    EXPECT(format_age(&out, 1000), "1.0 s");
    EXPECT(format_age(&out, 59999), "59.9 s");
    EXPECT(format_age(&out, 60000), "1 min 0 s");
    EXPECT(format_age(&out, 3599999), "59 min 59 s");
    EXPECT(format_age(&out, 7500000), "2 h 5 min");
    EXPECT(format_age(&out, 90000000), "1 d 1 h");
}
END_TEST

START_TEST(test_names)
{
    static const char *const names[] = {"a", "b\x1b", "c", "d", "e"};
    EXPECT(format_names(&out, names, 0), "");
    EXPECT(format_names(&out, names, 1), "a");
    EXPECT(format_names(&out, names, 3), "a, b\\u001b, c");
    EXPECT(format_names(&out, names, 5), "a, b\\u001b, c and 2 more");
}
END_TEST

START_TEST(test_clocks)
{
    EXPECT(format_clock(&out, 7), "0:07");
    EXPECT(format_clock(&out, 754), "12:34");
    EXPECT(format_clock(&out, 3599), "59:59");
    EXPECT(format_clock(&out, 3723), "1:02:03");
}
END_TEST

START_TEST(test_bytes)
{
    EXPECT(format_bytes(&out, 1023), "1023 B");
    EXPECT(format_bytes(&out, 1024), "1.0 KiB");
    EXPECT(format_bytes(&out, 15938355), "15.2 MiB");
    EXPECT(format_bytes(&out, INT64_C(3) << 30), "3.0 GiB");
    EXPECT(format_bytes(&out, INT64_C(5000) << 40), "5000.0 TiB");
}
END_TEST

START_TEST(test_width)
{
    ck_assert_uint_eq(format_width(""), 0);
    ck_assert_uint_eq(format_width("abc"), 3);
    ck_assert_uint_eq(format_width("\xC3\xA9\xE2\x96\x88"), 2);
}
END_TEST

START_TEST(test_cut)
{
    EXPECT(format_cut(&out, "abcdef", 6), "abcdef");
    EXPECT(format_cut(&out, "abcdefg", 6), "abc...");
    EXPECT(format_cut(&out, "größer als", 6), "grö...");
    EXPECT(format_cut(&out, "日本語日本語日", 6), "日本語...");
    EXPECT(format_cut(&out, "abcd", 3), "...");
}
END_TEST

// The last column is cut, the others never; it keeps 20 on any terminal.
START_TEST(test_narrow_grid)
{
    struct grid grid = {.columns = 2, .width = 30};
    grid_add(&grid, "a1");
    grid_add(&grid, "123456789 123456789 123456789 ");
    grid_add(&grid, "b2");
    grid_add(&grid, "short");
    EXPECT(grid_append(&grid, &out), "a1  123456789 123456789 123...\n"
                                     "b2  short\n");
    grid.width = 10;
    EXPECT(grid_append(&grid, &out), "a1  123456789 1234567...\n"
                                     "b2  short\n");
    grid_free(&grid);
}
END_TEST

START_TEST(test_grid)
{
    struct grid grid = {.columns = 3, .right = {false, true, false}};
    const char *const cells[] = {"topic", "n", "", "\xC3\xA9", "1,000", "note", "x", "7", ""};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        grid_add(&grid, cells[i]);
    EXPECT(grid_append(&grid, &out), "topic      n\n"
                                     "\xC3\xA9      1,000  note\n"
                                     "x          7\n");
    grid_free(&grid);
    EXPECT(grid_append(&grid, &out), "");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("format", test_counts, test_ages, test_clocks, test_names, test_bytes,
                     test_width, test_cut, test_narrow_grid, test_grid);
}
