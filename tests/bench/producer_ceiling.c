// SPDX-License-Identifier: Apache-2.0
// links: base model broker tests/bench/bench.c tests/bench/kafka.c
// The ceiling that librdkafka and Kafka set: the same messages without PostgreSQL.
//
// Values, keys, ids and headers' texts are made before the clock starts, from a ring of so many
// messages that they do not all lie in a cache. librdkafka is never waited for but when its queue
// is full, and it ends when every message was acknowledged.
//
// Usage: producer_ceiling bootstrap=HOST:PORT topic=NAME messages=N [payload=400] [keys=10000]
#include "bench.h"
#include "kafka.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/model/message_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RING_MAX = 20000, RING_BYTES = 64 << 20, FULL_MS = 10, TEXT = 40 };

struct made {
    char id[MESSAGE_ID_TEXT];
    char key[TEXT];
    char created_at[TEXT];
    char *value;
};

struct ring {
    struct made *messages;
    int64_t count;
    const char *topic;
};

struct tally {
    int64_t acknowledged;
    int64_t failed;
};

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *report, void *opaque)
{
    struct tally *tally = opaque;

    (void)kafka;
    if (report->err)
        tally->failed++;
    else
        tally->acknowledged++;
}

static struct ring
make_ring(const char *topic, int64_t payload, int64_t keys)
{
    struct ring ring = {.topic = topic, .count = RING_BYTES / payload};

    ring.count = ring.count > RING_MAX ? RING_MAX : ring.count < 1 ? 1 : ring.count;
    ring.messages = xcalloc((size_t)ring.count, sizeof *ring.messages);
    for (int64_t n = 0; n < ring.count; n++) {
        struct made *made = &ring.messages[n];
        struct message_id id = {{0}};
        for (size_t i = 0; i < 8; i++)
            id.bytes[15 - i] = (uint8_t)((uint64_t)n >> 8 * i);
        message_id_format(&id, made->id);
        snprintf(made->key, sizeof made->key, "a-%" PRId64, n % keys);
        format_utc(wall_us(), 6, made->created_at);
        made->value = make_payload(n, payload);
    }
    return ring;
}

static void
free_ring(struct ring *ring)
{
    for (int64_t n = 0; n < ring->count; n++)
        free(ring->messages[n].value);
    free(ring->messages);
}

static void
send_all(rd_kafka_t *kafka, const struct ring *ring, int64_t messages)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(kafka, ring->topic, NULL);

    for (int64_t n = 0; n < messages; n++) {
        const struct made *made = &ring->messages[n % ring->count];
        const struct wire wire = {
            .id = made->id,
            .key = made->key,
            .topic = ring->topic,
            .created_at = made->created_at,
            .value = made->value,
            .value_length = strlen(made->value),
        };
        rd_kafka_resp_err_t code;
        while ((code = send_message(kafka, topic, &wire, NULL)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(kafka, FULL_MS);
        if (code)
            fail("produce", rd_kafka_err2str(code));
        rd_kafka_poll(kafka, 0);
    }
    rd_kafka_flush(kafka, -1);
    rd_kafka_topic_destroy(topic);
}

int
main(int argc, char **argv)
{
    int64_t messages = argument_number(argv, "messages", NULL);
    struct ring ring =
        make_ring(argument(argv, "topic", NULL), argument_number(argv, "payload", "400"),
                  argument_number(argv, "keys", "10000"));
    struct tally tally = {0};
    rd_kafka_t *kafka = open_producer(argument(argv, "bootstrap", NULL), on_delivery, &tally);

    (void)argc;
    double cpu = cpu_seconds();
    struct mono began = mono_now();
    send_all(kafka, &ring, messages);
    double seconds = (double)mono_diff_ns(mono_now(), began) / 1e9;
    cpu = cpu_seconds() - cpu;
    if (tally.acknowledged != messages)
        fail("produce", "not every message was acknowledged");
    printf("{\"messages\": %" PRId64
           ", \"seconds\": %.4f, \"cpu_s\": %.4f, \"peak_bytes\": %" PRId64 "}\n",
           tally.acknowledged, seconds, cpu, peak_bytes());
    rd_kafka_destroy(kafka);
    free_ring(&ring);
    return 0;
}
