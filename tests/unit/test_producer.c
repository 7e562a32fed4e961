// SPDX-License-Identifier: Apache-2.0
// The producer against librdkafka's mock cluster: what arrives, and what becomes of each message.
// links: base model broker tests/support/mock_cluster.c
#include "outrider/base/clock.h"
#include "outrider/broker/producer.h"

#include "tests/support/mock_cluster.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

enum { PRODUCE = 0 }; // the request's number in Kafka's protocol

static struct producer *
open_plain(const struct mock *mock)
{
    return mock_producer(mock->bootstrap, NULL);
}

START_TEST(test_acknowledged_after_it_was_pending)
{
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    struct message message = mock_message("t", "k", "v");
    ck_assert(producer_send(producer, &message));
    ck_assert_int_eq(message.outcome.state, OUTCOME_PENDING);
    ck_assert_uint_eq(producer_pending(producer), 1);
    mock_drain(producer);
    ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

static void
assert_bytes(const void *data, size_t length, const char *expected)
{
    ck_assert_uint_eq(length, strlen(expected));
    ck_assert(data != NULL && memcmp(data, expected, length) == 0);
}

START_TEST(test_key_value_and_headers_arrive)
{
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    struct header headers[] = {
        {bytes_from("message-id"), bytes_from("7")}, {bytes_from("none"), {NULL, 0}},
        {bytes_from("empty"), bytes_from("")},       {bytes_from("message-id"), bytes_from("8")},
        {{"long-name", 4}, {"value and more", 5}},
    };
    struct message message = mock_message("t", "schl\xc3\xbcssel", "{\"a\": 1}");
    message.headers = headers;
    message.header_count = sizeof headers / sizeof *headers;
    mock_deliver(producer, &message);
    rd_kafka_message_t *got;
    rd_kafka_t *consumer = mock_read(mock.bootstrap, "t", 1, &got);
    assert_bytes(got->key, got->key_len, "schl\xc3\xbcssel");
    assert_bytes(got->payload, got->len, "{\"a\": 1}");
    static const char *const names[] = {"message-id", "none", "empty", "message-id", "long"};
    static const char *const values[] = {"7", NULL, "", "8", "value"};
    rd_kafka_headers_t *list;
    ck_assert_int_eq(rd_kafka_message_headers(got, &list), RD_KAFKA_RESP_ERR_NO_ERROR);
    ck_assert_uint_eq(rd_kafka_header_cnt(list), 5);
    for (size_t i = 0; i < 5; i++) {
        const char *name;
        const void *value;
        size_t size;
        ck_assert_int_eq(rd_kafka_header_get_all(list, i, &name, &value, &size), 0);
        ck_assert_str_eq(name, names[i]);
        if (values[i])
            assert_bytes(value, size, values[i]);
        else
            ck_assert_ptr_null(value);
    }
    rd_kafka_message_destroy(got);
    rd_kafka_destroy(consumer);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_null_is_not_empty)
{
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    struct message tombstone = mock_message("nulls", NULL, NULL);
    struct message empty = mock_message("empties", "", "");
    mock_deliver(producer, &tombstone);
    mock_deliver(producer, &empty);
    rd_kafka_message_t *null_message;
    rd_kafka_message_t *empty_message;
    rd_kafka_t *nulls = mock_read(mock.bootstrap, "nulls", 1, &null_message);
    rd_kafka_t *empties = mock_read(mock.bootstrap, "empties", 1, &empty_message);
    ck_assert_ptr_null(null_message->key);
    ck_assert_ptr_null(null_message->payload);
    ck_assert_ptr_nonnull(empty_message->key);
    ck_assert_ptr_nonnull(empty_message->payload);
    ck_assert_uint_eq(empty_message->key_len + empty_message->len, 0);
    rd_kafka_message_destroy(null_message);
    rd_kafka_message_destroy(empty_message);
    rd_kafka_destroy(nulls);
    rd_kafka_destroy(empties);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_java_partitions)
{
    // What Utils.toPositive(Utils.murmur2(key)) % 4 gives, from Kafka's own UtilsTest.
    static const struct {
        const char *key;
        uint32_t hash;
    } known[] = {{"21", (uint32_t)-973932308},
                 {"foobar", (uint32_t)-790332482},
                 {"a-little-bit-long-string", (uint32_t)-985981536},
                 {"a-little-bit-longer-string", (uint32_t)-1486304829},
                 {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", (uint32_t)-58897971},
                 {"abc", 479470107}};
    enum { KEYS = sizeof known / sizeof *known };
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    for (size_t i = 0; i < KEYS; i++) {
        struct message message = mock_message("t", known[i].key, "v");
        mock_deliver(producer, &message);
        ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    }
    rd_kafka_message_t *got[KEYS];
    rd_kafka_t *consumer = mock_read(mock.bootstrap, "t", KEYS, got);
    for (size_t i = 0; i < KEYS; i++) {
        size_t at = 0;
        while (got[i]->key_len != strlen(known[at].key) ||
               memcmp(got[i]->key, known[at].key, got[i]->key_len) != 0)
            at++;
        ck_assert_int_eq(got[i]->partition, (int32_t)((known[at].hash & 0x7fffffff) % 4));
        rd_kafka_message_destroy(got[i]);
    }
    rd_kafka_destroy(consumer);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_many_messages_keep_their_order)
{
    enum { MANY = 5000 };
    static struct message messages[MANY];
    static char values[MANY][8];
    static rd_kafka_message_t *got[MANY];
    struct mock mock = mock_start(3);
    struct producer *producer = open_plain(&mock);
    for (int i = 0; i < MANY; i++) {
        snprintf(values[i], sizeof values[i], "%d", i);
        messages[i] = mock_message("t", "one", values[i]);
        ck_assert(producer_send(producer, &messages[i]));
    }
    mock_drain(producer);
    rd_kafka_t *consumer = mock_read(mock.bootstrap, "t", MANY, got);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(messages[i].outcome.state, OUTCOME_ACKNOWLEDGED);
        assert_bytes(got[i]->payload, got[i]->len, values[i]);
        rd_kafka_message_destroy(got[i]);
    }
    rd_kafka_destroy(consumer);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_more_topics_than_handles)
{
    enum { TOPICS = 2100 }; // over the cache's bound
    static char names[TOPICS][16];
    static struct message messages[TOPICS];
    struct producer *producer = mock_producer(mock_nobody(), NULL);
    for (int i = 0; i < TOPICS; i++) {
        snprintf(names[i], sizeof names[i], "t%d", i);
        messages[i] = mock_message(names[i], "k", "v");
        ck_assert(producer_send(producer, &messages[i]));
    }
    ck_assert_uint_eq(producer_pending(producer), TOPICS);
    producer_close(producer);
    for (int i = 0; i < TOPICS; i++)
        ck_assert_int_eq(messages[i].outcome.state, OUTCOME_FAILED);
}
END_TEST

START_TEST(test_unreachable_stays_pending_until_purged)
{
    struct producer *producer = mock_producer(mock_nobody(), NULL);
    struct message message = mock_message("t", "k", "v");
    ck_assert(producer_send(producer, &message));
    struct error error = {0};
    bool fatal = true;
    for (int i = 0; i < 100 && !error.text[0]; i++) {
        producer_poll(producer, 100);
        producer_last_error(producer, &error, &fatal);
    }
    ck_assert_int_eq(message.outcome.state, OUTCOME_PENDING);
    ck_assert_str_eq(error.code, "_TRANSPORT");
    ck_assert_ptr_nonnull(strstr(error.text, "refused"));
    ck_assert(!fatal);
    producer_give_up(producer, 5000);
    ck_assert_int_eq(message.outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(message.outcome.fault, FAULT_CLUSTER);
    ck_assert(message.outcome.given_up);
    ck_assert_str_eq(message.outcome.code, "_PURGE_QUEUE");
    ck_assert(!message.outcome.possibly_persisted);
    producer_close(producer);
}
END_TEST

// The next produce request is written, but not answered for 30 s.
static void
hold_next_answer(struct mock *mock)
{
    rd_kafka_mock_broker_push_request_error_rtts(mock->cluster, 1, PRODUCE, 1,
                                                 RD_KAFKA_RESP_ERR_NO_ERROR, 30000);
}

static void
wait_for_the_request(struct mock *mock, struct producer *producer)
{
    struct mono deadline = mono_add_ms(mono_now(), 20000);
    for (size_t left = 1; left > 0;) {
        ck_assert(!mono_passed(deadline));
        producer_poll(producer, 10);
        ck_assert_int_eq(rd_kafka_mock_broker_error_stack_cnt(mock->cluster, 1, PRODUCE, &left), 0);
    }
}

START_TEST(test_purged_in_flight_may_have_been_written)
{
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    struct message message = mock_message("t", "k", "v");
    hold_next_answer(&mock);
    ck_assert(producer_send(producer, &message));
    wait_for_the_request(&mock, producer);
    ck_assert_int_eq(message.outcome.state, OUTCOME_PENDING);
    producer_give_up(producer, 5000);
    ck_assert_int_eq(message.outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(message.outcome.fault, FAULT_CLUSTER);
    ck_assert(message.outcome.given_up);
    ck_assert_str_eq(message.outcome.code, "_PURGE_INFLIGHT");
    ck_assert(message.outcome.possibly_persisted);
    rd_kafka_message_t *got; // and it was
    rd_kafka_t *consumer = mock_read(mock.bootstrap, "t", 1, &got);
    rd_kafka_message_destroy(got);
    rd_kafka_destroy(consumer);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_full_queue_is_said_and_leaves_the_outcome_alone)
{
    const struct property small[] = {{"queue.buffering.max.messages", "2"}, {NULL, NULL}};
    struct producer *producer = mock_producer(mock_nobody(), small);
    struct message messages[3];
    for (int i = 0; i < 3; i++)
        messages[i] = mock_message("t", "k", "v");
    ck_assert(producer_send(producer, &messages[0]));
    ck_assert(producer_send(producer, &messages[1]));
    ck_assert(!producer_send(producer, &messages[2]));
    ck_assert_int_eq(messages[2].outcome.state, OUTCOME_NONE);
    ck_assert_uint_eq(producer_pending(producer), 2);
    producer_give_up(producer, 5000);
    ck_assert_uint_eq(producer_pending(producer), 0);
    producer_close(producer);
}
END_TEST

START_TEST(test_close_settles_what_is_pending)
{
    enum { MANY = 3000 };
    static struct message messages[MANY];
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    hold_next_answer(&mock);
    for (int i = 0; i < MANY; i++) {
        messages[i] = mock_message("t", "k", "v");
        ck_assert(producer_send(producer, &messages[i]));
    }
    wait_for_the_request(&mock, producer);
    struct mono before = mono_now();
    producer_close(producer);
    ck_assert_int_lt(mono_diff_ns(mono_now(), before), INT64_C(10000000000));
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(messages[i].outcome.state, OUTCOME_FAILED);
    ck_assert(messages[0].outcome.possibly_persisted);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_large_values_arrive_whole)
{
    enum { SIZE = 900000 };
    static char value[SIZE];
    for (size_t i = 0; i < SIZE; i++)
        value[i] = (char)(i * 31 % 251);
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    struct message message = mock_message("t", "k", NULL);
    message.value = (struct bytes){value, SIZE};
    mock_deliver(producer, &message);
    ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    rd_kafka_message_t *got;
    rd_kafka_t *consumer = mock_read(mock.bootstrap, "t", 1, &got);
    ck_assert_uint_eq(got->len, SIZE);
    ck_assert_int_eq(memcmp(got->payload, value, SIZE), 0);
    rd_kafka_message_destroy(got);
    rd_kafka_destroy(consumer);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_push_ends_lingering)
{
    const struct property slow[] = {{"linger.ms", "20000"}, {NULL, NULL}};
    struct mock mock = mock_start(1);
    struct producer *producer = mock_producer(mock.bootstrap, slow);
    struct mono before = mono_now();
    struct message message = mock_message("t", "k", "v");
    ck_assert(producer_send(producer, &message));
    while (producer_pending(producer) > 0) { // a push before the broker is known can do nothing
        producer_push(producer);
        producer_poll(producer, 10);
        ck_assert_int_lt(mono_diff_ns(mono_now(), before), INT64_C(15000000000));
    }
    ck_assert_int_eq(message.outcome.state, OUTCOME_ACKNOWLEDGED);
    producer_close(producer);
    mock_stop(&mock);
}
END_TEST

START_TEST(test_probe)
{
    struct mock mock = mock_start(1);
    struct producer *producer = open_plain(&mock);
    struct error error = {0};
    ck_assert_msg(producer_probe(producer, 10000, &error), "%s", error.text);
    producer_close(producer);
    mock_stop(&mock);
    producer = mock_producer(mock_nobody(), NULL);
    ck_assert(!producer_probe(producer, 1000, &error));
    ck_assert_int_eq(error.fault, FAULT_CLUSTER);
    ck_assert_ptr_nonnull(strstr(error.text, "refused"));
    producer_close(producer);
}
END_TEST

START_TEST(test_max_message_bytes)
{
    const struct property larger[] = {{"message.max.bytes", "2500000"}, {NULL, NULL}};
    struct producer *producer = mock_producer(mock_nobody(), NULL);
    ck_assert_uint_eq(producer_max_message_bytes(producer), 1000000);
    producer_close(producer);
    producer = mock_producer(mock_nobody(), larger);
    ck_assert_uint_eq(producer_max_message_bytes(producer), 2500000);
    producer_close(producer);
    producer_close(NULL);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("producer", test_acknowledged_after_it_was_pending,
                     test_key_value_and_headers_arrive, test_null_is_not_empty,
                     test_java_partitions, test_many_messages_keep_their_order,
                     test_more_topics_than_handles, test_unreachable_stays_pending_until_purged,
                     test_purged_in_flight_may_have_been_written,
                     test_full_queue_is_said_and_leaves_the_outcome_alone,
                     test_close_settles_what_is_pending, test_large_values_arrive_whole,
                     test_push_ends_lingering, test_probe, test_max_message_bytes);
}
