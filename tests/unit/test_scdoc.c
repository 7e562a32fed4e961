// SPDX-License-Identifier: Apache-2.0
//
// Nothing that a text holds becomes mark-up of a manual page.
#include "outrider/base/scdoc.h"

#include "tests/support/unit.h"

#include <stdio.h>

static void
check_text(const char *text, int indent, const char *expected)
{
    char *written = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&written, &size);
    scdoc_text(out, text, indent);
    fclose(out);
    ck_assert_str_eq(written, expected);
    free(written);
}

START_TEST(test_escapes)
{
    check_text("plain words, 'quoted' and (bracketed): 20s", 0,
               "plain words, 'quoted' and (bracketed): 20s");
    check_text("*bold* _line_ a\\b", 0, "\\*bold\\* \\_line\\_ a\\\\b");
    check_text("[a|b] #1 - `c`", 0, "\\[a\\|b\\] \\#1 \\- \\`c\\`");
}
END_TEST

START_TEST(test_indents)
{
    check_text("one\ntwo", 0, "one\ntwo");
    check_text("one\ntwo", 2, "one\n\t\ttwo");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("scdoc", test_escapes, test_indents);
}
