// SPDX-License-Identifier: Apache-2.0
// Is the session that holds a slot a relay at work? Judged over several looks at it.
#ifndef OUTRIDER_RELAY_HOLDER_H
#define OUTRIDER_RELAY_HOLDER_H

#include "outrider/base/clock.h"
#include "outrider/store/slot_holder.h"

#include <stdbool.h>
#include <stdint.h>

enum holder_kind {
    HOLDER_RELAY,          // nothing speaks against it; or no session holds the slot
    HOLDER_NO_RIGHT,       // its role cannot claim a row
    HOLDER_PREPARED,       // a prepared transaction
    HOLDER_NO_TRANSACTION, // it holds the lock outside of any transaction
    HOLDER_TOO_LONG,       // one transaction, for longer than a window can last
    HOLDER_STILL,          // many transactions, for as long, while rows wait and none is sent
};

enum {
    HOLDER_ODD_LOOKS =
        4,               // in a row, before a session in a state that no relay is in counts as none
    HOLDER_ODD_MS = 500, // between two of them
    HOLDER_LOOK_MS = 5000,
};

// {0}: no look was taken.
struct holder_watch {
    struct slot_holder holder; // as of the last look
    int odd_looks;             // in a row that found this session in a state that no relay is in
    struct mono session_since; // when this session was first seen with the slot,
    struct mono transaction_since; // in this transaction,
    struct mono change_since;      // with as many changed rows
    struct mono next_look;
};

void holder_note(struct holder_watch *watch, const struct slot_holder *seen, struct mono now);

// Would it matter to the judgement whether rows wait? longest_ms: what a window may last.
bool holder_seems_still(const struct holder_watch *watch, int64_t longest_ms, struct mono now);

enum holder_kind holder_judge(const struct holder_watch *watch, int64_t longest_ms, bool rows_wait,
                              struct mono now);

// Why it is no relay at work; and what to do about it.
const char *holder_reason(enum holder_kind kind);
const char *holder_advice(enum holder_kind kind);

// All of it as one text: who, which lock, what to do, why. Only the reason at the end may be cut.
// Code: "SLOT".
void holder_explain(const struct slot_holder *holder, enum holder_kind kind,
                    struct error *ret_error);

#endif
