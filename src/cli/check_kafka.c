// SPDX-License-Identifier: Apache-2.0
//
// What `check` sees in Kafka, with the relay's own client and login. It sends nothing and makes no
// topic.
#include "check.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/broker/broker_facts.h"
#include "outrider/broker/topic_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ANSWER_MS = 5000 };

// What the brokers must have of a topic for a message to be written, and kept.
static void
check_replicas(const struct topic_facts *facts, const char *brokers, struct findings *findings)
{
    const char *name = facts->name;
    const int least = facts->min_in_sync;
    char number[3][16];

    snprintf(number[0], sizeof number[0], "%d", facts->replicas);
    snprintf(number[1], sizeof number[1], "%d", least);
    snprintf(number[2], sizeof number[2], "%d", facts->replicas > 2 ? 2 : 1);
    if (least > facts->replicas) {
        FIND(findings, FINDING_MIN_INSYNC_ABOVE, name, number[0], number[1], brokers, number[2]);
        return;
    }
    if (least == 1 && facts->replicas > 1)
        FIND(findings, FINDING_MIN_INSYNC_ONE, name, number[0], brokers);
    snprintf(number[0], sizeof number[0], "%d", facts->in_sync);
    if (facts->in_sync < least && facts->without_leader == 0)
        FIND(findings, FINDING_IN_SYNC_TOO_FEW, name, number[0], number[1], brokers);
}

// A batch is limited by message.max.bytes too, whatever batch.size says.
static void
check_limit(const struct topic_facts *facts, const char *brokers, const struct check_sizes *sizes,
            struct findings *findings)
{
    enum { ROOM = 1024 }; // for key and headers, in a proposal
    const bool batch = sizes->batch_bytes > sizes->max_message_bytes;
    char limit[24], sends[24], payload[24], proposal[24];

    snprintf(limit, sizeof limit, "%" PRId64, facts->max_message_bytes);
    snprintf(sends, sizeof sends, "%" PRId64, sizes->max_message_bytes);
    snprintf(payload, sizeof payload, "%" PRId64, sizes->payload_bytes);
    snprintf(proposal, sizeof proposal, "%" PRId64, sizes->payload_bytes + ROOM);
    if (facts->max_message_bytes < sizes->max_message_bytes)
        FIND(findings, FINDING_TOPIC_LIMIT, facts->name, limit, sends,
             batch ? "message.max.bytes, which also limits batch.size" : "message.max.bytes",
             brokers, sends);
    if (facts->max_message_bytes < sizes->payload_bytes)
        FIND(findings, FINDING_PAYLOAD_ABOVE_TOPIC, facts->name, payload, limit, brokers, proposal);
}

// A topic's limit for records whose time is ahead of the broker's clock, or behind it. A record has
// this host's time, and that of the moment when it began to wait for its broker. Where this host's
// clock is the cause, the topic is well and no command changes it.
static void
check_time_limit(const struct topic_facts *facts, const char *brokers,
                 const struct check_sizes *sizes, bool ahead, struct findings *findings)
{
    const int64_t clock_ms = sizes->clock_ahead_us / 1000;
    const int64_t most_ms = ahead ? facts->most_ahead_ms : facts->most_behind_ms;
    const bool clock_is_off = (ahead ? clock_ms : -clock_ms) > most_ms;
    const int64_t least_ms = ahead ? WALL_TOLERANCE_US / 1000 : sizes->window_deadline_ms;
    struct text why __attribute__((cleanup(text_free))) = {0};
    struct text command __attribute__((cleanup(text_free))) = {0};
    char limit[24];

    if (clock_is_off)
        text_appendf(&why, "this host's clock is %.1f s %s that of PostgreSQL",
                     (double)llabs(sizes->clock_ahead_us) / 1e6, ahead ? "ahead of" : "behind");
    else if (most_ms < least_ms)
        text_append(&why, ahead ? "clocks that are kept right may differ by more"
                                : "a message may wait longer for its broker "
                                  "(outbox.window_deadline)");
    else
        return;
    snprintf(limit, sizeof limit, "%" PRId64, most_ms);
    if (!clock_is_off)
        text_appendf(&command,
                     "kafka-configs.sh --bootstrap-server %s --alter --entity-type topics "
                     "--entity-name %s --add-config message.timestamp.type=LogAppendTime",
                     brokers, facts->name);
    FIND(findings, FINDING_TOPIC_TIME_LIMIT, facts->name, limit, ahead ? "ahead of" : "behind",
         ahead ? facts->ahead_setting : facts->behind_setting, text_str(&why), text_str(&command));
}

