// SPDX-License-Identifier: Apache-2.0
// librdkafka's mock cluster for unit tests; see the header.
#include "tests/support/mock_cluster.h"

#include "outrider/base/clock.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, PRODUCE = 0 /* the request's number in Kafka's protocol */ };

static void
quiet(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    (void)level;
    (void)facility;
    (void)text;
}

struct mock
mock_start(int brokers)
{
    char error[256];
    struct mock mock = {0};
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    mock.host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    ck_assert_msg(mock.host, "%s", error);
    mock.cluster = rd_kafka_mock_cluster_new(mock.host, brokers);
    ck_assert(mock.cluster);
    mock.bootstrap = rd_kafka_mock_cluster_bootstraps(mock.cluster);
    return mock;
}

void
mock_stop(struct mock *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->host);
}

void
mock_fail_produce(struct mock *mock, rd_kafka_resp_err_t code, int requests)
{
    for (int i = 0; i < requests; i++)
        rd_kafka_mock_push_request_errors(mock->cluster, PRODUCE, 1, code);
}

struct producer *
mock_producer(const char *bootstrap, const struct property *properties)
{
    struct property all[5] = {{"bootstrap.servers", bootstrap}};
    size_t count = 1;
    for (; properties && properties->name; properties++) {
        ck_assert_uint_lt(count, sizeof all / sizeof *all);
        all[count++] = *properties;
    }
    struct producer_settings settings = {.properties = all, .count = count};
    struct producer *producer;
    struct error error;
    ck_assert_msg(producer_open(&settings, &producer, &error), "%s", error.text);
    return producer;
}

const char *
mock_nobody(void)
{
    static char address[32];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&name, length), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&name, &length), 0);
    close(listener);
    snprintf(address, sizeof address, "127.0.0.1:%d", ntohs(name.sin_port));
    return address;
}

struct message
mock_message(const char *topic, const char *key, const char *value)
{
    return (struct message){.topic = topic, .key = bytes_from(key), .value = bytes_from(value)};
}

void
mock_deliver(struct producer *producer, struct message *message)
{
    ck_assert(producer_send(producer, message));
    mock_drain(producer);
    ck_assert_int_ne(message->outcome.state, OUTCOME_PENDING);
}

void
mock_drain(struct producer *producer)
{
    struct mono deadline = mono_add_ms(mono_now(), PATIENCE_MS);
    while (producer_pending(producer) > 0) {
        ck_assert_msg(!mono_passed(deadline), "still pending: %zu", producer_pending(producer));
        producer_poll(producer, 50);
    }
}

rd_kafka_t *
mock_read(const char *bootstrap, const char *topic, size_t count,
          rd_kafka_message_t *ret_messages[])
{
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "test", NULL, 0);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
    ck_assert_msg(consumer, "%s", error);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(4);
    for (int partition = 0; partition < 4; partition++) // as many as the mock gives a topic
        rd_kafka_topic_partition_list_add(all, topic, partition)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    ck_assert_int_eq(rd_kafka_assign(consumer, all), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(all);
    struct mono deadline = mono_add_ms(mono_now(), PATIENCE_MS);
    for (size_t got = 0; got < count;) {
        ck_assert_msg(!mono_passed(deadline), "%zu of %zu messages came", got, count);
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);
        if (message && !message->err)
            ret_messages[got++] = message;
        else if (message)
            rd_kafka_message_destroy(message);
    }
    return consumer;
}
