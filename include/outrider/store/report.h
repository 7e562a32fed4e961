// SPDX-License-Identifier: Apache-2.0
// What is in the table, for people: the backlog by topic, and what keeps rows there. On a session
// of its own.
#ifndef OUTRIDER_STORE_REPORT_H
#define OUTRIDER_STORE_REPORT_H

#include "outrider/base/error.h"
#include "outrider/model/template.h"
#include "outrider/store/session.h"
#include "outrider/store/slot_holder.h"
#include "outrider/store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report; // a session with the table's shape

// Borrows the settings' application_name.
bool report_open(const struct store_settings *settings, struct report **ret_report,
                 struct error *err) __attribute__((warn_unused_result));
// The same; `abort` ends every wait of the session early when set (code "ABORTED").
bool report_open_until(const struct store_settings *settings, const atomic_bool *abort,
                       struct report **ret_report, struct error *err)
    __attribute__((warn_unused_result));
void report_close(struct report *report);
int report_version(const struct report *report);
// In which relays work side by side; 1 with ordering: none. As of the latest question.
int report_slots(const struct report *report);

// Of no message, or of those whose created_at is infinite or NULL.
enum { BACKLOG_AGELESS = -1 };

struct backlog_topic {
    char *topic;
    int64_t messages; // not published and not dead
    int64_t spent;    // of these: without an attempt left, a relay makes them dead unsent
    int64_t dead;
    int64_t oldest_age_ms; // of the messages, or BACKLOG_AGELESS
};

struct backlog {
    struct backlog_topic *topics; // by topic name
    size_t count;
    int64_t messages;
    int64_t spent;
    int64_t dead;
    int64_t oldest_age_ms;
    bool capped; // counting stopped at the limit: the counts are lower bounds
};

// limit: rows counted at most, each of the unpublished and the dead; 0: all. Topics are rendered by
// the server from `topic`.
bool report_backlog(struct report *report, const struct template *topic, int64_t limit,
                    struct backlog *ret_backlog, struct error *err)
    __attribute__((warn_unused_result));
void backlog_free(struct backlog *backlog);

// Rows of the table since its statistics began, as the server counts them: a second late, and not
// on a standby.
struct activity {
    int64_t inserted, updated, deleted;
};

bool report_activity(struct report *report, struct activity *ret_activity, struct error *err)
    __attribute__((warn_unused_result));

// The dead of a topic that have the same reason.
struct dead_reason {
    char *topic;
    char *error_class;    // NULL: version 1 keeps none
    char *error;          // the beginning of the last error; NULL: version 1 keeps none
    int64_t messages;     // at least, when there are more dead than the limit
    int64_t last_dead_ms; // how long ago the last of them died; -1: version 1 does not know
};

struct dead_reasons {
    struct dead_reason *list; // the most frequent first
    size_t count;
};

// limit: dead rows (version 1: unpublished rows) looked at; most: reasons told.
bool report_dead_reasons(struct report *report, const struct template *topic, int64_t limit,
                         int most, struct dead_reasons *ret_reasons, struct error *err)
    __attribute__((warn_unused_result));
void dead_reasons_free(struct dead_reasons *reasons);

// Other sessions of our application_name in this database, by the host that they come from: other
// relays, most likely. The server shows them to sessions of the same role, or with
// pg_read_all_stats.
struct fellow {
    char *host; // an address; "local": by a Unix socket
    int64_t sessions;
    int64_t age_ms; // of the oldest
    bool works;     // one of them holds a slot of the table just now
};

struct fellows {
    struct fellow *list;
    size_t count;
};

// own_pids: of backends that are ours, as PostgreSQL's array of integers.
bool report_fellows(struct report *report, const char *own_pids, struct fellows *ret_fellows,
                    struct error *err) __attribute__((warn_unused_result));
void fellows_free(struct fellows *fellows);

// The position that covers every row visible now, for struct relay_goal's `until`; and how many
// rows are waiting up to it.
bool report_end(struct report *report, int64_t *ret_until, int64_t *ret_messages, struct error *err)
    __attribute__((warn_unused_result));

// What is left up to `until`, by reason: each row counts once.
struct remaining {
    int64_t messages; // all of those below
    int64_t waiting;  // for their next attempt (version 1: failed before)
    // Until the first of them is due; 0 when none will ever be, and on version 1.
    int64_t next_attempt_ms;
    int64_t locked;                  // another session holds the row's lock
    int locked_pid;                  // one who does, 0: none seen, or a prepared transaction
    char locked_gid[STORE_GID_SIZE]; // a prepared transaction that does; "": none
    int64_t held;    // ordering: key: behind a waiting or locked row of their aggregate
    int64_t blocked; // their topic is
    int64_t claimable;
};

// topic: of a row, as for report_backlog; blocked: the topics that relays found blocked.
bool report_remaining(struct report *report, int64_t until, const struct template *topic,
                      const char *const *blocked, size_t blocked_count,
                      struct remaining *ret_remaining, struct error *err)
    __attribute__((warn_unused_result));

// Only messages, waiting and next_attempt_ms, for less than half of the cost; all others count as
// claimable.
bool report_count(struct report *report, int64_t until, struct remaining *ret_remaining,
                  struct error *err) __attribute__((warn_unused_result));

// The session that keeps a relay of these settings from the table's slots just now: one that cannot
// be a relay before any other. Borrows nothing.
bool report_slot_holder(struct report *report, struct slot_holder *ret_holder, struct error *err)
    __attribute__((warn_unused_result));

#endif
