// SPDX-License-Identifier: Apache-2.0
// A Kafka producer over librdkafka: messages in, outcomes out.
//
// librdkafka works in threads of its own, but it reports only through rd_kafka_poll, so everything
// here runs on the owner's thread and needs no lock; the one exception, its log callback, does
// nothing. A value is never copied (no F_COPY, no F_FREE): librdkafka copies small ones into its
// request and sends large ones from where they lie, so they are the producer's until the outcome is
// known. A key is copied by librdkafka, headers by us into its list.
//
// Only "persisted" at an offset is an acknowledgement; whatever else comes is a failure, and
// whether a broker may have written the message is told apart by its persistence status, not by its
// code (INTRODUCTION.md, "Message persistence status").
#include "outrider/broker/producer.h"

#include "kafka_fault.h"
#include "outrider/base/clock.h"
#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"
#include "pending.h"
#include "producer_private.h"
#include "properties.h"
#include "topics.h"

#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

enum { CLOSE_MS = 1000, PURGE_POLL_MS = 10, PUSH_MS = 1 };

struct producer {
    rd_kafka_t *kafka;
    struct topics topics;
    struct pending pending;
    size_t max_message_bytes;
    bool lingers;
    int served;        // delivery reports of the poll that is under way
    bool troubled;     // `last` holds: no broker has answered since
    bool fatal;        // `last` is what librdkafka died of
    struct error last; // what librdkafka last said of the whole producer
};

// `by_itself`: librdkafka looked at this message alone.
static void
settle_failed(struct message *message, rd_kafka_resp_err_t code, bool by_itself,
              bool possibly_persisted)
{
    const struct kafka_fault *fault = kafka_fault_find(code);
    message->outcome = (struct outcome){
        .state = OUTCOME_FAILED,
        .fault = fault->fault,
        .permanent = fault->permanent,
        .doubtful = fault->doubtful,
        .possibly_persisted = possibly_persisted,
        .of_batch = fault->batch && !by_itself,
        .by_clock = fault->by_clock,
        .given_up = fault->given_up,
        .unlisted = fault->code != code,
        .code = kafka_fault_name(code),
        .text = kafka_fault_text(code),
    };
}

// A partition lets a producer id that it does not know begin with any sequence number. So a broker
// that refuses the first request of one, because it does not lead the partition yet, can take the
// second. librdkafka concludes from the second's success that the first was written, and reports it
// as persisted (rd_kafka_dr_implicit_ack, until 2.12 at least): it would be lost. What a broker did
// acknowledge has an offset.
static void
settle_unconfirmed(struct message *message)
{
    message->outcome = (struct outcome){
        .state = OUTCOME_FAILED,
        .fault = FAULT_CLUSTER,
        .code = "NO_OFFSET",
        .text = "Kafka acknowledged a later message, and not this one",
    };
}

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *report, void *opaque)
{
    (void)kafka;
    struct producer *producer = opaque;
    struct message *message = pending_take(&producer->pending, (size_t)(uintptr_t)report->_private);
    rd_kafka_msg_status_t status = rd_kafka_message_status(report);
    producer->served++;
    if (!report->err && status == RD_KAFKA_MSG_STATUS_PERSISTED) {
        producer->troubled = producer->fatal;
        if (report->offset >= 0)
            message->outcome = (struct outcome){.state = OUTCOME_ACKNOWLEDGED};
        else
            settle_unconfirmed(message);
        return;
    }
    rd_kafka_resp_err_t code = report->err ? report->err : RD_KAFKA_RESP_ERR_UNKNOWN;
    settle_failed(message, code, false, status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED);
}

// librdkafka before 2.6.1 forms SCRAM's nonce in a way that Kafka refuses from 4.0 on, as if the
// password were wrong (its CHANGELOG.md, v2.6.1).
static bool
is_scram_too_old(rd_kafka_resp_err_t code, const char *text)
{
    return code == RD_KAFKA_RESP_ERR__AUTHENTICATION && strstr(text, "SCRAM") &&
           rd_kafka_version() < 0x020601ff;
}

