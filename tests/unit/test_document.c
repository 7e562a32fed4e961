// SPDX-License-Identifier: Apache-2.0
//
// YAML in, a tree with positions out, and every mistake with its place.
#include "src/config/document.h"
#include "tests/support/unit.h"

#include <string.h>

static struct node root;
static struct text report;

static void
parse_bytes(const char *yaml, size_t len)
{
    struct problems problems = {0};
    document_parse(yaml, len, "f", &problems, &root);
    problems_report(&problems, &report);
    problems_free(&problems);
}

static void
parse(const char *yaml)
{
    parse_bytes(yaml, strlen(yaml));
}

static void
finish(void)
{
    document_free(&root);
    text_free(&report);
}

static void
check_problem(const char *yaml, const char *line)
{
    parse(yaml);
    ck_assert_msg(strstr(text_str(&report), line) != NULL, "%s", text_str(&report));
    finish();
}

START_TEST(test_tree)
{
    parse("a:\n  b: [x, \"\"]\n  c: ~\n# end\nd: null\ne: \"null\"\n");
    ck_assert_str_eq(text_str(&report), "");
    ck_assert_int_eq(root.kind, NODE_MAP);
    ck_assert_uint_eq(root.count, 6);
    const struct node *a = &root.items[1];
    ck_assert_int_eq(a->kind, NODE_MAP);
    ck_assert_int_eq(a->items[0].line, 2);
    ck_assert_int_eq(a->items[0].column, 3);
    ck_assert_int_eq(a->items[1].kind, NODE_LIST);
    ck_assert_int_eq(a->items[1].items[1].kind, NODE_SCALAR);
    ck_assert_str_eq(a->items[1].items[1].text, "");
    ck_assert_int_eq(a->items[3].kind, NODE_NULL);
    ck_assert_int_eq(root.items[3].kind, NODE_NULL);
    ck_assert_int_eq(root.items[5].kind, NODE_SCALAR);
    finish();
}
END_TEST

START_TEST(test_nothing)
{
    const char *const empty[] = {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        parse(empty[i]);
        ck_assert_int_eq(root.kind, NODE_NULL);
        ck_assert_str_eq(text_str(&report), "");
        finish();
    }
}
END_TEST

START_TEST(test_refusals)
{
    check_problem("a: &x 1\nb: *x\n", "f:2:4: aliases");
    check_problem("a: &x\n  b: *x\n", "f:2:6: aliases");
    check_problem("a: !!str 1\n", "f:1:4: tags");
    check_problem("a: 1\n---\nb: 1\n", "f:2:1: a second document");
    check_problem("[[[[[[[[[[1]]]]]]]]]]", "nested too deeply");
    check_problem("a: \"x\\0y\"\n", "f:1:4: a text cannot hold a NUL");
}
END_TEST

// What stands before the mistake is there.
START_TEST(test_syntax)
{
    check_problem("a: 1\n\tb: 2\n", "f:2:1: not YAML:");
    check_problem("a: 1\n\tb: 2\n", "indent with spaces");
    check_problem("a: b: c\n", "f:1:5: not YAML: mapping values are not allowed");
    check_problem("a: \"open\n", "not YAML:");
    check_problem("a: [1, 2\n", "not YAML:");
    parse("a: 1\nb: 2\nc: [1\nd: }\n");
    ck_assert_int_eq(root.kind, NODE_MAP);
    ck_assert_uint_ge(root.count, 4);
    ck_assert_str_eq(root.items[3].text, "2");
    finish();
}
END_TEST

START_TEST(test_bytes)
{
    check_problem("a: 1\nb: caf\xe9\n", "f:2:7: not UTF-8 text");
    check_problem("a: \x01\n", "f:1:4: not UTF-8 text: control characters");
    parse_bytes("a\0:\0 \0", 6);
    ck_assert_ptr_nonnull(strstr(text_str(&report), "not UTF-8 text"));
    finish();
    parse("\xef\xbb\xbf"
          "a: 1\n");
    ck_assert_str_eq(text_str(&report), "");
    ck_assert_int_eq(root.kind, NODE_MAP);
    finish();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("document", test_tree, test_nothing, test_refusals, test_syntax, test_bytes);
}
