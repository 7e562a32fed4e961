// SPDX-License-Identifier: Apache-2.0
//
// What to do about a warning or an error, in a line for a phone.
//
// By the code first, which says most, then by the event. docs/running.md has the long form.
#include "recent.h"

#include "outrider/base/text.h"

struct hint {
    const char *name;
    const char *text;
};

// SQLSTATEs, Kafka's names and words of outrider's own.
static const struct hint codes[] = {
    {"28P01", "The password is wrong: correct database.dsn or its passfile, then reload."},
    {"28000", "The server's pg_hba.conf does not let this user or host in."},
    {"3D000", "The database does not exist: is database.dsn right?"},
    {"42501", "A right is missing: `outrider schema print` has the GRANTs that the relay needs."},
    {"42P01", "The table is not there: `outrider schema apply` makes it; is outbox.table right?"},
    {"53300", "PostgreSQL has no connection left: raise max_connections, or use a pooler."},
    {"53100", "The server's disk is full: free some space; the relay goes on by itself."},
    {"57P03", "PostgreSQL starts or stops; the relay goes on by itself."},
    {"57014",
     "A statement took longer than its time-out: locks, a missing vacuum, a row that is slow to "
     "read."},
    {"TABLE", "`outrider schema status` says what the table lacks."},
    {"KEY", "Set message.key to aggregate_id, or run `outrider schema apply --slots 1`."},
    {"SHORT", "A trigger, a rule or row security hides rows from the relay's UPDATE."},
    {"UNDONE", "A trigger sets published back, or inserts deleted rows again: drop or mend it."},
    {"SHARED_ID", "Rows share an id: give each its own, then make it unique (`outrider check`)."},
    {"NO_ANSWER",
     "Brokers answer, but acknowledge nothing: look at min.insync.replicas and replicas."},
    {"UNKNOWN_TOPIC_OR_PART", "Make the topic; its rows go by themselves then."},
    {"TOPIC_AUTHORIZATION_FAILED", "Grant the relay's user WRITE on the topic."},
    {"CLUSTER_AUTHORIZATION_FAILED", "Grant the relay's user IDEMPOTENT_WRITE on the cluster."},
    {"NOT_ENOUGH_REPLICAS", "The topic has too few replicas in sync: bring its brokers back."},
    {"NOT_ENOUGH_REPLICAS_AFTER_APPEND",
     "The topic has too few replicas in sync: bring its brokers back."},
    {"INVALID_TIMESTAMP", "A clock is wrong: `outrider check` says which, and the topics' limits."},
    {"INVALID_RECORD", "Does the topic refuse all rows? Look at its cleanup.policy and schema."},
    {"MSG_SIZE_TOO_LARGE", "Raise the topic's max.message.bytes and kafka.message.max.bytes."},
    {"TOO_LARGE", "Raise kafka.message.max.bytes and the topic's max.message.bytes."},
    {"TOPIC_NAME", "The template message.topic made a name that Kafka does not allow."},
    {"TOPIC_NOT_ALLOWED", "Add the topic to message.topics_allow, or correct the event type."},
    {"NOT_AN_OBJECT", "message.format metadata needs a JSON object as payload."},
    {"HEADERS", "The row's headers are no JSON object, or have a name that no header may have."},
    {"SASL_AUTHENTICATION_FAILED",
     "User, password or mechanism are wrong: correct kafka.*, then reload."},
    {"_AUTHENTICATION",
     "User, password or SASL mechanism are wrong: correct kafka.*, then reload."},
    {"_SSL", "TLS to Kafka failed: certificate, authority or host name."},
};

static const struct hint events[] = {
    {"kafka_unavailable", "Nothing, when it is an outage: the relay goes on by itself."},
    {"postgres_unavailable", "Nothing, when it is an outage: the relay goes on by itself."},
    {"window_failed", "What was acknowledged is kept; the rest goes again."},
    {"topic_blocked", "Its rows wait and cost nothing; it is tried again by itself."},
    {"topics_blocked_limit", "Does message.topic make a topic of every id?"},
    {"relay_paused", "SIGUSR2 lets it go on: systemctl kill -s USR2 outrider."},
    {"message_dead", "See the dead letters above: correct the cause, then `outrider dead retry`."},
    {"mark_refused",
     "A constraint or a trigger refuses or undoes the row's mark: docs/runbook.md."},
    {"failure_unwritten", "A constraint or a trigger refuses the row's attempt: docs/runbook.md."},
    {"message_failed", "It is tried again by itself."},
    {"rows_locked", "End the transaction when it is stuck: by its pid, or a prepared one by "
                    "ROLLBACK PREPARED or COMMIT PREPARED."},
    {"slot_taken", "A session that is no relay keeps messages waiting: `remedy` ends it."},
    {"claim_slow", "Rows are slow to read: `outrider check` names them (row-slow)."},
    {"refusal_doubted", "Does the topic refuse all rows? Look at its cleanup.policy and schema."},
    {"row_number_ahead",
     "A writer sets seq itself, or rows were copied without their sequence: run the statement of "
     "outrider check."},
    {"rows_unnumbered", "Let the relay's role UPDATE seq, or mend what the error names."},
    {"table_version_1", "`outrider schema apply` brings version 2."},
    {"lanes_without_slots", "`outrider schema apply --slots N`, or fewer outbox.lanes."},
    {"stalled", "docs/running.md, \"An incident\", says how to find the cause."},
    {"config_error", "Correct the file, then reload again."},
    {"reload_failed", "The configuration before it stays in force."},
    {"sample_failed", "Relaying does not depend on it; the figures of the table are missing."},
};

static const char *
find(const struct hint *hints, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(hints[i].name, name))
            return hints[i].text;
    return NULL;
}

const char *
recent_hint(const struct recent *recent)
{
    const char *hint = find(codes, sizeof codes / sizeof codes[0], recent->code);

    return hint != NULL ? hint : find(events, sizeof events / sizeof events[0], recent->event);
}
