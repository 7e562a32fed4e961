// SPDX-License-Identifier: Apache-2.0
// Questions about server and table whose answers `outrider check` judges. On a session of its own,
// read-only, with no right but those of a relay.
#ifndef OUTRIDER_STORE_INSPECT_H
#define OUTRIDER_STORE_INSPECT_H

#include "outrider/base/error.h"
#include "outrider/model/template.h"
#include "outrider/store/session.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stdint.h>

// What each answers stands in sql/store/inspect_<name>.sql. All but those of the second group
// answer with a row for each thing that is wrong, in texts; a first value of NULL says that it
// could not be looked at, and the second why.
enum inspect_question {
    INSPECT_NOTHING,
    INSPECT_STANDBY,
    INSPECT_SERVER,
    INSPECT_KIND,
    INSPECT_PERSISTENCE,
    INSPECT_IDENTITY,
    INSPECT_RIGHTS,
    INSPECT_SCHEMAS,
    INSPECT_ROW_SECURITY,
    INSPECT_TRIGGERS,
    INSPECT_RULES,
    INSPECT_REFERENCES,
    INSPECT_UNPUBLISHED_INDEX,
    INSPECT_INVALID_INDEXES,
    INSPECT_SEQUENCE_CACHE,
    INSPECT_UNORDERED,
    INSPECT_NUMBERS_AHEAD,
    INSPECT_POSTPONED,
    INSPECT_AUTOVACUUM,
    INSPECT_TIMEOUTS,
    INSPECT_CONNECTIONS,
    INSPECT_ACTIVITY,
    INSPECT_PREPARED,
    INSPECT_REPLICATION_SLOTS,

    INSPECT_COLUMNS,     // name, type, is it NOT NULL?
    INSPECT_CLOCK,       // wall clock in Unix microseconds
    INSPECT_PID,         // of the backend
    INSPECT_PAYLOADS,    // topic, largest payload in bytes, rows: of the first that wait
    INSPECT_SENT_TOPICS, // topics of published rows
    INSPECT_QUESTIONS,
};

// What the answers are judged by. Borrowed.
struct inspect_by {
    const struct template *topic; // of a row
    int held_seconds;             // a transaction open for so long holds back vacuum
    int lanes;
    int window_deadline_ms;
    int64_t longest_wait_ms; // that a relay lets a row wait for its next attempt
    bool purges;             // published rows are deleted after a while
};

struct inspect;

// The session, and the table's shape: errors as of report_open.
bool inspect_open(const struct store_settings *settings, const struct inspect_by *by,
                  struct inspect **ret_inspect, struct error *err) MUST_CHECK;
void inspect_close(struct inspect *inspect);

int inspect_version(const struct inspect *inspect);

bool inspect_ask(struct inspect *inspect, enum inspect_question question,
                 struct session_result **ret_result, struct error *err) MUST_CHECK;

// INSPECT_PAYLOADS, without what cannot be read of a row. Of the i-th row that was found so, its
// id, and why; NULL: there are no more.
bool inspect_payloads(struct inspect *inspect, struct session_result **ret_result,
                      struct error *err) MUST_CHECK;
const char *inspect_unreadable(const struct inspect *inspect, size_t i, const char **ret_why);

// Is there a pooler between this session and the server?
bool inspect_pooled(struct inspect *inspect, bool *ret_pooled, struct error *err) MUST_CHECK;

#endif
