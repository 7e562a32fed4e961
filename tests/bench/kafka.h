// SPDX-License-Identifier: Apache-2.0
// librdkafka for the references: a producer with the settings that outrider's own has.
#ifndef OUTRIDER_BENCH_KAFKA_H
#define OUTRIDER_BENCH_KAFKA_H

#include <librdkafka/rdkafka.h>

#include <stddef.h>

// The producer, over the table of defaults in src/broker/properties.c, so that the two cannot
// drift. `on_delivery` is called by rd_kafka_poll for each message.
rd_kafka_t *open_producer(const char *bootstrap,
                          void (*on_delivery)(rd_kafka_t *, const rd_kafka_message_t *, void *),
                          void *opaque);

// A topic's partitions read from their beginning, by a consumer that keeps no offsets.
rd_kafka_t *open_consumer(const char *bootstrap, const char *topic);

// What one message is made of; texts are NUL-terminated and borrowed until it was delivered.
struct wire {
    const char *id; // UUID
    const char *key;
    const char *topic;
    const char *created_at;
    const char *value;
    size_t value_length;
};

// Sends it with outrider's headers; librdkafka's code, which is RD_KAFKA_RESP_ERR__QUEUE_FULL when
// it must be tried again after a poll.
rd_kafka_resp_err_t send_message(rd_kafka_t *kafka, rd_kafka_topic_t *topic,
                                 const struct wire *wire, void *opaque);

#endif
