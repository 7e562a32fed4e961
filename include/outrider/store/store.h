// SPDX-License-Identifier: Apache-2.0
// The outbox table in PostgreSQL: one connection, one transaction a window.
//
// Source of the rules: PostgreSQL's manual, "Explicit Locking", "Transaction Isolation",
// "Pipeline Mode". Every call has a client-side deadline beside the server's statement_timeout.
// After an error the connection is unusable for the window: close it, or roll back.
#ifndef OUTRIDER_STORE_STORE_H
#define OUTRIDER_STORE_STORE_H

#include "outrider/base/bytes.h"
#include "outrider/base/error.h"
#include "outrider/model/batch.h"
#include "outrider/model/columns.h"
#include "outrider/model/refusals.h"
#include "outrider/model/template.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STORE_IDLE_IN_TRANSACTION_MS = 30000, // how long a frozen relay can keep its claim
    STORE_CLIENT_GRACE_MS = 2000,         // what a call waits beyond statement_timeout
    STORE_LONG_GRACE_MS = 60000,          // and after store_wait_longer
    STORE_SLOTS_MAX = 64,
    STORE_GID_SIZE = 200, // of a prepared transaction: PostgreSQL's GIDSIZE
};

enum ordering { ORDERING_KEY, ORDERING_NONE };
enum on_published { ON_PUBLISHED_MARK, ON_PUBLISHED_DELETE };

struct store_settings {
    const char *dsn;        // libpq conninfo or URI; a secret
    const char *direct_dsn; // NULL: dsn; schema commands use it
    const char *application_name;
    bool standby_will_do;   // when no server takes writes; unless the DSN says otherwise
    int connect_timeout_ms; // for all hosts of a DSN together
    int statement_timeout_ms;
    int lock_timeout_ms;
    const char *table; // table or schema.table, each part bare or "quoted", case kept
    const char *columns[COLUMN_COUNT]; // mapped names; NULL: outrider's own name
    enum ordering ordering;
    enum on_published on_published;
    int max_retries;
    struct template topic; // of a message, for claims that leave out blocked topics; borrowed
};

struct store;
struct text;

// Checks that a DSN can be parsed. The error text never quotes the DSN: libpq's own can print part
// of a password.
bool store_check_dsn(const char *dsn, struct error *err) __attribute__((warn_unused_result));

// Checks that the table name can be parsed.
bool store_check_table(const char *table, struct error *err) __attribute__((warn_unused_result));

// Connects and reads the table's shape. `abort` (may be NULL) ends every wait early when set.
// Errors: code is the SQLSTATE, or "CONNECT", "TIMEOUT", "TABLE" (not there, or a column is missing
// or of an impossible type).
bool store_open(const struct store_settings *settings, const atomic_bool *abort,
                struct store **ret_store, struct error *err) __attribute__((warn_unused_result));
void store_close(struct store *store);

int store_version(const struct store *store); // the table's version, 1 or 2
// How much of the queue can be sent side by side: claims are of one slot each, 0 to store_slots
// - 1. An aggregate's rows are all in one. 1 on version 1, and with ordering: none.
int store_slots(const struct store *store);
int store_server_pid(const struct store *store); // the backend's pid

// Which table the name leads to, and how the columns are defined that are used. What was learnt of
// one table says nothing about another; a table whose definition changed is read anew.
struct store_table {
    uint32_t oid;
    int64_t definition; // a hash of it
    char
        identity[40]; // the version table's, "": none. A table restored or applied anew has another
};
const struct store_table *store_table(const struct store *store);

struct claim {
    int slot;
    struct position after;    // rows behind it only
    struct position since;    // where the window's first claim began
    struct position until;    // rows up to it, itself too; POSITION_LAST: all
    int limit;                // rows
    size_t batch_bytes;       // sum of the rows' sizes; the first row always fits
    size_t max_row_bytes;     // the texts of a larger row do not travel
    const struct bytes *held; // aggregate ids that are passed over
    size_t held_count;
    bool waiting; // some row waits for its next attempt (version 2): its followers are passed over
    const struct bytes *blocked; // topics that are passed over
    size_t blocked_count;
};

// What a claim met instead of rows.
enum claim_met {
    CLAIM_MET_NOTHING,    // it brought its rows
    CLAIM_MET_LOCK,       // a row that another session holds locked: claim by store_claim_around
    CLAIM_MET_UNREADABLE, // a row whose values PostgreSQL cannot read: claim by store_claim_apart
    CLAIM_MET_SLOW,       // statement_timeout: maybe a row is slow to read; also store_claim_apart
    CLAIM_NOT_MADE,       // the marks in front of it were refused first: claim by store_claim
};

