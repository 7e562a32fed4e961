// SPDX-License-Identifier: Apache-2.0
//
// Which brokers answer at the addresses that they advertise: of a mock cluster, whose brokers know
// no DescribeConfigs, which is an answer.
// links: base model broker tests/support/mock_cluster.c
#include "outrider/broker/broker_facts.h"

#include "tests/support/mock_cluster.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 3000 };

START_TEST(test_all_answer)
{
    struct mock mock = mock_start(3);
    struct producer *producer = mock_producer(mock.bootstrap, NULL);
    struct broker_facts *list;
    size_t count;
    struct error err;
    ck_assert(broker_facts_read(producer, ANSWER_MS, &list, &count, &err));
    ck_assert_uint_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(list[i].id, (int)i + 1);
        ck_assert_ptr_nonnull(strstr(mock.bootstrap, list[i].address));
        ck_assert(list[i].answers);
        ck_assert_str_eq(list[i].why_not, "");
    }
    free(list);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_one_that_is_down_does_not)
{
    struct mock mock = mock_start(2);
    struct producer *producer = mock_producer(mock.bootstrap, NULL);
    struct broker_facts *list;
    size_t count;
    struct error err;
    rd_kafka_mock_broker_set_down(mock.cluster, 2);
    ck_assert(broker_facts_read(producer, ANSWER_MS, &list, &count, &err));
    ck_assert_uint_eq(count, 2);
    ck_assert(list[0].answers);
    ck_assert(!list[1].answers);
    ck_assert_int_gt(strlen(list[1].why_not), 0);
    free(list);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_no_cluster_is_an_error)
{
    struct producer *producer = mock_producer(mock_nobody(), NULL);
    struct broker_facts *list;
    size_t count;
    struct error err;
    ck_assert(!broker_facts_read(producer, 200, &list, &count, &err));
    ck_assert_int_eq(err.fault, FAULT_CLUSTER);
    producer_close(producer);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("broker_facts", test_all_answer, test_one_that_is_down_does_not,
                     test_no_cluster_is_an_error);
}
