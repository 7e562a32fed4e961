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

// A row of the table that blames messages says why no host, no clock and no setting makes a broker
// say it of a good row; nothing else is blamed on a row, and nothing else needs a reason.
START_TEST(test_what_blames_a_message_says_why_nothing_else_can_be_it)
{
    static const rd_kafka_resp_err_t blaming[] = {
        RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE,
        RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION,    RD_KAFKA_RESP_ERR_INVALID_RECORD,
        RD_KAFKA_RESP_ERR_POLICY_VIOLATION,
    };
    size_t count, blamed = 0;
    const struct kafka_fault *table = kafka_fault_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *name = kafka_fault_name(table[i].code);
        ck_assert_msg((table[i].fault == FAULT_MESSAGE) == (table[i].because != NULL), "%s", name);
        ck_assert_msg(table[i].fault == FAULT_MESSAGE || !table[i].doubtful, "%s", name);
        if (table[i].fault != FAULT_MESSAGE)
            continue;
        blamed++;
        ck_assert_msg(strlen(table[i].because) > 40, "%s", name);
        // A broker judges batches; only a name is judged before there is one.
        ck_assert_msg(table[i].batch || table[i].code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "%s",
                      name);
    }
    ck_assert_uint_eq(blamed, sizeof blaming / sizeof *blaming);
    for (size_t i = 0; i < blamed; i++)
        ck_assert_int_eq(fault_of(blaming[i]), FAULT_MESSAGE);
}
END_TEST

START_TEST(test_what_a_setting_can_cause_is_doubtful)
{
    ck_assert(kafka_fault_find(RD_KAFKA_RESP_ERR_INVALID_RECORD)->doubtful);
    ck_assert(kafka_fault_find(RD_KAFKA_RESP_ERR_POLICY_VIOLATION)->doubtful);
    ck_assert(!kafka_fault_find(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)->doubtful);
}
END_TEST

// A clock, a topic's limits, a network card, a compression library: never a row.
START_TEST(test_what_a_host_can_cause_blames_no_row)
{
    const struct kafka_fault *time = kafka_fault_find(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
    ck_assert_int_eq(time->fault, FAULT_TOPIC);
    ck_assert(time->by_clock);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_INVALID_MSG), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT), FAULT_TOPIC);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE), FAULT_CLUSTER);
    ck_assert_int_eq(fault_of(RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS), FAULT_CLUSTER);
}
END_TEST

// Newer librdkafka says it of the innocents of a refused batch.
START_TEST(test_innocents_of_a_batch_are_sent_again_alone)
{
    const struct kafka_fault *fault = kafka_fault_find((rd_kafka_resp_err_t)-138);
    ck_assert_int_eq(fault->fault, FAULT_CLUSTER);
    ck_assert(fault->batch);
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
                     test_what_blames_a_message_says_why_nothing_else_can_be_it,
                     test_what_a_setting_can_cause_is_doubtful,
                     test_what_a_host_can_cause_blames_no_row,
                     test_innocents_of_a_batch_are_sent_again_alone, test_each_code_once,
                     test_what_is_not_listed_blames_no_row, test_names);
}
