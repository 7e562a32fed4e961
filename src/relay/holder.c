// SPDX-License-Identifier: Apache-2.0
//
// Is the session that holds a slot a relay at work?
//
// Names tell nothing: a relay may run as another role, by another application_name, behind a
// pooler. So a session is judged by what a relay cannot do, whatever its configuration:
//
// 1. claim a row without the right to update one;
// 2. prepare its transaction;
// 3. hold a slot outside of a transaction. A COMMIT passes through that state for microseconds, so
//    the same session has to be found in it several times in a row;
// 4. hold a slot in one transaction for longer than a window can last. The relay's own lanes count
//    as stalled after the same time;
// 5. hold a slot at every look for as long, while rows wait and no row of the table changes: a
//    relay marks what it sends, or counts an attempt against it, and an idle one lets the slot go.
#include "outrider/relay/holder.h"

#include "outrider/base/text.h"

#include <string.h>

enum { WHO_BYTES = 144 }; // of a holder's description, in front of its remedy

static bool
is_odd(const struct slot_holder *holder)
{
    return holder->found && (holder->pid == 0 || !holder->may_claim || !holder->in_transaction);
}

void
holder_note(struct holder_watch *watch, const struct slot_holder *seen, struct mono now)
{
    const struct slot_holder *last = &watch->holder;
    const bool same_transaction = seen->found && last->found && seen->pid == last->pid &&
                                  str_equal(seen->transaction, last->transaction);
    const bool same_session = seen->found && last->found && seen->pid == last->pid &&
                              (seen->pid != 0 || same_transaction);

    if (!same_session)
        watch->session_since = now;
    if (!same_transaction)
        watch->transaction_since = now;
    if (!same_session || seen->changes != last->changes)
        watch->change_since = now;
    if (!same_session || !is_odd(seen))
        watch->odd_looks = 0;
    watch->odd_looks += is_odd(seen);
    watch->holder = *seen;
    watch->next_look = mono_add_ms(now, is_odd(seen) ? HOLDER_ODD_MS : HOLDER_LOOK_MS);
}

static bool
longer(struct mono since, struct mono now, int64_t ms)
{
    return mono_diff_ns(now, since) > ms * 1000000;
}

bool
holder_seems_still(const struct holder_watch *watch, int64_t longest_ms, struct mono now)
{
    return watch->holder.found && watch->holder.changes >= 0 &&
           longer(watch->session_since, now, longest_ms) &&
           longer(watch->change_since, now, longest_ms);
}

enum holder_kind
holder_judge(const struct holder_watch *watch, int64_t longest_ms, bool rows_wait, struct mono now)
{
    const struct slot_holder *holder = &watch->holder;

    if (watch->odd_looks >= HOLDER_ODD_LOOKS && holder->pid == 0)
        return HOLDER_PREPARED;
    if (watch->odd_looks >= HOLDER_ODD_LOOKS)
        return holder->may_claim ? HOLDER_NO_TRANSACTION : HOLDER_NO_RIGHT;
    if (holder->found && holder->in_transaction &&
        (holder->transaction_ms > longest_ms || longer(watch->transaction_since, now, longest_ms)))
        return HOLDER_TOO_LONG;
    if (rows_wait && holder_seems_still(watch, longest_ms, now))
        return HOLDER_STILL;
    return HOLDER_RELAY;
}

static const struct {
    const char *reason, *advice;
} kinds[] = {
    [HOLDER_RELAY] = {"a relay at work", ""},
    [HOLDER_NO_RIGHT] = {"its role may not update the table, so it is no relay", "end it"},
    [HOLDER_PREPARED] = {"a prepared transaction is no relay", "end it"},
    [HOLDER_NO_TRANSACTION] = {"it holds the lock outside of any transaction, so it is no relay",
                               "end it"},
    [HOLDER_TOO_LONG] = {"its transaction is older than a relay's window can be",
                         "end it, even if it is a relay that hangs"},
    [HOLDER_STILL] = {"it has held the lock for longer than a relay's window can last, and of the "
                      "rows that wait none was sent",
                      "end it, unless it is a relay that can be mended"},
};

const char *
holder_reason(enum holder_kind kind)
{
    return kinds[kind].reason;
}

const char *
holder_advice(enum holder_kind kind)
{
    return kinds[kind].advice;
}

// The reason stands last: an error's text has no room for a long gid in both places, and a remedy
// that is cut is none.
void
holder_explain(const struct slot_holder *holder, enum holder_kind kind, struct error *ret_error)
{
    const bool fits = strlen(holder->who) <= WHO_BYTES;

    error_set(ret_error, FAULT_CLUSTER, "SLOT", "%.*s%s has %s; %s: %s; %s", WHO_BYTES, holder->who,
              fits ? "" : "...", holder->lock, holder_advice(kind), holder->remedy,
              holder_reason(kind));
}