// librdkafka's texts come from brokers and libraries: one line, and nothing of what follows a
// secret's name (its parser of sasl.oauthbearer.config quotes the value).
static void
keep_error(struct producer *producer, rd_kafka_resp_err_t code, const char *text)
{
    static const char quoted_secret[] = "sasl.oauthbearer.config";
    const char *secret = strstr(text, quoted_secret);
    size_t length = secret ? (size_t)(secret - text) + strlen(quoted_secret) : strlen(text);
    char said[sizeof producer->last.text];
    length = length < sizeof said ? length : sizeof said - 1;
    snprintf(said, sizeof said, "%.*s", (int)length, text);
    safe_flatten(said);
    (void)error_set(&producer->last, FAULT_CLUSTER, kafka_fault_name(code), "%s%s", said,
                    is_scram_too_old(code, text)
                        ? "; Kafka 4 and newer refuse SCRAM by librdkafka before 2.6.1, whatever "
                          "the password"
                        : "");
    producer->troubled = true;
}

static void
on_error(rd_kafka_t *kafka, int code, const char *text, void *opaque)
{
    struct producer *producer = opaque;
    if (producer->fatal)
        return;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        char cause[512];
        keep_error(producer, rd_kafka_fatal_error(kafka, cause, sizeof cause), cause);
        producer->fatal = true;
        return;
    }
    // "All brokers down" follows the reason why each is, which says more.
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !producer->troubled)
        keep_error(producer, (rd_kafka_resp_err_t)code, text);
}

// Called from librdkafka's threads. Its default writes to stderr, where only outrider's log goes.
static void
on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
    (void)kafka;
    (void)level;
    (void)facility;
    (void)text;
}

static double
read_number(const rd_kafka_conf_t *conf, const char *name)
{
    char value[32] = "";
    size_t size = sizeof value;
    if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK)
        return 0;
    return strtod(value, NULL);
}

char *
producer_effective_property(const struct producer_settings *settings, const char *name)
{
    rd_kafka_conf_t *conf;
    struct error err;
    char *value = NULL;
    size_t size;

    if (!properties_apply(settings, &conf, &err))
        return NULL;
    if (rd_kafka_conf_get(conf, name, NULL, &size) == RD_KAFKA_CONF_OK) {
        value = xmalloc(size);
        if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK)
            value[0] = '\0';
    }
    rd_kafka_conf_destroy(conf);
    return value;
}

bool
producer_open(const struct producer_settings *settings, struct producer **ret_producer,
              struct error *err)
{
    rd_kafka_conf_t *conf;
    if (!properties_apply(settings, &conf, err))
        return error_prefix(err, "producer");
    struct producer *producer = xcalloc(1, sizeof *producer);
    producer->max_message_bytes = (size_t)read_number(conf, "message.max.bytes");
    producer->lingers = read_number(conf, "linger.ms") > 0;
    rd_kafka_conf_set_opaque(conf, producer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, on_log);
    char reason[sizeof producer->last.text] = "";
    producer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (!producer->kafka) {
        rd_kafka_conf_destroy(conf);
        keep_error(producer, RD_KAFKA_RESP_ERR__INVALID_ARG, reason);
        (void)error_set(err, FAULT_CLUSTER, "PRODUCER", "librdkafka: %s", producer->last.text);
        free(producer);
        return false;
    }
    *ret_producer = producer;
    return true;
}

// librdkafka dropped its report: a broker may have the message or not.
static void
settle_destroyed(struct message *message)
{
    settle_failed(message, RD_KAFKA_RESP_ERR__DESTROY, false, true);
}

// A request that is being answered can bring its messages back after a purge: purge again.
void
producer_give_up(struct producer *producer, int timeout_ms)
{
    struct mono deadline = mono_add_ms(mono_now(), timeout_ms);
    while (producer_pending(producer) > 0 && !mono_passed(deadline)) {
        rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                            RD_KAFKA_PURGE_F_NON_BLOCKING);
        producer_poll(producer, PURGE_POLL_MS);
    }
    pending_end(&producer->pending, settle_destroyed);
}

void
producer_close(struct producer *producer)
{
    if (!producer)
        return;
    producer_give_up(producer, CLOSE_MS);
    topics_clear(&producer->topics);
    rd_kafka_destroy(producer->kafka);
    free(producer);
}

bool
producer_probe(struct producer *producer, int timeout_ms, struct error *err)
{
    // The topics that this producer knows, so that an answer also refreshes what is known of them.
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(producer->kafka, 0, NULL, &metadata, timeout_ms);
    producer_poll(producer, 0);
    if (!code) {
        rd_kafka_metadata_destroy(metadata);
        producer->troubled = producer->fatal;
        return true;
    }
    if (producer->troubled) {
        *err = producer->last;
        return false;
    }
    return error_set(err, FAULT_CLUSTER, kafka_fault_name(code), "%s", kafka_fault_text(code));
}

