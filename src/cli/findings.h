// SPDX-License-Identifier: Apache-2.0
// What `check` can find, THE table of it, and what it found.
#ifndef OUTRIDER_CLI_FINDINGS_H
#define OUTRIDER_CLI_FINDINGS_H

#include "outrider/base/text.h"
#include "outrider/store/inspect.h"

#include <stdbool.h>
#include <stddef.h>

// In the order in which they are looked for and told.
enum finding {
    // The configuration by itself:
    FINDING_KEY_SCATTERS,
    FINDING_TOPIC_NOT_ALLOWED,
    FINDING_TOPIC_NAME,
    FINDING_STOP_TIMEOUT,
    FINDING_QUEUE_SMALL,
    FINDING_BATCH_ABOVE_MESSAGE,
    FINDING_POSTGRES_PLAINTEXT,
    FINDING_POSTGRES_UNVERIFIED,
    FINDING_KAFKA_PLAINTEXT,
    FINDING_KAFKA_UNVERIFIED,
    FINDING_SECRET_READABLE,
    FINDING_PASSFILE_REFUSED,
    // PostgreSQL:
    FINDING_DATABASE_AWAY,
    FINDING_TABLE_MISSING,
    FINDING_VERSION_LOST,
    FINDING_POOLER_MODE,
    FINDING_POOLER_DIRECT,
    FINDING_DIRECT_AWAY,
    FINDING_READ_ONLY,
    FINDING_SERVER_OLD,
    FINDING_CLOCK_SKEW,
    FINDING_CLOCK_DRIFT,
    FINDING_TABLE_KIND,
    FINDING_TABLE_UNLOGGED,
    FINDING_COLUMN_MISSING,
    FINDING_COLUMN_TYPE,
    FINDING_COLUMN_NULLABLE,
    FINDING_COLUMN_KIND,
    FINDING_COLUMN_DEFAULT,
    FINDING_ID_NOT_UNIQUE,
    FINDING_RIGHT_MISSING,
    FINDING_SCHEMA_WRITABLE,
    FINDING_ROW_SECURITY,
    FINDING_TRIGGER,
    FINDING_RULE,
    FINDING_RELAY_REFUSES,
    FINDING_WORK_REFUSED,
    FINDING_REFERENCED,
    FINDING_SCHEMA_VERSION,
    FINDING_SCHEMA_PENDING,
    FINDING_INDEX_MISSING,
    FINDING_INDEX_INVALID,
    FINDING_PLAN,
    FINDING_SEQUENCE_CACHE,
    FINDING_SLOT_KEY,
    FINDING_LANES_IDLE,
    FINDING_SLOT_TAKEN,
    FINDING_ROW_UNORDERED,
    FINDING_ROW_NUMBER_AHEAD,
    FINDING_ROW_POSTPONED,
    FINDING_AUTOVACUUM_OFF,
    FINDING_SERVER_TIMEOUT,
    FINDING_CONNECTION_LIMIT,
    FINDING_SNAPSHOT_HELD,
    FINDING_PREPARED_TRANSACTION,
    FINDING_REPLICATION_SLOT,
    FINDING_ROW_UNREADABLE,
    FINDING_ROW_SLOW,
    FINDING_PAYLOAD_TOO_LARGE,
    // Kafka:
    FINDING_KAFKA_AWAY,
    FINDING_BROKER_ASTRAY,
    FINDING_TOPIC_MISSING,
    FINDING_TOPIC_LEADER,
    FINDING_REPLICATION_ONE,
    FINDING_MIN_INSYNC_ABOVE,
    FINDING_MIN_INSYNC_ONE,
    FINDING_IN_SYNC_TOO_FEW,
    FINDING_TOPIC_LIMIT,
    FINDING_PAYLOAD_ABOVE_TOPIC,
    FINDING_TOPIC_TIME_LIMIT,
    FINDING_COUNT,
};

enum severity {
    SEVERITY_ERROR,   // it does not work, or a promise is broken
    SEVERITY_WARNING, // it works, but not as well, as long or as safely as it could
    SEVERITY_SKIPPED, // could not be looked at
};

// The texts are templates: {1} to {9} stand for what was found.
struct finding_kind {
    const char *code; // a promise to scripts
    enum severity severity;
    const char *title;              // for all cases
    const char *detail;             // what, and where
    const char *remedy;             // what to do
    const char *command;            // the same as a command, a line each; NULL: none
    enum inspect_question question; // whose rows are the cases, a value a placeholder
};

extern const struct finding_kind finding_kinds[FINDING_COUNT];

const char *severity_name(enum severity severity);

// What was found of one topic.
struct found_topic {
    char *name;
    char *detail;
    char *command; // NULL: none
};

struct found {
    enum finding finding;
    enum severity severity;     // the kind's, or SEVERITY_SKIPPED
    char *detail;               // skipped: why
    char *remedy;               // NULL when skipped
    char *command;              // NULL: none
    struct found_topic *topics; // about topics: each, the first of which the texts above are about
    size_t topic_count;
};

struct findings {
    struct found *found;
    size_t count;
};

enum { FINDING_VALUES = 9 };

// The values are copied; missing ones (NULL) are empty. What was found already is not told twice.
void findings_add(struct findings *findings, enum finding finding,
                  const char *const values[FINDING_VALUES]);
void findings_skip(struct findings *findings, enum finding finding, const char *why);

// The same of a topic: of several it is one finding.
void findings_skip_topic(struct findings *findings, enum finding finding, const char *topic,
                         const char *why);

// Is there one of the kind, other than skipped? Takes all such of a kind out again.
bool findings_has(const struct findings *findings, enum finding finding);
void findings_drop(struct findings *findings, enum finding finding);
void findings_free(struct findings *findings);

#define FIND(findings, finding, ...)                                                               \
    findings_add((findings), (finding), (const char *const[FINDING_VALUES]){__VA_ARGS__})

// How many have that severity.
size_t findings_count(const struct findings *findings, enum severity severity);

// For people, in 80 columns; and a JSON object a line.
void findings_append_text(struct text *out, const struct findings *findings);
void findings_append_json(struct text *out, const struct findings *findings);

// The reference: docs/check.md.
void findings_append_markdown(struct text *out);

#endif
