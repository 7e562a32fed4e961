// SPDX-License-Identifier: Apache-2.0
//
// Templates: what they render, and what is said of those that can not be.
#include "outrider/model/template.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct row
example(void)
{
    return (struct row){
        .id.bytes = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f,
                     0xd4, 0x30, 0xc8},
        .aggregate_type = bytes_from("order"),
        .aggregate_id = bytes_from("42"),
        .event_type = bytes_from("order.placed"),
    };
}

static void
assert_renders(const char *text, const struct row *row, const char *expected)
{
    struct template template;
    struct error err;
    ck_assert_msg(template_parse(text, &template, &err), "%s: %s", text, err.text);
    size_t len = template_length(&template, row);
    ck_assert_uint_eq(len, strlen(expected));
    char *out = malloc(len + 1); // exactly as much as is promised to be enough
    template_render(&template, row, out);
    ck_assert_str_eq(out, expected);
    free(out);
    template_free(&template);
}

static const char *const renderings[][2] = {
    {"${event_type}", "order.placed"},
    {"orders", "orders"},
    {"outbox.event.${aggregate_type}", "outbox.event.order"},
    {"${aggregate_type}.${aggregate_id}-${event_type}", "order.42-order.placed"},
    {"${aggregate_id}${aggregate_id}", "4242"},
    {"${id}", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
    {"$${event_type}", "${event_type}"},
    {"$$${event_type}", "$${event_type}"},
    {"a$", "a$"},
    {"$a$$b", "$a$$b"},
    {"}{", "}{"},
};

START_TEST(test_renders)
{
    struct row row = example();
    assert_renders(renderings[_i][0], &row, renderings[_i][1]);
}
END_TEST

START_TEST(test_null_and_empty_render_as_nothing)
{
    struct row row = example();
    row.aggregate_type = (struct bytes){0};
    row.event_type = bytes_from("");
    assert_renders("${aggregate_type}", &row, "");
    assert_renders("a.${event_type}.${aggregate_type}.b", &row, "a...b");
}
END_TEST

static const char *const refusals[][2] = {
    {"", "empty"},
    {"${event_type", "without \"}\""},
    {"${", "without \"}\""},
    {"x.${evnt_type}", "did you mean \"event_type\""},
    {"${aggregateid}", "did you mean \"aggregate_id\""},
    {"${}", "no column \"\""},
    {"${tenant}", "id, aggregate_type, aggregate_id and event_type"},
    {"${ event_type }", "no column"},
    {"${payload}", "can not be used here"},
    {"${created_at}", "can not be used here"},
    {"${seq}", "can not be used here"},
    {"${xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}",
     "no column"},
};

START_TEST(test_refuses)
{
    struct template template = {.count = 77};
    struct error err = {0};
    ck_assert(!template_parse(refusals[_i][0], &template, &err));
    ck_assert_str_eq(err.code, "TEMPLATE");
    ck_assert_msg(strstr(err.text, refusals[_i][1]) != NULL, "%s: \"%s\" is not in \"%s\"",
                  refusals[_i][0], refusals[_i][1], err.text);
    ck_assert_uint_eq(template.count, 77);
}
END_TEST

START_TEST(test_free_is_repeatable)
{
    struct template template;
    struct error err;
    ck_assert(template_parse("a${id}b", &template, &err));
    ck_assert_uint_eq(template.count, 3);
    template_free(&template);
    ck_assert_uint_eq(template.count, 0);
    template_free(&template);
    template_free(NULL);
}
END_TEST

START_TEST(test_row_column_keeps_null_apart_from_empty)
{
    struct row row = example();
    char id_text[MESSAGE_ID_TEXT];
    ck_assert(bytes_equal(row_column(&row, COLUMN_AGGREGATE_ID, id_text), bytes_from("42")));
    ck_assert(row_column(&row, COLUMN_ID, id_text).data == id_text);
    row.aggregate_id = bytes_from("");
    ck_assert_ptr_nonnull(row_column(&row, COLUMN_AGGREGATE_ID, id_text).data);
    row.aggregate_id = (struct bytes){0};
    ck_assert_ptr_null(row_column(&row, COLUMN_AGGREGATE_ID, id_text).data);
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("template");
    tcase_add_loop_test(tests, test_renders, 0, sizeof renderings / sizeof renderings[0]);
    tcase_add_test(tests, test_null_and_empty_render_as_nothing);
    tcase_add_loop_test(tests, test_refuses, 0, sizeof refusals / sizeof refusals[0]);
    tcase_add_test(tests, test_free_is_repeatable);
    tcase_add_test(tests, test_row_column_keeps_null_apart_from_empty);
    Suite *suite = suite_create("template");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
