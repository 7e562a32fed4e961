// SPDX-License-Identifier: Apache-2.0
// What a broker's refusals make of a message: every code of the table, injected.
// links: base model broker tests/support/mock_cluster.c
#include "outrider/broker/producer.h"
#include "src/broker/kafka_fault.h"

#include "tests/support/mock_cluster.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

START_TEST(test_too_large_is_refused_before_it_is_sent)
{
    static char value[1100000];
    struct producer *producer = mock_producer(mock_nobody(), NULL);
    struct message message = mock_message("t", "k", NULL);
    message.value = (struct bytes){value, sizeof value};
    ck_assert(producer_send(producer, &message));
    ck_assert_int_eq(message.outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(message.outcome.fault, FAULT_MESSAGE);
    ck_assert(message.outcome.permanent);
    ck_assert(!message.outcome.possibly_persisted);
    ck_assert_str_eq(message.outcome.code, "MSG_SIZE_TOO_LARGE");
    ck_assert_uint_eq(producer_pending(producer), 0);
    producer_close(producer);
}
END_TEST

// One message of a fresh producer under an injected answer: acknowledged when librdkafka tries
// again by itself, else failed by the table. Returns its outcome.
static struct outcome
outcome_under(struct mock *mock, rd_kafka_resp_err_t code)
{
    struct producer *producer = mock_producer(mock->bootstrap, NULL);
    struct message message = mock_message("t", "k", "v");
    mock_fail_produce(mock, code, 1);
    mock_deliver(producer, &message);
    producer_close(producer);
    return message.outcome;
}

START_TEST(test_every_broker_code)
{
    size_t count;
    const struct kafka_fault *table = kafka_fault_table(&count);
    struct mock mock = mock_start(1);
    for (size_t i = 0; i < count; i++) {
        if (table[i].code <= RD_KAFKA_RESP_ERR_NO_ERROR)
            continue;
        struct outcome outcome = outcome_under(&mock, table[i].code);
        if (outcome.state == OUTCOME_ACKNOWLEDGED)
            continue;
        ck_assert_int_eq(outcome.state, OUTCOME_FAILED);
        // librdkafka takes the one for an acknowledgement, without an offset.
        ck_assert_str_eq(outcome.code, table[i].code == RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER
                                           ? "NO_OFFSET"
                                           : kafka_fault_name(table[i].code));
        ck_assert_int_eq(outcome.fault, table[i].fault);
        ck_assert_ptr_nonnull(outcome.text);
    }
    mock_stop(&mock);
}
END_TEST

START_TEST(test_a_refused_batch_condemns_nobody)
{
    struct mock mock = mock_start(1);
    struct outcome outcome = outcome_under(&mock, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
    ck_assert_int_eq(outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(outcome.fault, FAULT_MESSAGE);
    ck_assert(outcome.of_batch);
    outcome = outcome_under(&mock, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    ck_assert_int_eq(outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(outcome.fault, FAULT_TOPIC);
    outcome = outcome_under(&mock, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED);
    ck_assert_int_eq(outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(outcome.fault, FAULT_CLUSTER);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_what_passes_is_tried_again)
{
    static const rd_kafka_resp_err_t passing[] = {
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT};
    struct mock mock = mock_start(1);
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
        ck_assert_int_eq(outcome_under(&mock, passing[i]).state, OUTCOME_ACKNOWLEDGED);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_missing_topic_fails_within_its_propagation_time)
{
    const struct property fast[] = {{"topic.metadata.propagation.max.ms", "100"}, {NULL, NULL}};
    struct mock mock = mock_start(1);
    struct producer *producer = mock_producer(mock.bootstrap, fast);
    rd_kafka_mock_topic_set_error(mock.cluster, "absent", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    struct message message = mock_message("absent", "k", "v");
    mock_deliver(producer, &message);
    ck_assert_int_eq(message.outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(message.outcome.fault, FAULT_TOPIC);
    ck_assert(!message.outcome.possibly_persisted);
    struct message other = mock_message("present", "k", "v");
    mock_deliver(producer, &other);
    ck_assert_int_eq(other.outcome.state, OUTCOME_ACKNOWLEDGED);
    // As soon as the topic is there and the metadata was read again, messages flow.
    rd_kafka_mock_topic_set_error(mock.cluster, "absent", RD_KAFKA_RESP_ERR_NO_ERROR);
    struct error error;
    ck_assert(producer_probe(producer, 10000, &error));
    mock_deliver(producer, &message);
    ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_a_granted_right_is_noticed_by_a_probe)
{
    struct mock mock = mock_start(1);
    struct producer *producer = mock_producer(mock.bootstrap, NULL);
    struct message message = mock_message("t", "k", "v");
    mock_fail_produce(&mock, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
    mock_deliver(producer, &message);
    ck_assert_int_eq(message.outcome.fault, FAULT_TOPIC);
    struct error error;
    ck_assert(producer_probe(producer, 10000, &error));
    mock_deliver(producer, &message);
    ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

// The broker goes, the producer notices, the broker comes back.
static void
interrupt_broker(struct mock *mock, struct producer *producer)
{
    rd_kafka_mock_broker_set_down(mock->cluster, 1);
    struct error error = {0};
    bool fatal = true;
    for (int i = 0; i < 200 && !error.text[0]; i++) {
        producer_poll(producer, 100);
        producer_last_error(producer, &error, &fatal);
    }
    ck_assert_int_gt(strlen(error.text), 0);
    ck_assert(!fatal);
    rd_kafka_mock_broker_set_up(mock->cluster, 1);
}

static void
assert_no_last_error(const struct producer *producer)
{
    struct error error;
    bool fatal;
    producer_last_error(producer, &error, &fatal);
    ck_assert_str_eq(error.text, "");
    ck_assert(!fatal);
}

START_TEST(test_an_answer_clears_the_last_error)
{
    struct mock mock = mock_start(1);
    struct producer *producer = mock_producer(mock.bootstrap, NULL);
    struct message message = mock_message("t", "k", "v");
    struct error error;
    mock_deliver(producer, &message);
    interrupt_broker(&mock, producer);
    mock_deliver(producer, &message);
    ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    assert_no_last_error(producer);
    interrupt_broker(&mock, producer);
    ck_assert_msg(producer_probe(producer, 10000, &error), "%s", error.text);
    assert_no_last_error(producer);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

// Of two requests in flight the first is refused and the second taken, as by a broker that has just
// become the leader and does not know the producer yet. librdkafka calls both persisted.
START_TEST(test_a_later_acknowledgement_is_none_of_an_earlier_message)
{
    const struct property single[] = {{"batch.num.messages", "1"}, {NULL, NULL}};
    struct mock mock = mock_start(1);
    struct producer *producer = mock_producer(mock.bootstrap, single);
    struct message before = mock_message("t", "k", "before");
    struct message first = mock_message("t", "k", "first"),
                   second = mock_message("t", "k", "second");
    mock_deliver(producer, &before);
    rd_kafka_mock_broker_set_rtt(mock.cluster, 1, 500);
    mock_fail_produce(&mock, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 1);
    ck_assert(producer_send(producer, &first));
    ck_assert(producer_send(producer, &second));
    mock_drain(producer);
    ck_assert_int_eq(second.outcome.state, OUTCOME_ACKNOWLEDGED);
    ck_assert_int_eq(first.outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(first.outcome.fault, FAULT_CLUSTER);
    ck_assert_str_eq(first.outcome.code, "NO_OFFSET");
    rd_kafka_mock_broker_set_rtt(mock.cluster, 1, 0);
    mock_deliver(producer, &first);
    ck_assert_int_eq(first.outcome.state, OUTCOME_ACKNOWLEDGED);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "producer_faults", test_too_large_is_refused_before_it_is_sent, test_every_broker_code,
        test_a_refused_batch_condemns_nobody, test_what_passes_is_tried_again,
        test_missing_topic_fails_within_its_propagation_time,
        test_a_granted_right_is_noticed_by_a_probe, test_an_answer_clears_the_last_error,
        test_a_later_acknowledgement_is_none_of_an_earlier_message);
}
