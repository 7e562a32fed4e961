// SPDX-License-Identifier: Apache-2.0
// THE table of Kafka's errors: code -> message, topic or cluster.
//
// A code is a message's fault only when no host, no clock and no setting makes a broker say it of a
// good row: each such row of the table says why (`because`). Some are said of a bad row, but a
// setting of the topic can make a broker say them of every row too. Those are doubtful: the relay
// counts them against a row only while its topic takes others (src/relay/doubts.c).
//
// What is not here is the cluster's fault: no row is blamed for an error that nobody has
// understood. The cluster's rows say nothing that the default would not; they are here so that a
// reader can see that a code was considered, and so that tests meet each of them. Codes that begin
// with two underscores are librdkafka's own, the others a broker's answer
// (https://kafka.apache.org/protocol, "Error Codes").
#include "kafka_fault.h"

// In librdkafka's header only from later versions on than the oldest that outrider is built with.
enum { INVALID_DIFFERENT_RECORD = -138, UNKNOWN_TOPIC_ID = 100, INCONSISTENT_TOPIC_ID = 103 };

#define MESSAGE(name, ...)                                                                         \
    {                                                                                              \
        .code = RD_KAFKA_RESP_ERR_##name, .fault = FAULT_MESSAGE, __VA_ARGS__                      \
    }
#define TOPIC(name)                                                                                \
    {                                                                                              \
        .code = RD_KAFKA_RESP_ERR_##name, .fault = FAULT_TOPIC                                     \
    }
#define CLUSTER(name)                                                                              \
    {                                                                                              \
        .code = RD_KAFKA_RESP_ERR_##name, .fault = FAULT_CLUSTER                                   \
    }
#define GIVEN_UP(name)                                                                             \
    {                                                                                              \
        .code = RD_KAFKA_RESP_ERR_##name, .fault = FAULT_CLUSTER, .given_up = true                 \
    }

