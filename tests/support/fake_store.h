// SPDX-License-Identifier: Apache-2.0
//
// A store over a table in memory, for the layer above it; stands in for the real one at link time
// (outrider/store/store.h), with tests/support/fake_table.c and journal.c. It keeps transactions
// and row locks, claims as the SQL does, and fails where a test says so. Several lanes may use it.
//
// Words in the journal: open close refresh poll begin claim around m<seq> f<seq> commit rollback,
// and for a row that is marked first M<seq> and unmark; try; apart; trial; x<seq> for a row whose
// write is refused.
#ifndef OUTRIDER_TESTS_SUPPORT_FAKE_STORE_H
#define OUTRIDER_TESTS_SUPPORT_FAKE_STORE_H

#include "outrider/store/listener.h"
#include "outrider/store/slot_holder.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_ROWS = 8192, FAKE_HOLDER_PID = 4711 };

struct fake_row {
    int64_t seq; // its position, also on version 1, where it is its created_at
    const char *aggregate;
    const char *event;     // NULL: "event"
    size_t payload_bytes;  // of a payload of so many 'x'; 0: "{}"
    uint32_t writer;       // the transaction that wrote it
    int64_t created_at_us; // 0: 1
    int retry_count;
    int64_t next_attempt_ms; // by fake_store.now_ms; 0: none
    bool published, dead;
    bool locked;     // by somebody else
    bool unreadable; // no claim can read it
    bool slow;       // no claim can read it in time
    bool unmarkable; // its mark is refused
    bool unwritable; // its failure is refused
    // Of a window in hand:
    const struct store *owner;
    bool marked, first, failed;
    struct failure failure;
};

enum fake_call {
    FAKE_OPEN,
    FAKE_REFRESH,
    FAKE_POLL,
    FAKE_BEGIN,
    FAKE_CLAIM,
    FAKE_AROUND,
    FAKE_APART,
    FAKE_HOLDER,
    FAKE_SLOT_HOLDER,
    FAKE_MARK, // also of a row that is marked first
    FAKE_UNMARK,
    FAKE_TRY,
    FAKE_TRY_MARK,
    FAKE_FAIL,
    FAKE_NUMBER,
    FAKE_KEEP_UNMARKED,
    FAKE_COMMIT,
    FAKE_ROLLBACK,
    FAKE_CLOCK,
    FAKE_LISTEN,
    FAKE_HEAR,
    FAKE_CALLS,
};

struct fake_store {
    int version;
    int64_t now_ms;
    uint64_t xmin, xmax;                  // of every snapshot
    int64_t last_number;                  // of the sequence; 0: not known
    int slots;                            // a row's is its aggregate's first letter, modulo
    struct store_table table;             // which one it is
    uint64_t slots_taken;                 // 1 << slot: by another relay
    struct slot_holder slot_holder;       // of each of them
    void (*on_call)(enum fake_call call); // runs before each call, without the lock
    struct fake_row rows[FAKE_ROWS];      // in the order of seq
    size_t count;
    int64_t clock_ahead_us; // of this host, by the server's clock
    const char *holder_gid; // of locks: a prepared transaction; NULL: a backend holds them
    int64_t lost;           // rows without a usable number
    bool notified;          // a notification is on its way to the listener
    const struct store *slot_owners[STORE_SLOTS_MAX]; // of a window in hand, with ordering: key
    struct {
        int skip, times;
        const char *code;
    } script[FAKE_CALLS]; // see fake_fail
    // What was seen:
    struct claim last_claim; // its lists are not kept
    int calls[FAKE_CALLS];
    int windows;                 // that had a slot
    int window[STORE_SLOTS_MAX]; // the number of the slot's last one
    int most_at_once;            // of slots that had an owner
    bool waits_longer;           // for answers
};

extern struct fake_store fake_store;

// An empty table of that version with one slot, and an empty journal.
void fake_store_reset(int version);

// Rows come in the order of seq, or later: a late commit.
void fake_add(struct fake_row row);
// The rows of a transaction, all at once, and the bounds of the snapshots from now on.
void fake_commit(const struct fake_row *rows, size_t count, uint64_t xmin, uint64_t xmax);
void fake_add_many(int64_t from, int64_t to, const char *aggregate);

// A copy.
struct fake_row fake_row(int64_t seq);
void fake_lock_row(int64_t seq, bool locked);
size_t fake_published(void);

// The next calls of that kind but `skip` fail `times` times, with this code.
void fake_fail(enum fake_call call, int skip, int times, const char *code);

// A row's id says its seq.
struct message_id fake_id(int64_t seq);
int64_t fake_seq(const struct message_id *id);

// The row itself; the lock is held. Aborts when there is none.
struct fake_row *fake_find(int64_t seq);

// Another number of slots, if no window is in hand, as under the guard.
bool fake_change_slots(int slots);
// A row's slot, when there are so many.
int fake_slot(const char *aggregate, int slots);

// For a test that changes fake_store while lanes run.
void fake_store_lock(void);
void fake_store_unlock(void);

#endif
