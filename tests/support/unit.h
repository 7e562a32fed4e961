// SPDX-License-Identifier: Apache-2.0
//
// The main() of a unit test: one suite, one case, each test in a process of its own (Check forks).
#ifndef OUTRIDER_TESTS_SUPPORT_UNIT_H
#define OUTRIDER_TESTS_SUPPORT_UNIT_H

#include <check.h>
#include <stdlib.h>

// return RUN_TESTS("backoff", test_doubles, test_resets);
#define RUN_TESTS(name, ...)                                                                       \
    run_tests((name), (const TTest *[]){__VA_ARGS__},                                              \
              sizeof((const TTest *[]){__VA_ARGS__}) / sizeof(const TTest *))

static inline int
run_tests(const char *name, const TTest *tests[], size_t n)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