static const struct kafka_fault table[] = {
    // The record itself.
    MESSAGE(MSG_SIZE_TOO_LARGE, .permanent = true, .batch = true,
            .because = "sent alone, the row is larger than its topic's max.message.bytes: what is "
                       "smaller is taken, and only another limit or a smaller row can heal"),
    MESSAGE(RECORD_LIST_TOO_LARGE, .permanent = true, .batch = true,
            .because = "sent alone, the row is larger than a segment of its topic (segment.bytes): "
                       "what is smaller is taken"),
    MESSAGE(TOPIC_EXCEPTION, .permanent = true,
            .because = "the topic's name, made of the row's columns, is none that Kafka takes"),
    // The broker refuses a null key on a compacted topic, a value against the topic's schema, or a
    // vendor's rule. One row can be at fault; a wrong cleanup.policy, schema or rule refuses every
    // row.
    MESSAGE(INVALID_RECORD, .batch = true, .doubtful = true,
            .because = "counted only while the topic takes other rows: so neither its settings nor "
                       "this host's compression refuse all of them"),
    MESSAGE(POLICY_VIOLATION, .batch = true, .doubtful = true,
            .because = "counted only while the topic takes other rows: so the policy is not one "
                       "that refuses all of them"),

    // The destination: absent, forbidden, without a leader or enough replicas.
    TOPIC(_UNKNOWN_TOPIC),
    TOPIC(_UNKNOWN_PARTITION),
    TOPIC(_ISR_INSUFF),
    TOPIC(UNKNOWN_TOPIC_OR_PART),
    TOPIC(TOPIC_AUTHORIZATION_FAILED),
    TOPIC(NOT_ENOUGH_REPLICAS),
    TOPIC(NOT_ENOUGH_REPLICAS_AFTER_APPEND),
    TOPIC(LEADER_NOT_AVAILABLE),
    TOPIC(NOT_LEADER_FOR_PARTITION),
    TOPIC(REPLICA_NOT_AVAILABLE),
    TOPIC(FENCED_LEADER_EPOCH),
    TOPIC(UNKNOWN_LEADER_EPOCH),
    TOPIC(KAFKA_STORAGE_ERROR),
    TOPIC(UNSUPPORTED_FOR_MESSAGE_FORMAT),
    // A broker compared the record's time, which librdkafka takes from this host's clock, with its
    // own. So a clock is wrong, or the topic's message.timestamp.after.max.ms and before.max.ms are
    // too narrow; a row has no part in it. It is the topic's fault and not the cluster's, because
    // topics with wider limits, or with the broker's own time (LogAppendTime), go on meanwhile.
    {.code = RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, .fault = FAULT_TOPIC, .by_clock = true},
    // Kafka's CORRUPT_MESSAGE: the checksum of a batch is not that of its bytes. A network card, a
    // memory or a compression library does that, and since Kafka 2.4, which has INVALID_RECORD for
    // null keys, no row can. librdkafka tries again as long as its retries last; after that, one
    // row at a time tries the topic, until the bytes arrive whole.
    TOPIC(INVALID_MSG),
    {.code = (rd_kafka_resp_err_t)UNKNOWN_TOPIC_ID, .fault = FAULT_TOPIC},
    {.code = (rd_kafka_resp_err_t)INCONSISTENT_TOPIC_ID, .fault = FAULT_TOPIC},

    // Reaching the cluster, being let in, the producer's own state, and what says nothing of a
    // cause.
    // Of the innocents of a refused batch, by librdkafka from 2.12 on: each is sent again, alone.
    {.code = (rd_kafka_resp_err_t)INVALID_DIFFERENT_RECORD, .fault = FAULT_CLUSTER, .batch = true},
    GIVEN_UP(_MSG_TIMED_OUT),
    GIVEN_UP(_PURGE_QUEUE),
    GIVEN_UP(_PURGE_INFLIGHT),
    GIVEN_UP(_DESTROY),
    CLUSTER(_FATAL),
    CLUSTER(_TRANSPORT),
    CLUSTER(_RESOLVE),
    CLUSTER(_SSL),
    CLUSTER(_AUTHENTICATION),
    CLUSTER(_ALL_BROKERS_DOWN),
    CLUSTER(_TIMED_OUT),
    CLUSTER(_TIMED_OUT_QUEUE),
    CLUSTER(_INCONSISTENT),
    CLUSTER(_BAD_MSG),
    CLUSTER(_UNSUPPORTED_FEATURE),
    CLUSTER(UNKNOWN),
    CLUSTER(REQUEST_TIMED_OUT),
    CLUSTER(NETWORK_EXCEPTION),
    CLUSTER(BROKER_NOT_AVAILABLE),
    CLUSTER(COORDINATOR_LOAD_IN_PROGRESS),
    CLUSTER(COORDINATOR_NOT_AVAILABLE),
    CLUSTER(NOT_COORDINATOR),
    CLUSTER(CLUSTER_AUTHORIZATION_FAILED),
    CLUSTER(SASL_AUTHENTICATION_FAILED),
    CLUSTER(UNSUPPORTED_SASL_MECHANISM),
    CLUSTER(ILLEGAL_SASL_STATE),
    CLUSTER(SECURITY_DISABLED),
    CLUSTER(UNSUPPORTED_VERSION),
    CLUSTER(UNSUPPORTED_COMPRESSION_TYPE),
    CLUSTER(INVALID_REQUIRED_ACKS),
    CLUSTER(INVALID_REQUEST),
    CLUSTER(OUT_OF_ORDER_SEQUENCE_NUMBER),
    CLUSTER(DUPLICATE_SEQUENCE_NUMBER),
    CLUSTER(INVALID_PRODUCER_EPOCH),
    CLUSTER(UNKNOWN_PRODUCER_ID),
    CLUSTER(PRODUCER_FENCED),
    CLUSTER(THROTTLING_QUOTA_EXCEEDED),
};

const struct kafka_fault *
kafka_fault_table(size_t *ret_count)
{
    *ret_count = sizeof table / sizeof *table;
    return table;
}

const struct kafka_fault *
kafka_fault_find(rd_kafka_resp_err_t code)
{
    static const struct kafka_fault unlisted = {
        .code = RD_KAFKA_RESP_ERR_UNKNOWN,
        .fault = FAULT_CLUSTER,
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].code == code)
            return &table[i];
    }
    return &unlisted;
}

// NULL when this librdkafka has no name for the code.
static const struct rd_kafka_err_desc *
description(rd_kafka_resp_err_t code)
{
    const struct rd_kafka_err_desc *all;
    size_t count;
    rd_kafka_get_err_descs(&all, &count);
    for (size_t i = 0; i < count; i++) {
        if (all[i].code == code && all[i].name && all[i].desc)
            return &all[i];
    }
    return NULL;
}

const char *
kafka_fault_name(rd_kafka_resp_err_t code)
{
    const struct rd_kafka_err_desc *found = description(code);
    return found ? found->name : "UNLISTED";
}

const char *
kafka_fault_text(rd_kafka_resp_err_t code)
{
    const struct rd_kafka_err_desc *found = description(code);
    return found ? found->desc : "Broker: an error that this librdkafka has no name for";
}