void
check_topic_facts(const struct topic_facts *facts, const char *brokers,
                  const struct check_sizes *sizes, struct findings *findings)
{
    char without[16], partitions[16];

    if (!facts->exists) {
        FIND(findings, FINDING_TOPIC_MISSING, facts->name, brokers);
        return;
    }
    snprintf(without, sizeof without, "%d", facts->without_leader);
    snprintf(partitions, sizeof partitions, "%d", facts->partitions);
    if (facts->without_leader > 0)
        FIND(findings, FINDING_TOPIC_LEADER, facts->name, without, partitions, brokers);
    if (facts->replicas == 1)
        FIND(findings, FINDING_REPLICATION_ONE, facts->name, brokers);
    if (!facts->described) {
        struct text why __attribute__((cleanup(text_free))) = {0};
        text_appendf(&why,
                     "topic %s: the brokers do not tell its settings: %s (DescribeConfigs on "
                     "the topic would let this login see them)",
                     facts->name, facts->why_not.text);
        findings_skip_topic(findings, FINDING_TOPIC_LIMIT, facts->name, text_str(&why));
        findings_skip_topic(findings, FINDING_MIN_INSYNC_ABOVE, facts->name, text_str(&why));
        findings_skip_topic(findings, FINDING_MIN_INSYNC_ONE, facts->name, text_str(&why));
        findings_skip_topic(findings, FINDING_TOPIC_TIME_LIMIT, facts->name, text_str(&why));
        return;
    }
    check_replicas(facts, brokers, findings);
    check_limit(facts, brokers, sizes, findings);
    check_time_limit(facts, brokers, sizes, true, findings);
    check_time_limit(facts, brokers, sizes, false, findings);
}

// Names that Kafka does not take are told already, and are no question to a broker.
static size_t
list_topics(const struct check_topics *topics, struct topic_facts *facts, int64_t *payloads)
{
    size_t count = 0;

    for (size_t i = 0; i < topics->count; i++) {
        if (topic_name_problem(topics->topics[i].name) != NULL)
            continue;
        facts[count] = (struct topic_facts){.name = topics->topics[i].name};
        payloads[count++] = topics->topics[i].payload_bytes;
    }
    return count;
}

static bool
check_brokers(struct producer *producer, const char *bootstrap, struct findings *findings,
              struct error *err)
{
    struct broker_facts *list;
    size_t count;
    char id[16];

    if (!broker_facts_read(producer, ANSWER_MS, &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof id, "%d", list[i].id);
        if (!list[i].answers)
            FIND(findings, FINDING_BROKER_ASTRAY, bootstrap, id, list[i].address, list[i].why_not);
    }
    free(list);
    return true;
}

void
check_kafka(const struct settings *settings, const struct check_topics *topics,
            struct findings *findings)
{
    AUTOFREE char *brokers = producer_effective_property(&settings->producer, "bootstrap.servers");
    AUTOFREE struct topic_facts *facts = xcalloc(topics->count + 1, sizeof *facts);
    AUTOFREE int64_t *payloads = xcalloc(topics->count + 1, sizeof *payloads);
    const size_t count = list_topics(topics, facts, payloads);
    struct check_sizes sizes = {
        .max_message_bytes = check_property_number(settings, "message.max.bytes"),
        .batch_bytes = check_property_number(settings, "batch.size"),
        .clock_ahead_us = topics->clock_ahead_us,
        .window_deadline_ms = settings->relay.window_deadline_ms,
    };
    struct producer *producer = NULL;
    struct text word __attribute__((cleanup(text_free))) = {0};
    struct error err;

    text_append_shell_word(&word, brokers);
    if (producer_open(&settings->producer, &producer, &err) &&
        producer_probe(producer, ANSWER_MS, &err) &&
        check_brokers(producer, brokers, findings, &err) &&
        topic_facts_read(producer, facts, count, ANSWER_MS, &err)) {
        for (size_t i = 0; i < count; i++) {
            if (payloads[i] == CHECK_ONLY_SENT && !facts[i].exists)
                continue;
            sizes.payload_bytes = payloads[i];
            check_topic_facts(&facts[i], text_str(&word), &sizes, findings);
        }
    } else {
        FIND(findings, FINDING_KAFKA_AWAY, err.text);
    }
    producer_close(producer);
}
