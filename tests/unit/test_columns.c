// SPDX-License-Identifier: Apache-2.0
//
// outrider's column names: the ones that users map and templates name.
#include "outrider/model/columns.h"

#include <check.h>
#include <stdlib.h>

// Every name once more, by hand: they are a promise.
static const char *const promised[COLUMN_COUNT] = {
    "id",        "aggregate_type",  "aggregate_id", "event_type",  "payload",
    "published", "published_at",    "retry_count",  "created_at",  "seq",
    "headers",   "next_attempt_at", "last_error",   "error_class", "dead_at",
};

START_TEST(test_every_column_has_its_name)
{
    ck_assert_str_eq(column_name((enum column)_i), promised[_i]);
    enum column column = COLUMN_COUNT;
    ck_assert(column_parse(promised[_i], &column));
    ck_assert_int_eq(column, _i);
}
END_TEST

START_TEST(test_other_names_are_no_columns)
{
    static const char *const others[] = {"", "ID", "aggregate-type", "topic", "i", "id "};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        enum column column = COLUMN_PAYLOAD;
        ck_assert(!column_parse(others[i], &column));
        ck_assert_int_eq(column, COLUMN_PAYLOAD);
    }
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("columns");
    tcase_add_loop_test(tests, test_every_column_has_its_name, 0, COLUMN_COUNT);
    tcase_add_test(tests, test_other_names_are_no_columns);
    Suite *suite = suite_create("columns");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
