// SPDX-License-Identifier: Apache-2.0
// Kafka's rule for topic names, and outrider's.
#include "outrider/broker/topic_name.h"

#include "tests/support/unit.h"

#include <string.h>

START_TEST(test_good_names)
{
    static const char *const good[] = {"orders", "a",         "A.b_c-9",
                                       "...",    "_internal", "order.created"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(!topic_name_problem(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(test_bad_names)
{
    static const char *const bad[] = {"",    ".",    "..",        "bad topic!",
                                      "a/b", "a\tb", "\xc3\xb6l", "__consumer_offsets",
                                      "__",  "a:b",  "a\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(topic_name_problem(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(test_length_limit)
{
    char name[251];
    memset(name, 'x', sizeof name);
    name[249] = '\0';
    ck_assert_ptr_null(topic_name_problem(name));
    name[249] = 'x';
    name[250] = '\0';
    ck_assert_ptr_nonnull(strstr(topic_name_problem(name), "longer than 249"));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("topic_name", test_good_names, test_bad_names, test_length_limit);
}
