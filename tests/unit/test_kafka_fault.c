// SPDX-License-Identifier: Apache-2.0
// Whose fault each of Kafka's errors is.
#include "src/broker/kafka_fault.h"

#include "tests/support/unit.h"

static enum fault
fault_of(rd_kafka_resp_err_t code)
{
    return kafka_fault_find(code)->fault;
}

START_TEST(test_classes)
{
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), FAULT_MESSAGE);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_INVALID_RECORD), FAULT_MESSAGE);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_POLICY_VIOLATION), FAULT_MESSAGE);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION), FAULT_MESSAGE);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT), FAULT_CLUSTER);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT), FAULT_CLUSTER);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR__AUTHENTICATION), FAULT_CLUSTER);
}
END_TEST

START_TEST(test_permanent_is_only_what_no_retry_heals)
{
    ck_assert(kafka_fault_find(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)->permanent);
    ck_assert(kafka_fault_find(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)->permanent);
    ck_assert(!kafka_fault_find(RD_KAFKA_RESP_ERR_INVALID_RECORD)->permanent);
    size_t count;
    const struct kafka_fault *table = kafka_fault_table(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert(table[i].fault == FAULT_MESSAGE || !table[i].permanent);
}
END_TEST

START_TEST(test_each_code_once)
{
    size_t count;
    const struct kafka_fault *table = kafka_fault_table(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert_ptr_eq(kafka_fault_find(table[i].code), &table[i]);
}
END_TEST

START_TEST(test_what_is_not_listed_blames_no_row)
{
    const struct kafka_fault *fault = kafka_fault_find((rd_kafka_resp_err_t)12345);
    ck_assert_int_eq(fault->fault, FAULT_CLUSTER);
    ck_assert(!fault->permanent);
    ck_assert_str_eq(kafka_fault_name((rd_kafka_resp_err_t)12345), "UNLISTED");
    ck_assert_int_gt(strlen(kafka_fault_text((rd_kafka_resp_err_t)12345)), 0);
}
END_TEST

START_TEST(test_names)
{
    ck_assert_str_eq(kafka_fault_name(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), "MSG_SIZE_TOO_LARGE");
    ck_assert_str_eq(kafka_fault_name(RD_KAFKA_RESP_ERR__PURGE_QUEUE), "_PURGE_QUEUE");
    ck_assert_str_eq(kafka_fault_text(RD_KAFKA_RESP_ERR__PURGE_QUEUE), "Local: Purged in queue");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("kafka_fault", test_classes, test_permanent_is_only_what_no_retry_heals,
                     test_each_code_once, test_what_is_not_listed_blames_no_row, test_names);
}
