// SPDX-License-Identifier: Apache-2.0
//
// Which brokers answer at the addresses that they advertise?
//
// A client reaches the cluster at bootstrap.servers and is told there where each broker listens.
// When such an address leads nowhere from this host, the cluster answers and acknowledges nothing.
// librdkafka connects to a broker only when it needs it, so each is asked something that no other
// can answer: its own settings (DescribeConfigs). A refusal is an answer too, so no right is
// needed; only silence counts.
#include "outrider/broker/broker_facts.h"

#include "kafka_fault.h"
#include "producer_private.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { POLL_MS = 50 };

static bool
list_brokers(rd_kafka_t *kafka, int timeout_ms, struct broker_facts **ret_list, size_t *ret_count,
             struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(kafka, 0, NULL, &metadata, timeout_ms);

    if (code)
        return error_set(err, FAULT_CLUSTER, kafka_fault_name(code), "%s", kafka_fault_text(code));
    *ret_count = (size_t)metadata->broker_cnt;
    *ret_list = xcalloc(*ret_count + 1, sizeof **ret_list);
    for (size_t i = 0; i < *ret_count; i++) {
        const rd_kafka_metadata_broker_t *broker = &metadata->brokers[i];
        (*ret_list)[i].id = broker->id;
        snprintf((*ret_list)[i].address, sizeof(*ret_list)[i].address, "%s:%d", broker->host,
                 broker->port);
    }
    rd_kafka_metadata_destroy(metadata);
    return true;
}

// Sends the question to one broker; its answer comes to the queue with the broker's number.
static void
ask_broker(rd_kafka_t *kafka, int id, size_t number, int timeout_ms, rd_kafka_queue_t *queue)
{
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    char name[16], reason[256];

    snprintf(name, sizeof name, "%d", id);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, name);
    // On refusal the default time-out stays, which is one too.
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, reason, sizeof reason);
    rd_kafka_AdminOptions_set_opaque(options, (void *)(uintptr_t)number);
    rd_kafka_DescribeConfigs(kafka, &resource, 1, options, queue);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_AdminOptions_destroy(options);
}

// librdkafka gives up such a question with one of these; whatever else came is from the broker.
static bool
is_silence(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE ||
           code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__DESTROY;
}

// Waits for the answers. What librdkafka says of connections meanwhile comes by the poll.
static void
await_answers(struct producer *producer, rd_kafka_queue_t *queue, struct broker_facts *list,
              size_t count, int timeout_ms)
{
    struct mono deadline = mono_add_ms(mono_now(), timeout_ms);

    for (size_t reported = 0; reported < count && !mono_passed(deadline);) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, POLL_MS);
        producer_poll(producer, 0);
        if (event == NULL)
            continue;
        const size_t number = (size_t)(uintptr_t)rd_kafka_event_opaque(event);
        list[number].answers = !is_silence(rd_kafka_event_error(event));
        reported++;
        rd_kafka_event_destroy(event);
    }
}

static void
explain_silence(const struct producer *producer, struct broker_facts *facts, int timeout_ms)
{
    const char *said = producer_last_text(producer);

    if (strstr(said, facts->address) != NULL)
        snprintf(facts->why_not, sizeof facts->why_not, "%s", said);
    else
        snprintf(facts->why_not, sizeof facts->why_not, "no answer within %d ms", timeout_ms);
}

bool
broker_facts_read(struct producer *producer, int timeout_ms, struct broker_facts **ret_list,
                  size_t *ret_count, struct error *err)
{
    rd_kafka_t *kafka = producer_kafka(producer);
    struct broker_facts *list = NULL;
    size_t count = 0;

    if (!list_brokers(kafka, timeout_ms, &list, &count, err))
        return false;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    for (size_t i = 0; i < count; i++)
        ask_broker(kafka, list[i].id, i, timeout_ms, queue);
    await_answers(producer, queue, list, count, timeout_ms);
    rd_kafka_queue_destroy(queue);
    for (size_t i = 0; i < count; i++)
        if (!list[i].answers)
            explain_silence(producer, &list[i], timeout_ms);
    *ret_list = list;
    *ret_count = count;
    return true;
}
