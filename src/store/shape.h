// SPDX-License-Identifier: Apache-2.0
// The table as it is in the database, and the statements that are made for it. Private to the
// store.
#ifndef OUTRIDER_STORE_SHAPE_H
#define OUTRIDER_STORE_SHAPE_H

#include "outrider/model/columns.h"
#include "outrider/store/names.h"
#include "outrider/store/store.h"
#include "wire.h"

#include <libpq-fe.h>
#include <stdbool.h>

// CLAIM_PLAIN reads everything behind the position; CLAIM_CHOOSING leaves out what waits behind a
// row that waits, and blocked topics.
enum claim_kind { CLAIM_PLAIN, CLAIM_CHOOSING, CLAIM_KINDS };

// What a trigger of the table can undo, as sql/store/undoing.sql has it.
enum undoing {
    UNDOING_NOTHING = 0,
    UNDOING_AT_ONCE = 1,   // a mark or a failed attempt, as part of its statement
    UNDOING_AT_COMMIT = 3, // or when deferred triggers fire
};

struct shape {
    int version;
    int table_slots; // what the version table says
    int slots;       // that claims tell apart: 1 on version 1 and with ordering: none
    bool has_version_table;
    bool hashed; // the waiting index is on the aggregates' hashes
    struct store_table table;
    Oid position_type; // of created_at or seq
    enum undoing undoing;
    // Statements, owned:
    char *settings;
    char *view;
    char *view_waiting_for_slot;
    char *heads[CLAIM_KINDS];
    char *claim[CLAIM_KINDS];
    char *claim_around[CLAIM_KINDS];
    char *poll[CLAIM_KINDS];
    char *lock_holder;
    char *places;
    char *claim_one;
    char *lock_row;
    char *aggregate_of;
    char *unmarked;
    char *others;
    char *settle;
    char *fail;
    char *uncounted;
    char *lost_some; // version 2, like the next seven
    char *lost_behind;
    char *lost_lock;
    char *lost_lockable;
    char *lost_unchanged;
    char *lost_number;
    char *still_lost;
    char *renumber;
};

// Reads the table's columns and version. Error code "TABLE" says what is missing or of an
// impossible type.
bool shape_read(struct wire *wire, const struct store_settings *settings, const struct names *names,
                struct shape *ret_shape, struct error *err) MUST_CHECK;
void shape_free(struct shape *shape);

#endif