// The slot's rows that wait for their next attempt, as a set.
struct heads {
    int64_t count;
    int64_t lowest; // the first one's seq, when there is one
    int64_t mix;    // differs, as good as always, when the set does
};

// What a window's or a poll's first statements saw.
struct view {
    bool
        active; // this lane holds the slot (or shares it); false: another does, nothing was claimed
    bool changed; // the table, its definition, version or slots did: roll back, store_refresh,
                  // begin anew
    struct heads heads;
    bool due; // some waiting row's time has come; the first is just behind `due_after`
    struct position due_after;
    uint64_t xmin; // pg_snapshot_xmin: every transaction before it has ended
    uint64_t xmax; // pg_snapshot_xmax: no transaction from it on had ended
    // Of a window: the last number that the sequence had drawn by then; INT64_MAX: not known, or
    // version 1. A row of a transaction before xmin whose seq is above it was numbered by a writer.
    int64_t last_number;
};

// From now on a call waits STORE_LONG_GRACE_MS beyond statement_timeout, or (longer: false) as
// usual. The server looks at its own limit between two values only, and one value of 1 GB takes it
// seconds.
void store_wait_longer(struct store *store, bool longer);

// Begins the window's transaction: locks, view, and the first claim in one round trip. The later
// claims of the window are of the same slot.
// wait_for_slot: waits up to lock_timeout for the slot instead of trying it.
// ret_batch is empty unless view.active and the claim met nothing (`*ret_met`).
bool store_begin(struct store *store, const struct claim *claim, bool wait_for_slot,
                 struct view *ret_view, struct batch *ret_batch, enum claim_met *ret_met,
                 struct error *err) __attribute__((warn_unused_result));

// Appends the plan that such a claim would get now, a line a node (EXPLAIN). Outside a window;
// locks no row.
bool store_explain_claim(struct store *store, const struct claim *claim, struct text *plan,
                         struct error *err) __attribute__((warn_unused_result));

// The next claim of the window.
bool store_claim(struct store *store, const struct claim *claim, struct batch *ret_batch,
                 enum claim_met *ret_met, struct error *err) __attribute__((warn_unused_result));

// The claim that shows its holes: rows that somebody else holds locked come back with taken =
// false.
bool store_claim_around(struct store *store, const struct claim *claim, struct batch *ret_batch,
                        enum claim_met *ret_met, struct error *err)
    __attribute__((warn_unused_result));

// The claim row by row, up to the first row that PostgreSQL cannot read, or not within
// statement_timeout: that one ends the batch, with the outcome that says why, unless it is one of
// `known`, which are passed over. Locked rows are shown as holes. A row that is slow to read is a
// batch of its own. The claim was tried, and met one of these things.
bool store_claim_apart(struct store *store, const struct claim *claim,
                       const struct message_id *known, size_t known_count, struct batch *ret_batch,
                       struct error *err) __attribute__((warn_unused_result));

// Marks an earlier batch (as store_mark does; count may be 0) and makes the next claim in one round
// trip. store_ahead sends, then the caller does something else while the server works;
// store_ahead_answers waits for both. Nothing else may be asked in between, and `marks` is borrowed
// until then.
bool store_ahead(struct store *store, const struct message_id *marks, size_t count,
                 const struct claim *claim, struct error *err) __attribute__((warn_unused_result));
bool store_ahead_answers(struct store *store, struct refusals *ret_refused, struct batch *ret_batch,
                         enum claim_met *ret_met, struct error *err)
    __attribute__((warn_unused_result));

// Who holds a row's lock: a backend, or a prepared transaction, which is no backend's any more.
// Neither when the lock is gone by now.
struct lock_holder {
    int pid;
    char gid[STORE_GID_SIZE];
};
bool store_lock_holder(struct store *store, const struct message_id *id,
                       struct lock_holder *ret_holder, struct error *err)
    __attribute__((warn_unused_result));

// How far this host's wall clock is ahead of the server's, in microseconds (behind: negative), as
// wall_ahead_us says. Within a window; a failure leaves its transaction as it was.
bool store_clock_ahead(struct store *store, int64_t *ret_ahead_us, struct error *err) MUST_CHECK;

