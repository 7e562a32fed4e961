// SPDX-License-Identifier: Apache-2.0
// A claim that met something is made again, in the way that fits.
//
// Four things can keep a claim from its rows. Marks in front of it in the pipeline were refused: it
// is made again as it was. Another session holds a row locked: the claim goes around it, and the
// row's aggregate is held back. PostgreSQL cannot read a row: the claim goes row by row, up to that
// one, which fails. PostgreSQL does not read the rows in time: the same, but not in a window that
// has rows.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>

enum { LOCKED_RETRY_MS = 250 }; // how often a row that another session holds is looked at again

static void
log_locked(const struct lock_holder *holder, const char *first_id, int64_t rows)
{
    if (holder->gid[0])
        LOG(LOG_WARN, "rows_locked", LOG_STR("prepared_transaction", holder->gid),
            LOG_INT("rows", rows), LOG_STR("first_id", first_id),
            LOG_STR("next", "COMMIT PREPARED or ROLLBACK PREPARED ends that transaction; the rows' "
                            "aggregates wait for it, the others go on"));
    else
        LOG(LOG_WARN, "rows_locked", LOG_INT("holder_pid", holder->pid), LOG_INT("rows", rows),
            LOG_STR("first_id", first_id),
            LOG_STR("next",
                    "their aggregates wait until the locks are released, the others go on"));
}

// Says who holds locks on rows, once a holder.
static bool
tell_locked(struct window *window, const struct row *first, int64_t count, struct error *err)
{
    struct lane *lane = window->lane;
    struct lock_holder holder, *told = &lane->slot->told_holder;
    char id[MESSAGE_ID_TEXT];

    if (!store_lock_holder(lane->store, &first->id, &holder, err))
        return false;
    const bool gone = holder.pid == 0 && holder.gid[0] == '\0'; // with its lock, by now
    if (gone || (holder.pid == told->pid && str_equal(holder.gid, told->gid)))
        return true;
    *told = holder;
    message_id_format(&first->id, id);
    log_locked(&holder, id, count);
    return true;
}

bool
window_hold_locked(struct window *window, struct error *err)
{
    const struct batch *batch = &window->claimed;
    struct mono until = mono_add_ms(mono_now(), LOCKED_RETRY_MS);
    const struct row *first = NULL;
    int64_t count = 0;

    for (size_t i = 0; batch->holes && i < batch->count; i++) {
        const struct row *row = &batch->messages[i].row;
        if (row->taken)
            continue;
        if (count++ == 0)
            first = row;
        holds_add(&window->lane->slot->holds, row->aggregate_id, row->position, until);
    }
    return count == 0 || tell_locked(window, first, count, err);
}

// Past the rows that are left alone.
static bool
claim_apart(struct window *window, struct batch *batch, struct error *err)
{
    size_t count;
    AUTOFREE struct message_id *known =
        quarantine_list(&window->lane->slot->quarantine, mono_now(), &count);

    return store_claim_apart(window->lane->store, &window->claim, known, count, batch, err);
}

// What was sent is marked before more time is spent. The windows that follow begin with one row.
static bool
claim_slowly(struct window *window, struct batch *batch, struct error *err)
{
    struct lane *lane = window->lane;

    LOG(LOG_WARN, "claim_slow", LOG_INT("lane", lane->number), LOG_INT("rows", window->claim.limit),
        LOG_STR("next", "the next rows are claimed one by one; a row that takes longer than "
                        "statement_timeout alone fails alone"));
    window->slow = true;
    lane->careful = 1;
    if (window->claims == 0)
        return claim_apart(window, batch, err);
    *batch = (struct batch){.full = true};
    return true;
}

bool
window_claim_again(struct window *window, enum claim_met met, struct batch *batch,
                   struct error *err)
{
    struct store *store = window->lane->store;
    bool good = true;

    if (met == CLAIM_NOT_MADE)
        good = store_claim(store, &window->claim, batch, &met, err);
    if (good && met == CLAIM_MET_LOCK)
        good = store_claim_around(store, &window->claim, batch, &met, err);
    if (good && met == CLAIM_MET_UNREADABLE)
        good = claim_apart(window, batch, err);
    if (good && met == CLAIM_MET_SLOW)
        good = claim_slowly(window, batch, err);
    return good;
}
