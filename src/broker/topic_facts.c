// SPDX-License-Identifier: Apache-2.0
//
// What the cluster says of topics.
//
// All topics are asked for, because a question for one by name makes a broker with
// auto.create.topics.enable create it. Settings come by the admin API (DescribeConfigs), which a
// login may be refused while it may produce: then what is known stays known, and the reason is
// kept.
#include "outrider/broker/topic_facts.h"

#include "kafka_fault.h"
#include "producer_private.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>

static struct topic_facts *
find(struct topic_facts *topics, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(topics[i].name, name))
            return &topics[i];
    return NULL;
}

static void
note_partitions(struct topic_facts *facts, const rd_kafka_metadata_topic_t *topic)
{
    facts->exists = topic->err == RD_KAFKA_RESP_ERR_NO_ERROR ||
                    topic->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    facts->partitions = topic->partition_cnt;
    for (int i = 0; i < topic->partition_cnt; i++) {
        const rd_kafka_metadata_partition_t *partition = &topic->partitions[i];
        facts->without_leader += partition->leader < 0;
        if (i == 0 || partition->replica_cnt < facts->replicas)
            facts->replicas = partition->replica_cnt;
        if (i == 0 || partition->isr_cnt < facts->in_sync)
            facts->in_sync = partition->isr_cnt;
    }
}

static bool
read_places(rd_kafka_t *kafka, struct topic_facts *topics, size_t count, int timeout_ms,
            struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(kafka, 1, NULL, &metadata, timeout_ms);

    if (code)
        return error_set(err, FAULT_CLUSTER, kafka_fault_name(code), "%s", kafka_fault_text(code));
    for (int i = 0; i < metadata->topic_cnt; i++) {
        struct topic_facts *facts = find(topics, count, metadata->topics[i].topic);
        if (facts != NULL)
            note_partitions(facts, &metadata->topics[i]);
    }
    rd_kafka_metadata_destroy(metadata);
    return true;
}

// A topic's limits for the times of records. Kafka before 3.6 has one limit for both directions.
static const struct {
    const char *setting;
    bool ahead, behind;
} time_limits[] = {
    {"message.timestamp.difference.max.ms", true, true},
    {"message.timestamp.after.max.ms", true, false},
    {"message.timestamp.before.max.ms", false, true},
};

static void
note_time_setting(struct topic_facts *facts, const char *name, const char *value)
{
    const int64_t ms = strtoll(value, NULL, 10);

    for (size_t i = 0; i < sizeof time_limits / sizeof time_limits[0]; i++) {
        if (!str_equal(name, time_limits[i].setting))
            continue;
        if (time_limits[i].ahead && ms < facts->most_ahead_ms) {
            facts->most_ahead_ms = ms;
            facts->ahead_setting = time_limits[i].setting;
        }
        if (time_limits[i].behind && ms < facts->most_behind_ms) {
            facts->most_behind_ms = ms;
            facts->behind_setting = time_limits[i].setting;
        }
    }
}

static void
note_settings(struct topic_facts *facts, const rd_kafka_ConfigResource_t *resource)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resource);

    if (code) {
        (void)error_set(&facts->why_not, FAULT_TOPIC, kafka_fault_name(code), "%s",
                        kafka_fault_text(code));
        return;
    }
    bool own_time = true; // of the producer, not of the broker
    for (size_t i = 0; i < count; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entries[i]);
        const char *value = rd_kafka_ConfigEntry_value(entries[i]);
        if (value == NULL)
            continue;
        if (str_equal(name, "max.message.bytes"))
            facts->max_message_bytes = strtoll(value, NULL, 10);
        else if (str_equal(name, "min.insync.replicas"))
            facts->min_in_sync = atoi(value);
        else if (str_equal(name, "message.timestamp.type"))
            own_time = !str_equal(value, "LogAppendTime");
        else
            note_time_setting(facts, name, value);
    }
    if (!own_time) {
        facts->most_ahead_ms = facts->most_behind_ms = INT64_MAX;
        facts->ahead_setting = facts->behind_setting = NULL;
    }
    facts->described = facts->max_message_bytes > 0 && facts->min_in_sync > 0;
}

static void
note_answer(struct topic_facts *topics, size_t count, rd_kafka_event_t *event)
{
    size_t answered = 0;
    const rd_kafka_ConfigResource_t **resources = NULL;
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;

    if (event != NULL)
        code = rd_kafka_event_error(event);
    if (!code)
        resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &answered);
    for (size_t i = 0; i < count; i++)
        if (code)
            (void)error_set(&topics[i].why_not, FAULT_CLUSTER, kafka_fault_name(code), "%s",
                            kafka_fault_text(code));
    for (size_t i = 0; i < answered; i++) {
        struct topic_facts *facts = find(topics, count, rd_kafka_ConfigResource_name(resources[i]));
        if (facts != NULL)
            note_settings(facts, resources[i]);
    }
}

// The settings of the topics that are there.
static void
read_settings(rd_kafka_t *kafka, struct topic_facts *topics, size_t count, int timeout_ms)
{
    AUTOFREE rd_kafka_ConfigResource_t **resources = xcalloc(count + 1, sizeof(void *));
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka);
    char reason[256];
    size_t asked = 0;

    for (size_t i = 0; i < count; i++)
        if (topics[i].exists)
            resources[asked++] =
                rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topics[i].name);
    // On refusal the default time-out stays, which is one too.
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, reason, sizeof reason);
    if (asked > 0) {
        rd_kafka_DescribeConfigs(kafka, resources, asked, options, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms);
        note_answer(topics, count, event);
        if (event != NULL)
            rd_kafka_event_destroy(event);
    }
    rd_kafka_ConfigResource_destroy_array(resources, asked);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
}

bool
topic_facts_read(struct producer *producer, struct topic_facts *topics, size_t count,
                 int timeout_ms, struct error *err)
{
    rd_kafka_t *kafka = producer_kafka(producer);

    for (size_t i = 0; i < count; i++)
        topics[i] = (struct topic_facts){
            .name = topics[i].name, .most_ahead_ms = INT64_MAX, .most_behind_ms = INT64_MAX};
    if (!read_places(kafka, topics, count, timeout_ms, err))
        return false;
    read_settings(kafka, topics, count, timeout_ms);
    return true;
}
