// SPDX-License-Identifier: Apache-2.0
// librdkafka for the references, driven as src/broker/producer.c does.
#include "kafka.h"

#include "bench.h"

#include "outrider/broker/producer.h"

#include <stdint.h>
#include <string.h>

enum { METADATA_MS = 10000, PARTITIONS_MAX = 64 };

static void
quiet(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    (void)level;
    (void)facility;
    (void)text;
}

static void
set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[256] = "";

    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
        fail(name, why);
}

static rd_kafka_t *
open_client(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char why[256] = "";

    rd_kafka_conf_set_log_cb(conf, quiet);
    rd_kafka_t *kafka = rd_kafka_new(type, conf, why, sizeof why);
    if (!kafka)
        fail("librdkafka", why);
    return kafka;
}

rd_kafka_t *
open_producer(const char *bootstrap,
              void (*on_delivery)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *opaque)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    size_t count;
    const struct property *defaults = producer_defaults(&count);

    for (size_t i = 0; i < count; i++)
        set(conf, defaults[i].name, defaults[i].value);
    set(conf, "bootstrap.servers", bootstrap);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, opaque);
    return open_client(RD_KAFKA_PRODUCER, conf);
}

rd_kafka_t *
open_consumer(const char *bootstrap, const char *topic)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    set(conf, "bootstrap.servers", bootstrap);
    set(conf, "group.id", "outrider-bench");
    set(conf, "enable.auto.commit", "false");
    rd_kafka_t *kafka = open_client(RD_KAFKA_CONSUMER, conf);
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka, topic, NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(kafka, 0, handle, &metadata, METADATA_MS);
    if (code || metadata->topic_cnt != 1 || metadata->topics[0].err)
        fail(topic, code ? rd_kafka_err2str(code) : "no such topic");
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(PARTITIONS_MAX);
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++)
        rd_kafka_topic_partition_list_add(all, topic, metadata->topics[0].partitions[i].id)
            ->offset = RD_KAFKA_OFFSET_BEGINNING;
    code = rd_kafka_assign(kafka, all);
    if (code)
        fail(topic, rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    return kafka;
}

static rd_kafka_headers_t *
make_headers(const struct wire *wire)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(5);

    rd_kafka_header_add(headers, "message-id", -1, wire->id, -1);
    rd_kafka_header_add(headers, "event-type", -1, wire->topic, -1);
    rd_kafka_header_add(headers, "aggregate-type", -1, "order", -1);
    rd_kafka_header_add(headers, "aggregate-id", -1, wire->key, -1);
    rd_kafka_header_add(headers, "created-at", -1, wire->created_at, -1);
    return headers;
}

rd_kafka_resp_err_t
send_message(rd_kafka_t *kafka, rd_kafka_topic_t *topic, const struct wire *wire, void *opaque)
{
    rd_kafka_headers_t *headers = make_headers(wire);
    const rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)(uintptr_t)wire->value, .size = wire->value_length}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)(uintptr_t)wire->key, .size = strlen(wire->key)}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(kafka, arguments, sizeof arguments / sizeof *arguments);
    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    return code;
}
