// SPDX-License-Identifier: Apache-2.0
// The demonstration's reader: reads every topic of a Kafka back from its beginning to its end and
// says what arrived, and whether that is what the order service committed.
//
// It is a Kafka client of its own and knows nothing of outrider but its messages. A key is the
// number of an order, and the version in the payload counts a key's messages in a topic from 1, so
// that lost, doubled and reordered ones show without a list of what was sent.
//
// Usage: read-back BOOTSTRAP COMMITTED. Exits 0 when as many messages came as were committed, none
// twice and each key's in order; else 1.
#include <librdkafka/rdkafka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIMEOUT_MS = 20000, TOPICS_MAX = 16, KEYS_MAX = 1 << 20, VERSION_MAX = 7 };

struct tally {
    const char *topic;   // of the metadata
    unsigned char *came; // by key: a bit for each version
    long messages;
    long keys;
    long twice;
    long out_of_order;
    long strange; // without a number as its key, or without a version
};

struct reader {
    rd_kafka_t *kafka;
    const rd_kafka_metadata_t *metadata;
    struct tally topics[TOPICS_MAX];
    int topic_count;
    int unread; // partitions whose end has not been met
    bool shown; // one message was
};

static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "read-back: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

static void
quiet(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    (void)level;
    (void)facility;
    (void)text;
}

static rd_kafka_t *
connect_to(const char *bootstrap)
{
    char why[256] = "";
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, quiet);
    if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, why, sizeof why) ||
        rd_kafka_conf_set(conf, "group.id", "outrider-demo", why, sizeof why) ||
        rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof why))
        fail("configuration", why);
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!kafka)
        fail("consumer", why);
    return kafka;
}

// Every partition of every topic, from its beginning.
static void
assign_all(struct reader *reader)
{
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(16);
    for (int t = 0; t < reader->metadata->topic_cnt && t < TOPICS_MAX; t++) {
        const rd_kafka_metadata_topic_t *topic = &reader->metadata->topics[t];
        struct tally *tally = &reader->topics[reader->topic_count++];
        tally->topic = topic->topic;
        tally->came = calloc(KEYS_MAX, 1);
        if (!tally->came)
            fail("memory", "not enough");
        for (int p = 0; p < topic->partition_cnt; p++)
            rd_kafka_topic_partition_list_add(all, topic->topic, p)->offset =
                RD_KAFKA_OFFSET_BEGINNING;
    }
    reader->unread = all->cnt;
    rd_kafka_resp_err_t code = rd_kafka_assign(reader->kafka, all);
    if (code)
        fail("assign", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(all);
}

static void
show_header(const char *name, const void *value, size_t size)
{
    printf("    %-16s %.*s\n", name, value ? (int)size : 6, value ? (const char *)value : "(null)");
}

static void
show_message(const rd_kafka_message_t *message)
{
    printf("\nOne message\n");
    printf("    topic            %s, partition %d, offset %lld\n",
           rd_kafka_topic_name(message->rkt), (int)message->partition, (long long)message->offset);
    printf("    key              %.*s\n", (int)message->key_len, (const char *)message->key);
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const char *name;
        const void *value;
        size_t size;
        for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
            show_header(name, value, size);
    }
    printf("    value            %.*s\n", (int)message->len, (const char *)message->payload);
}

// The digit behind `"version": ` in a payload, or 0.
static int
version_of(const rd_kafka_message_t *message)
{
    static const char label[] = "\"version\": ";
    const char *value = message->payload;
    const char *at = value ? memmem(value, message->len, label, sizeof label - 1) : NULL;
    if (!at || at + sizeof label > value + message->len)
        return 0;
    int version = at[sizeof label - 1] - '0';
    return version >= 1 && version <= VERSION_MAX ? version : 0;
}

static long
key_of(const rd_kafka_message_t *message)
{
    char text[24] = "";
    if (message->key_len < sizeof text)
        memcpy(text, message->key, message->key_len);
    long key = strtol(text, NULL, 10);
    return key > 0 && key < KEYS_MAX ? key : 0;
}

static void
count(struct reader *reader, const rd_kafka_message_t *message)
{
    struct tally *tally = reader->topics;
    while (strcmp(tally->topic, rd_kafka_topic_name(message->rkt)) != 0)
        tally++;
    tally->messages++;
    long key = key_of(message);
    int version = version_of(message);
    if (!key || !version) {
        tally->strange++;
        return;
    }
    unsigned char *came = &tally->came[key];
    if (*came & (1 << version))
        tally->twice++;
    else if (version > 1 && !(*came & (1 << (version - 1))))
        tally->out_of_order++;
    tally->keys += *came == 0;
    *came |= (unsigned char)(1 << version);
}

static void
read_all(struct reader *reader)
{
    time_t deadline = time(NULL) + TIMEOUT_MS / 1000;
    while (reader->unread > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader->kafka, 100);
        if (time(NULL) > deadline)
            fail("reading", "not at the end of every partition after 20 s");
        if (!message)
            continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            reader->unread--;
        else if (!message->err)
            count(reader, message);
        if (!message->err && !reader->shown && version_of(message) == 2) {
            show_message(message);
            reader->shown = true;
        }
        rd_kafka_message_destroy(message);
    }
}

// Is it what was committed?
static bool
report(const struct reader *reader, long committed)
{
    long messages = 0;
    long wrong = 0;
    printf("\nWhat arrived\n    %-16s %10s %10s %10s %14s\n", "topic", "messages", "keys", "twice",
           "out of order");
    for (int t = 0; t < reader->topic_count; t++) {
        const struct tally *tally = &reader->topics[t];
        printf("    %-16s %10ld %10ld %10ld %14ld\n", tally->topic, tally->messages, tally->keys,
               tally->twice, tally->out_of_order);
        messages += tally->messages;
        wrong += tally->twice + tally->out_of_order + tally->strange;
    }
    printf("    %-16s %10ld of %ld committed\n", "all", messages, committed);
    return messages == committed && wrong == 0;
}

int
main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage", "read-back BOOTSTRAP COMMITTED");
    static struct reader reader;
    reader.kafka = connect_to(argv[1]);
    rd_kafka_resp_err_t code =
        rd_kafka_metadata(reader.kafka, 1, NULL, &reader.metadata, TIMEOUT_MS);
    if (code)
        fail("metadata", rd_kafka_err2str(code));
    assign_all(&reader);
    read_all(&reader);
    bool complete = report(&reader, strtol(argv[2], NULL, 10));
    for (int t = 0; t < reader.topic_count; t++)
        free(reader.topics[t].came);
    rd_kafka_metadata_destroy(reader.metadata);
    rd_kafka_consumer_close(reader.kafka);
    rd_kafka_destroy(reader.kafka);
    return complete ? EXIT_SUCCESS : EXIT_FAILURE;
}