// Adds up the partitions; the first that cannot be written is the verdict.
static rd_kafka_resp_err_t
judge_topic(const rd_kafka_metadata_topic_t *topic, int *in_sync)
{
    rd_kafka_resp_err_t code = topic->err;
    for (int i = 0; i < topic->partition_cnt; i++) {
        const rd_kafka_metadata_partition_t *partition = &topic->partitions[i];
        *in_sync += partition->isr_cnt;
        if (!code && partition->leader < 0)
            code = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    }
    return code || topic->partition_cnt > 0 ? code : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

bool
producer_look_at_topic(struct producer *producer, const char *topic, int timeout_ms,
                       int *ret_in_sync, struct error *err)
{
    rd_kafka_topic_t *handle = topics_get(&producer->topics, producer->kafka, topic);
    const struct rd_kafka_metadata *metadata;
    int in_sync = 0;

    if (!handle)
        return error_set(err, FAULT_TOPIC, "TOPIC_EXCEPTION", "librdkafka refuses the name");
    rd_kafka_resp_err_t code = rd_kafka_metadata(producer->kafka, 0, handle, &metadata, timeout_ms);
    producer_poll(producer, 0);
    if (code)
        return error_set(err, FAULT_CLUSTER, kafka_fault_name(code), "%s", kafka_fault_text(code));
    if (metadata->topic_cnt == 1)
        code = judge_topic(&metadata->topics[0], &in_sync);
    else
        code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    rd_kafka_metadata_destroy(metadata);
    producer->troubled = producer->fatal;
    if (code)
        return error_set(err, FAULT_TOPIC, kafka_fault_name(code), "%s", kafka_fault_text(code));
    *ret_in_sync = in_sync;
    return true;
}

// NULL for no headers; for produceva, which takes ownership when it succeeds.
static rd_kafka_headers_t *
wire_headers(const struct message *message)
{
    if (message->header_count == 0)
        return NULL;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(message->header_count);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct header *header = &message->headers[i];
        rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.len,
                            header->value.data, (ssize_t)header->value.len);
    }
    return headers;
}

static rd_kafka_resp_err_t
produce(struct producer *producer, rd_kafka_topic_t *topic, const struct message *message,
        size_t number)
{
    rd_kafka_headers_t *headers = wire_headers(message);
    const rd_kafka_vu_t arguments[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {.ptr = (void *)(uintptr_t)message->value.data, .size = message->value.len}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {.ptr = (void *)(uintptr_t)message->key.data, .size = message->key.len}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(uintptr_t)number},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers}, // NULL is taken as none
    };
    rd_kafka_error_t *error =
        rd_kafka_produceva(producer->kafka, arguments, sizeof arguments / sizeof *arguments);
    if (!error)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (headers)
        rd_kafka_headers_destroy(headers);
    return code;
}

bool
producer_send(struct producer *producer, struct message *message)
{
    rd_kafka_topic_t *topic = topics_get(&producer->topics, producer->kafka, message->topic);
    if (!topic) {
        settle_failed(message, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, true, false);
        return true;
    }
    size_t number = pending_add(&producer->pending, message);
    rd_kafka_resp_err_t code = produce(producer, topic, message, number);
    if (!code) {
        message->outcome = (struct outcome){.state = OUTCOME_PENDING};
        return true;
    }
    (void)pending_take(&producer->pending, number);
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return false;
    settle_failed(message, code, true, false);
    return true;
}

// By default nothing lingers. If the user wants it to, flush suspends the lingering for as long as
// it runs, and a broker's thread must wake meanwhile: with a time-out of 0 it finds the flag gone
// again.
void
producer_push(struct producer *producer)
{
    if (producer->lingers)
        rd_kafka_flush(producer->kafka, PUSH_MS);
}

int
producer_poll(struct producer *producer, int timeout_ms)
{
    producer->served = 0;
    rd_kafka_poll(producer->kafka, timeout_ms);
    return producer->served;
}

rd_kafka_t *
producer_kafka(const struct producer *producer)
{
    return producer->kafka;
}

const char *
producer_last_text(const struct producer *producer)
{
    return producer->last.text;
}

size_t
producer_pending(const struct producer *producer)
{
    return pending_count(&producer->pending);
}

size_t
producer_max_message_bytes(const struct producer *producer)
{
    return producer->max_message_bytes;
}

void
producer_last_error(const struct producer *producer, struct error *ret_error, bool *ret_fatal)
{
    *ret_error = producer->troubled ? producer->last : (struct error){.fault = FAULT_CLUSTER};
    *ret_fatal = rd_kafka_fatal_error(producer->kafka, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}
