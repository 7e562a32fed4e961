// SPDX-License-Identifier: Apache-2.0
// The session that keeps a relay from a slot, as one look at the server's locks saw it.
#ifndef OUTRIDER_STORE_SLOT_HOLDER_H
#define OUTRIDER_STORE_SLOT_HOLDER_H

#include "outrider/base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

// All texts are printable ASCII.
struct slot_holder {
    bool found;          // false: no session holds the slot, and the rest is empty
    int pid;             // of its backend; 0: a prepared transaction, which has none
    bool may_claim;      // its role, or one that it can become, may lock rows of the table
    bool in_transaction; // false: it holds a lock of the session
    int64_t changes;     // rows of the table updated or deleted so far, late by a second; -1: not
                         // counted by this server
    int64_t transaction_ms; // how old its transaction is; -1: none, or not shown to this role
    char transaction[48];   // another text in each of its transactions
    char lock[48];          // "the lock of slot 0", "the guard lock of the table"
    char who[256];          // "session 4711 (user app, application psql, from 10.0.0.1)"
    char remedy[256];       // the statement that ends it
};

// On the lane's connection, outside of a window. slot: the one that the lane could not have.
bool store_slot_holder(struct store *store, int slot, struct slot_holder *ret_holder,
                       struct error *err) MUST_CHECK;

#endif
