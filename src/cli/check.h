// SPDX-License-Identifier: Apache-2.0
// The three parts of `check`: what needs no server, PostgreSQL, Kafka.
#ifndef OUTRIDER_CLI_CHECK_H
#define OUTRIDER_CLI_CHECK_H

#include "findings.h"

#include "outrider/broker/topic_facts.h"
#include "outrider/config/settings.h"

#include <stdint.h>

// A topic that messages go to.
struct check_topic {
    char *name;
    int64_t payload_bytes; // the largest that waits for it; CHECK_ONLY_SENT: none will come, maybe
};

enum { CHECK_ONLY_SENT = -1 };

struct check_topics {
    struct check_topic *topics;
    size_t count;
    int64_t clock_ahead_us; // this host's, of PostgreSQL's (behind: negative); 0: not known
};

// Each name once.
void check_topics_add(struct check_topics *topics, const char *name, int64_t payload_bytes);
void check_topics_free(struct check_topics *topics);

// What of the configuration says itself where messages go: a template without columns, dead_topic.
void check_configured_topics(const struct settings *settings, struct check_topics *topics);

// Connections and files that are open to others; a part of check_offline.
void check_protection(const struct settings *settings, struct findings *findings);

// The same as lines of the log.
void check_log_unprotected(const struct settings *settings);

void check_offline(const struct settings *settings, struct findings *findings);

// Adds the topics of the rows that wait, and of those that were published.
void check_database(const struct settings *settings, int held_seconds, struct findings *findings,
                    struct check_topics *topics);

// The table as a lane opens it, for the two below; NULL when a lane could not work on it, which is
// found. To be closed.
struct store *check_open(const struct settings *settings, struct findings *findings);

// What PostgreSQL refuses of the relay's own statements. table: quoted, for remedies.
void check_trial(const struct settings *settings, struct store *store, const char *table,
                 struct findings *findings);

void check_kafka(const struct settings *settings, const struct check_topics *topics,
                 struct findings *findings);

// What the producer sends at most, the largest payload that waits for a topic, and the times of
// records.
struct check_sizes {
    int64_t max_message_bytes;
    int64_t batch_bytes;
    int64_t payload_bytes;
    int64_t clock_ahead_us;     // as of check_topics
    int64_t window_deadline_ms; // how long a record may wait before a broker looks at its time
};

// One topic that the cluster has told of. brokers: as a word for a shell.
void check_topic_facts(const struct topic_facts *facts, const char *brokers,
                       const struct check_sizes *sizes, struct findings *findings);

// Names that Kafka or the configuration refuses.
void check_topic_name(const struct settings *settings, const char *name, struct findings *findings);

// A property of librdkafka's that is a number; 0 when it is none.
int64_t check_property_number(const struct settings *settings, const char *name);

#endif