// Marks (or deletes) acknowledged rows, as one set. When PostgreSQL refuses the set, it
// is halved, down to the rows that are refused alone, and these are added to ret_refused; with them
// all others where no row that was tried can be marked, or when it takes longer than a statement
// may. The refusals are sorted.
bool store_mark(struct store *store, const struct message_id *ids, size_t count,
                struct refusals *ret_refused, struct error *err)
    __attribute__((warn_unused_result));

// Marks (or deletes) rows before their messages are sent: whatever keeps PostgreSQL from marking,
// deferred constraints included, shows before a copy is out. store_unmark takes it back, with
// everything since. Refusals as of store_mark.
bool store_mark_first(struct store *store, const struct message_id *ids, size_t count,
                      struct refusals *ret_refused, struct error *err)
    __attribute__((warn_unused_result));
bool store_unmark(struct store *store, struct error *err) __attribute__((warn_unused_result));

// Whose fault is it that no row of a set could be marked? Marks some other waiting rows, and takes
// that back.
enum mark_trial {
    MARK_TRIAL_GOOD,    // another row can be marked
    MARK_TRIAL_REFUSED, // others are refused too: the table refuses, or this role
    MARK_TRIAL_NONE,    // no other row waits
};
bool store_try_mark(struct store *store, const struct refusals *refused, enum mark_trial *ret_trial,
                    struct error *err) __attribute__((warn_unused_result));

struct failure {
    struct message_id id;
    int64_t delay_ms; // until the next attempt (version 2 keeps it in the row)
    bool dead;        // at once: no attempt can heal it
    bool postponed;   // version 2: it waits, and no attempt is counted
    bool spent;       // dead, and a reason that the row has already stays
    const char *error_class;
    const char *code; // the text's place is taken by it in a column that refuses the text
    const char *text;
};

// Counts an attempt against each row that is not postponed; dead when that was the last one. A row
// whose failure cannot be written is added to ret_refused. check_constraints: deferred ones are
// checked at once, those of earlier statements too, so only where nothing was written before.
bool store_fail(struct store *store, const struct failure *failures, size_t count,
                bool check_constraints, struct refusals *ret_refused, struct error *err)
    __attribute__((warn_unused_result));

// Does the same and takes it back: could it be done?
bool store_try_fail(struct store *store, const struct failure *failures, size_t count,
                    struct refusals *ret_refused, struct error *err)
    __attribute__((warn_unused_result));

// What a round did that gives waiting rows a number.
struct numbering {
    int64_t rows; // that got one in this call
    bool over; // each row had its turn, or they cannot be looked for: a round can take many calls
    // Of the round up to now:
    int64_t refused;         // rows that were refused alone
    struct message_id first; // of these
    struct error why; // of the first one, or of a set that is being taken apart; code "": none
};

// Gives a number to each waiting row that has none that a claim could come upon (seq NULL, or the
// lowest of all), as if it were new. Between two windows; version 1 has no such rows. What the
// server refuses for one row costs the others nothing; "SHORT": the row was passed over without an
// error, "UNDONE": a trigger took its number away again. A row that another session holds locked
// has its turn in another round. False: the session is lost, or has given no sensible answer.
bool store_number_rows(struct store *store, struct numbering *ret_round, struct error *err)
    __attribute__((warn_unused_result));

// Between two windows: leaves of `ids` those whose rows are in the table and unpublished, in any
// order.
bool store_keep_unmarked(struct store *store, struct message_id *ids, size_t *count,
                         struct error *err) __attribute__((warn_unused_result));

// The statement that gives the waiting rows with a number above the sequence's one of the sequence;
// NULL on version 1. The store's, until store_refresh.
const char *store_renumbering(const struct store *store);

bool store_commit(struct store *store, struct error *err) __attribute__((warn_unused_result));
bool store_rollback(struct store *store, struct error *err) __attribute__((warn_unused_result));

// One statement without a BEGIN: is there anything to claim behind `after`, in each slot? claims,
// ret_found, ret_views: store_slots of each; `until` and the limits are the first claim's. A row
// that PostgreSQL cannot read counts as found in every slot: a window finds out which one it is.
// view.active means nothing here.
bool store_poll(struct store *store, const struct claim *claims, bool *ret_found,
                struct view *ret_views, struct error *err) __attribute__((warn_unused_result));

// Reads the table's shape and version again; statements that the server keeps are forgotten.
bool store_refresh(struct store *store, struct error *err) __attribute__((warn_unused_result));

#endif
