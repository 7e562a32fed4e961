// SPDX-License-Identifier: Apache-2.0
//
// What `check` sees in the configuration alone. What contradicts itself in any case is refused when
// the configuration is read; here is what may be meant so, and seldom is.
#include "check.h"

#include "outrider/base/xalloc.h"
#include "outrider/broker/topic_name.h"
#include "outrider/config/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    POD_STOP_MS = 30000, // terminationGracePeriodSeconds
    KIB = 1024,
};

void
check_topics_add(struct check_topics *topics, const char *name, int64_t payload_bytes)
{
    for (size_t i = 0; i < topics->count; i++) {
        struct check_topic *topic = &topics->topics[i];
        if (str_equal(topic->name, name)) {
            if (topic->payload_bytes < payload_bytes)
                topic->payload_bytes = payload_bytes;
            return;
        }
    }
    topics->topics = xreallocarray(topics->topics, topics->count + 1, sizeof *topics->topics);
    topics->topics[topics->count++] = (struct check_topic){xstrdup(name), payload_bytes};
}

void
check_topics_free(struct check_topics *topics)
{
    for (size_t i = 0; i < topics->count; i++)
        free(topics->topics[i].name);
    free(topics->topics);
    *topics = (struct check_topics){0};
}

void
check_configured_topics(const struct settings *settings, struct check_topics *topics)
{
    const struct template *topic = &settings->relay.envelope.topic;
    const char *dead = settings->relay.dead_topic;

    if (topic->count == 1 && topic->parts[0].literal != NULL)
        check_topics_add(topics, topic->parts[0].literal, 0);
    if (dead != NULL)
        check_topics_add(topics, dead, 0);
}

static bool
is_allowed(const struct envelope_settings *envelope, const char *topic)
{
    for (size_t i = 0; i < envelope->topics_allow_count; i++)
        if (glob_match(envelope->topics_allow[i], topic))
            return true;
    return false;
}

void
check_topic_name(const struct settings *settings, const char *name, struct findings *findings)
{
    const char *problem = topic_name_problem(name);

    if (problem != NULL)
        FIND(findings, FINDING_TOPIC_NAME, name, problem);
    else if (!str_equal(name, settings->relay.dead_topic) &&
             !is_allowed(&settings->relay.envelope, name))
        FIND(findings, FINDING_TOPIC_NOT_ALLOWED, name);
}

int64_t
check_property_number(const struct settings *settings, const char *name)
{
    AUTOFREE char *value = producer_effective_property(&settings->producer, name);
    int64_t number;

    return value != NULL && parse_integer(value, &number) ? number : 0;
}

static void
check_times(const struct settings *settings, struct findings *findings)
{
    struct text stop __attribute__((cleanup(text_free))) = {0};

    format_duration(&stop, settings->relay.stop_timeout_ms);
    if (settings->relay.stop_timeout_ms >= POD_STOP_MS)
        FIND(findings, FINDING_STOP_TIMEOUT, text_str(&stop));
}

static void
check_sizes(const struct settings *settings, struct findings *findings)
{
    const int64_t message = check_property_number(settings, "message.max.bytes");
    const int64_t batch = check_property_number(settings, "batch.size");
    const int64_t queue = check_property_number(settings, "queue.buffering.max.kbytes");
    char number[4][24];

    snprintf(number[0], sizeof number[0], "%" PRId64, queue);
    snprintf(number[1], sizeof number[1], "%" PRId64, queue * KIB);
    snprintf(number[2], sizeof number[2], "%" PRId64, message);
    snprintf(number[3], sizeof number[3], "%" PRId64, batch);
    if (queue * KIB < message)
        FIND(findings, FINDING_QUEUE_SMALL, number[0], number[1], number[2]);
    if (batch > message && batch > 0)
        FIND(findings, FINDING_BATCH_ABOVE_MESSAGE, number[3], number[2]);
}

void
check_offline(const struct settings *settings, struct findings *findings)
{
    const struct template *topic = &settings->relay.envelope.topic;

    if (settings->store.ordering == ORDERING_KEY && settings->relay.envelope.key == COLUMN_ID)
        FIND(findings, FINDING_KEY_SCATTERS, NULL);
    if (topic->count == 1 && topic->parts[0].literal != NULL)
        check_topic_name(settings, topic->parts[0].literal, findings);
    check_times(settings, findings);
    check_sizes(settings, findings);
    check_protection(settings, findings);
}
