// SPDX-License-Identifier: Apache-2.0
// For the producer's unit tests: librdkafka's mock cluster in the test's own process, and a
// producer of outrider's that sends to it.
#ifndef OUTRIDER_TESTS_SUPPORT_MOCK_CLUSTER_H
#define OUTRIDER_TESTS_SUPPORT_MOCK_CLUSTER_H

#include "outrider/broker/producer.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stddef.h>

struct mock {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    const char *bootstrap;
};

struct mock mock_start(int brokers);
void mock_stop(struct mock *mock);

// The next produce requests are answered with this error, one each.
void mock_fail_produce(struct mock *mock, rd_kafka_resp_err_t code, int requests);

// A producer with outrider's defaults and up to 4 properties more; `properties` ends with a NULL
// name.
struct producer *mock_producer(const char *bootstrap, const struct property *properties);

// An address of loopback where nobody listens.
const char *mock_nobody(void);

struct message mock_message(const char *topic, const char *key, const char *value);

// Sends and polls until the outcome is known; fails the test after 20 s.
void mock_deliver(struct producer *producer, struct message *message);

// Polls until nothing is pending; fails the test after 20 s.
void mock_drain(struct producer *producer);

// Reads a topic from its beginning until `count` messages came, in the order of arrival; fails the
// test after 20 s. The caller destroys them, then the consumer.
rd_kafka_t *mock_read(const char *bootstrap, const char *topic, size_t count,
                      rd_kafka_message_t *ret_messages[]);

#endif
