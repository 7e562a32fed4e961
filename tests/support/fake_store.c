// SPDX-License-Identifier: Apache-2.0
//
// Transactions, row locks, claims and scripted failures over tests/support/fake_table.c; see the
// header. One lock for everything: a call is as atomic as a statement.
#include "tests/support/fake_store.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "tests/support/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct store {
    struct store_settings settings;
    int version; // what it was told last
    int slots;   // also
    struct store_table table;
    bool in_transaction;
    int64_t now_ms; // of the transaction or the poll: it does not move inside
    struct {
        bool failed;
        enum claim_met met;
        struct error err;
        struct refusals refused;
        struct batch batch;
    } ahead; // what the server has answered already
};

// Begins a call: true, with the lock held, unless it is to fail.
static bool
enter(enum fake_call call, const char *word, struct error *err)
{
    if (fake_store.on_call)
        fake_store.on_call(call);
    if (word)
        journal_add("%s", word);
    fake_store_lock();
    fake_store.calls[call]++;
    if (fake_store.script[call].times == 0 || fake_store.script[call].skip-- > 0)
        return true;
    fake_store.script[call].times--;
    fake_store.script[call].skip = 0;
    error_set(err, FAULT_CLUSTER, fake_store.script[call].code, "scripted");
    fake_store_unlock();
    return false;
}

// --- transactions

static void
release_slots(const struct store *store)
{
    for (int slot = 0; slot < STORE_SLOTS_MAX; slot++)
        if (fake_store.slot_owners[slot] == store)
            fake_store.slot_owners[slot] = NULL;
}

static void
end_transaction(struct store *store, bool commit)
{
    for (size_t i = 0; i < fake_store.count; i++) {
        struct fake_row *row = &fake_store.rows[i];
        if (row->owner != store)
            continue;
        if (commit && row->marked)
            row->published = true;
        if (commit && row->failed) {
            row->retry_count +=
                row->retry_count < store->settings.max_retries && !row->failure.postponed;
            row->dead = row->failure.dead || (!row->failure.postponed &&
                                              row->retry_count >= store->settings.max_retries);
            row->next_attempt_ms =
                row->dead || store->version == 1 ? 0 : fake_store.now_ms + row->failure.delay_ms;
            if (store->version == 1 && row->failure.dead)
                row->retry_count = store->settings.max_retries;
        }
        row->owner = NULL;
        row->marked = row->first = row->failed = false;
    }
    release_slots(store);
    store->in_transaction = false;
}

bool
store_open(const struct store_settings *settings, const atomic_bool *abort,
           struct store **ret_store, struct error *err)
{
    (void)abort;
    if (!enter(FAKE_OPEN, "open", err))
        return false;
    struct store *store = xcalloc(1, sizeof *store);
    store->settings = *settings;
    store->version = fake_store.version;
    store->slots = fake_store.slots;
    store->table = fake_store.table;
    fake_store_unlock();
    *ret_store = store;
    return true;
}

void
store_close(struct store *store)
{
    if (!store)
        return;
    journal_add("close");
    fake_store_lock();
    end_transaction(store, false);
    fake_store_unlock();
    batch_free(&store->ahead.batch);
    free(store);
}

int
store_version(const struct store *store)
{
    return store->version;
}

// Only with ordering: key are there several.
static int
slots_of(const struct store *store)
{
    return store->settings.ordering == ORDERING_KEY ? store->slots : 1;
}

int
store_slots(const struct store *store)
{
    return slots_of(store);
}

const struct store_table *
store_table(const struct store *store)
{
    return &store->table;
}

int
store_server_pid(const struct store *store)
{
    (void)store;
    return 1;
}

bool
store_refresh(struct store *store, struct error *err)
{
    if (!enter(FAKE_REFRESH, "refresh", err))
        return false;
    store->version = fake_store.version;
    store->slots = fake_store.slots;
    store->table = fake_store.table;
    fake_store_unlock();
    return true;
}

static bool
finish(struct store *store, enum fake_call call, const char *word, struct error *err)
{
    if (!enter(call, word, err))
        return false;
    end_transaction(store, call == FAKE_COMMIT);
    fake_store_unlock();
    return true;
}

bool
store_clock_ahead(struct store *store, int64_t *ret_ahead_us, struct error *err)
{
    (void)store;
    if (!enter(FAKE_CLOCK, NULL, err))
        return false;
    *ret_ahead_us = fake_store.clock_ahead_us;
    fake_store_unlock();
    return true;
}

bool
store_commit(struct store *store, struct error *err)
{
    return finish(store, FAKE_COMMIT, "commit", err);
}

bool
store_rollback(struct store *store, struct error *err)
{
    return finish(store, FAKE_ROLLBACK, "rollback", err);
}

// --- claims

static struct position
position_of(const struct store *store, const struct fake_row *row)
{
    struct position position = {.major = row->seq};
    if (store->version == 1)
        position.id = fake_id(row->seq);
    return position;
}

static bool
is_behind(const struct store *store, const struct fake_row *row, const struct position *after)
{
    struct position position = position_of(store, row);
    if (position.major != after->major || store->version > 1)
        return position.major > after->major;
    return memcmp(position.id.bytes, after->id.bytes, sizeof after->id.bytes) > 0;
}

static bool
same_aggregate(const struct fake_row *row, struct bytes aggregate)
{
    return row->aggregate && bytes_equal(bytes_from(row->aggregate), aggregate);
}

static int
slot_of(const struct store *store, const struct fake_row *row)
{
    return fake_slot(row->aggregate, slots_of(store));
}

static bool
waits(const struct store *store, const struct fake_row *row)
{
    return row->next_attempt_ms > store->now_ms;
}

// Does an earlier row of its aggregate wait, or was it due and is below the window?
static bool
waits_for_head(const struct store *store, const struct fake_row *row, const struct claim *claim)
{
    for (size_t i = 0; i < fake_store.count && fake_store.rows[i].seq < row->seq; i++) {
        const struct fake_row *head = &fake_store.rows[i];
        if (row->aggregate && same_aggregate(head, bytes_from(row->aggregate)) &&
            !head->published && !head->dead && head->next_attempt_ms != 0 &&
            (waits(store, head) || head->seq <= claim->since.major))
            return true;
    }
    return false;
}

static bool
is_passed_over(const struct fake_row *row, const struct claim *claim)
{
    struct bytes event = bytes_from(row->event ? row->event : "event");
    for (size_t i = 0; i < claim->held_count; i++)
        if (same_aggregate(row, claim->held[i]))
            return true;
    for (size_t i = 0; i < claim->blocked_count; i++)
        if (bytes_equal(event, claim->blocked[i]))
            return true;
    return false;
}

static bool
is_claimable(const struct store *store, const struct fake_row *row, const struct claim *claim)
{
    bool key = store->settings.ordering == ORDERING_KEY;
    if (row->published || row->dead || (row->owner == store && (row->marked || row->failed)) ||
        !is_behind(store, row, &claim->after) || row->seq > claim->until.major ||
        slot_of(store, row) != claim->slot || is_passed_over(row, claim))
        return false;
    if (store->version == 1)
        return row->retry_count < store->settings.max_retries;
    if (key && !claim->waiting)
        return true;
    return !waits(store, row) && (!key || !waits_for_head(store, row, claim));
}

static bool
is_locked(const struct store *store, const struct fake_row *row)
{
    return row->locked || (row->owner && row->owner != store);
}

static struct bytes
copy(struct batch *batch, const char *text)
{
    if (!text)
        return (struct bytes){0};
    char *bytes = batch_alloc(batch, strlen(text));
    memcpy(bytes, text, strlen(text));
    return (struct bytes){bytes, strlen(text)};
}

// Everything lies in the batch's own memory, so that a use after its end is seen.
static void
fill_message(const struct store *store, const struct claim *claim, struct batch *batch,
             const struct fake_row *from, bool taken)
{
    struct row *row = &batch->messages[batch->count++].row;
    size_t size = from->payload_bytes ? from->payload_bytes : 2;
    row->id = fake_id(from->seq);
    row->position = position_of(store, from);
    row->aggregate_type = copy(batch, "type");
    row->aggregate_id = copy(batch, from->aggregate);
    row->event_type = copy(batch, from->event ? from->event : "event");
    row->payload_bytes = (int64_t)size;
    row->withheld = size > claim->max_row_bytes;
    row->bytes = (int64_t)size;
    row->created_at_us = from->created_at_us ? from->created_at_us : 1;
    row->writer = from->writer;
    row->retry_count = from->retry_count;
    row->taken = taken;
    if (!row->withheld) {
        char *payload = batch_alloc(batch, size);
        memset(payload, 'x', size);
        row->payload = (struct bytes){payload, size};
        batch->bytes += size;
    }
    batch->holes |= !taken;
}

// Rows that a claim apart passes over when they cannot be read.
struct known {
    const struct message_id *ids;
    size_t count;
};

static bool
is_known(const struct known *known, const struct fake_row *row)
{
    for (size_t i = 0; known && (row->unreadable || row->slow) && i < known->count; i++)
        if (fake_seq(&known->ids[i]) == row->seq)
            return true;
    return false;
}

// What a claim meets in a row instead of taking it.
static enum claim_met
meet(const struct store *store, const struct fake_row *row, bool around, bool apart)
{
    if (row->unreadable && !apart)
        return CLAIM_MET_UNREADABLE;
    if (row->slow && !apart)
        return CLAIM_MET_SLOW;
    return is_locked(store, row) && !around ? CLAIM_MET_LOCK : CLAIM_MET_NOTHING;
}

// The rows of a claim, unless it meets a locked one that `around` does not allow for, or one that
// cannot be read. apart: what it passes over instead; NULL: it is no claim apart.
static enum claim_met
collect(const struct store *store, const struct claim *claim, bool around,
        const struct known *apart, size_t *ret_places, size_t *ret_count)
{
    *ret_count = 0;
    for (size_t i = 0; i < fake_store.count && *ret_count < (size_t)claim->limit; i++) {
        const struct fake_row *row = &fake_store.rows[i];
        if (!is_claimable(store, row, claim))
            continue;
        if (is_locked(store, row) && store->settings.ordering == ORDERING_NONE)
            continue;
        if (is_known(apart, row))
            continue;
        enum claim_met met = meet(store, row, around, apart != NULL);
        if (met != CLAIM_MET_NOTHING)
            return met;
        ret_places[(*ret_count)++] = i;
        if (row->unreadable || row->slow)
            break;
    }
    return CLAIM_MET_NOTHING;
}

// A row that cannot be read, or not in time, ends its batch.
static void
end_unreadable(struct batch *batch, bool slow)
{
    struct message *message = &batch->messages[batch->count - 1];
    message->row.unreadable = true;
    message->outcome = (struct outcome){.state = OUTCOME_FAILED,
                                        .fault = FAULT_MESSAGE,
                                        .code = slow ? "57014" : "22P05",
                                        .text = "unreadable"};
    batch->full = true;
}

// The caller holds the lock.
static enum claim_met
claim_rows(const struct store *store, const struct claim *claim, bool around,
           const struct known *apart, struct batch *ret_batch)
{
    static size_t places[FAKE_ROWS];
    size_t count;
    fake_store.last_claim = *claim;
    fake_store.last_claim.held = fake_store.last_claim.blocked = NULL;
    enum claim_met met = collect(store, claim, around, apart, places, &count);
    if (met != CLAIM_MET_NOTHING)
        return met;
    batch_init(ret_batch, count, NULL, NULL);
    for (size_t i = 0; i < count && ret_batch->bytes < claim->batch_bytes; i++) {
        struct fake_row *row = &fake_store.rows[places[i]];
        bool taken = !is_locked(store, row);
        fill_message(store, claim, ret_batch, row, taken);
        if (taken)
            row->owner = store;
    }
    ret_batch->full = count >= (size_t)claim->limit || count > ret_batch->count;
    const struct fake_row *last = count > 0 ? &fake_store.rows[places[count - 1]] : NULL;
    if (apart && ret_batch->count == count && last && (last->unreadable || last->slow))
        end_unreadable(ret_batch, last->slow);
    return CLAIM_MET_NOTHING;
}

static struct view
look(const struct store *store, const struct claim *claim)
{
    struct view view = {
        .changed = store->version != fake_store.version || store->slots != fake_store.slots ||
                   memcmp(&store->table, &fake_store.table, sizeof store->table) != 0,
        .xmin = fake_store.xmin,
        .xmax = fake_store.xmax,
        .last_number = fake_store.last_number ? fake_store.last_number : INT64_MAX,
    };
    for (size_t i = 0; i < fake_store.count && store->version > 1; i++) {
        const struct fake_row *row = &fake_store.rows[i];
        if (row->published || row->dead || row->next_attempt_ms == 0 ||
            slot_of(store, row) != claim->slot)
            continue;
        view.heads.lowest = view.heads.count == 0 ? row->seq : view.heads.lowest;
        view.heads.count++;
        view.heads.mix ^= (int64_t)((uint64_t)row->seq * UINT64_C(0x9e3779b97f4a7c15));
        if (waits(store, row) || view.due || is_passed_over(row, claim))
            continue;
        view.due = true;
        view.due_after.major = row->seq - 1;
    }
    return view;
}

static bool
take_slot(struct store *store, int slot)
{
    const struct store **owner = &fake_store.slot_owners[slot];
    if (fake_store.slots_taken >> slot & 1)
        return false;
    if (store->settings.ordering == ORDERING_NONE)
        return true;
    if (*owner && *owner != store)
        return false;
    *owner = store;
    int owners = 0;
    for (int i = 0; i < STORE_SLOTS_MAX; i++)
        owners += fake_store.slot_owners[i] != NULL;
    if (owners > fake_store.most_at_once)
        fake_store.most_at_once = owners;
    return true;
}

bool
store_begin(struct store *store, const struct claim *claim, bool wait_for_slot,
            struct view *ret_view, struct batch *ret_batch, enum claim_met *ret_met,
            struct error *err)
{
    (void)wait_for_slot;
    if (!enter(FAKE_BEGIN, "begin", err))
        return false;
    store->in_transaction = true;
    store->now_ms = fake_store.now_ms;
    *ret_view = look(store, claim);
    *ret_batch = (struct batch){0};
    *ret_met = CLAIM_MET_NOTHING;
    ret_view->active = !ret_view->changed && take_slot(store, claim->slot);
    if (ret_view->active)
        fake_store.window[claim->slot] = ++fake_store.windows;
    if (ret_view->active)
        *ret_met = claim_rows(store, claim, false, NULL, ret_batch);
    fake_store_unlock();
    return true;
}

bool
store_claim(struct store *store, const struct claim *claim, struct batch *ret_batch,
            enum claim_met *ret_met, struct error *err)
{
    if (!enter(FAKE_CLAIM, "claim", err))
        return false;
    *ret_batch = (struct batch){0};
    *ret_met = claim_rows(store, claim, false, NULL, ret_batch);
    fake_store_unlock();
    return true;
}

bool
store_claim_around(struct store *store, const struct claim *claim, struct batch *ret_batch,
                   enum claim_met *ret_met, struct error *err)
{
    if (!enter(FAKE_AROUND, "around", err))
        return false;
    *ret_met = claim_rows(store, claim, true, NULL, ret_batch);
    fake_store_unlock();
    return true;
}

bool
store_claim_apart(struct store *store, const struct claim *claim, const struct message_id *known,
                  size_t known_count, struct batch *ret_batch, struct error *err)
{
    const struct known rows = {known, known_count};
    if (!enter(FAKE_APART, "apart", err))
        return false;
    claim_rows(store, claim, true, &rows, ret_batch);
    fake_store_unlock();
    return true;
}

void
store_wait_longer(struct store *store, bool longer)
{
    (void)store;
    fake_store_lock();
    fake_store.waits_longer = longer;
    fake_store_unlock();
}

bool
store_lock_holder(struct store *store, const struct message_id *id, struct lock_holder *ret_holder,
                  struct error *err)
{
    (void)store;
    if (!enter(FAKE_HOLDER, "holder", err))
        return false;
    *ret_holder = (struct lock_holder){0};
    if (fake_find(fake_seq(id))->locked) {
        ret_holder->pid = fake_store.holder_gid ? 0 : FAKE_HOLDER_PID;
        snprintf(ret_holder->gid, sizeof ret_holder->gid, "%s",
                 fake_store.holder_gid ? fake_store.holder_gid : "");
    }
    fake_store_unlock();
    return true;
}

bool
store_slot_holder(struct store *store, int slot, struct slot_holder *ret_holder, struct error *err)
{
    (void)store, (void)slot;
    if (!enter(FAKE_SLOT_HOLDER, NULL, err))
        return false;
    *ret_holder = fake_store.slot_holder;
    fake_store_unlock();
    return true;
}

// --- rows that are gone

static bool
is_unmarked(int64_t seq)
{
    for (size_t i = 0; i < fake_store.count; i++)
        if (fake_store.rows[i].seq == seq)
            return !fake_store.rows[i].published;
    return false;
}

bool
store_keep_unmarked(struct store *store, struct message_id *ids, size_t *count, struct error *err)
{
    (void)store;
    size_t kept = 0;

    if (!enter(FAKE_KEEP_UNMARKED, NULL, err))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (is_unmarked(fake_seq(&ids[i])))
            ids[kept++] = ids[i];
    *count = kept;
    fake_store_unlock();
    return true;
}

// --- numbers

// In the journal only when there are some.
bool
store_number_rows(struct store *store, struct numbering *ret_round, struct error *err)
{
    enum { MOST = 10000 };
    *ret_round = (struct numbering){.over = true};
    if (store->version == 1 || fake_store.lost == 0)
        return true;
    if (!enter(FAKE_NUMBER, "number", err)) {
        ret_round->why = *err;
        return true;
    }
    ret_round->over = fake_store.lost <= MOST;
    ret_round->rows = ret_round->over ? fake_store.lost : MOST;
    fake_store.lost -= ret_round->rows;
    fake_store_unlock();
    return true;
}

const char *
store_renumbering(const struct store *store)
{
    return store->version == 1 ? NULL : "UPDATE ...";
}

// --- writes

static bool
can_change(const struct store *store, const struct fake_row *row)
{
    return !row->published && !row->marked && !is_locked(store, row) && store->in_transaction;
}

// Rows that are not there to be changed are as the server counts them: missing.
static bool
change(struct store *store, const struct message_id *id, char how, const struct failure *failure,
       struct refusals *ret_refused)
{
    struct fake_row *row = fake_find(fake_seq(id));
    const bool refused = failure ? row->unwritable : row->unmarkable;
    journal_add("%c%lld", refused ? 'x' : how, (long long)row->seq);
    if (refused) {
        struct error why;
        error_set(&why, FAULT_MESSAGE, "23514", "refused");
        refusals_add(ret_refused, id, &why, true);
        return true;
    }
    if (!can_change(store, row))
        return false;
    row->owner = store;
    row->marked = !failure;
    row->first = how == 'M';
    row->failed = failure;
    if (failure)
        row->failure = *failure;
    return true;
}

static bool
mark(struct store *store, const struct message_id *ids, size_t count, char how,
     struct refusals *ret_refused, struct error *err)
{
    size_t changed = 0;
    if (!enter(FAKE_MARK, NULL, err))
        return false;
    for (size_t i = 0; i < count; i++)
        changed += change(store, &ids[i], how, NULL, ret_refused);
    fake_store_unlock();
    return changed == count || error_set(err, FAULT_CLUSTER, "SHORT", "a row was not there");
}

bool
store_mark(struct store *store, const struct message_id *ids, size_t count,
           struct refusals *ret_refused, struct error *err)
{
    return mark(store, ids, count, 'm', ret_refused, err);
}

bool
store_mark_first(struct store *store, const struct message_id *ids, size_t count,
                 struct refusals *ret_refused, struct error *err)
{
    return mark(store, ids, count, 'M', ret_refused, err);
}

bool
store_try_mark(struct store *store, const struct refusals *refused, enum mark_trial *ret_trial,
               struct error *err)
{
    if (!enter(FAKE_TRY_MARK, "trial", err))
        return false;
    *ret_trial = MARK_TRIAL_NONE;
    for (size_t i = 0; i < fake_store.count; i++) {
        const struct fake_row *row = &fake_store.rows[i];
        struct message_id id = fake_id(row->seq);
        if (!can_change(store, row) || row->dead || refusals_find(refused, &id))
            continue;
        if (!row->unmarkable)
            *ret_trial = MARK_TRIAL_GOOD;
        else if (*ret_trial == MARK_TRIAL_NONE)
            *ret_trial = MARK_TRIAL_REFUSED;
    }
    fake_store_unlock();
    return true;
}

bool
store_unmark(struct store *store, struct error *err)
{
    if (!enter(FAKE_UNMARK, "unmark", err))
        return false;
    for (size_t i = 0; i < fake_store.count; i++)
        if (fake_store.rows[i].owner == store && fake_store.rows[i].first)
            fake_store.rows[i].marked = fake_store.rows[i].first = false;
    fake_store_unlock();
    return true;
}

// The server is quick: both have happened before the answers are asked for.
bool
store_ahead(struct store *store, const struct message_id *marks, size_t count,
            const struct claim *claim, struct error *err)
{
    (void)err;
    store->ahead.met = CLAIM_NOT_MADE;
    store->ahead.failed =
        count > 0 && !store_mark(store, marks, count, &store->ahead.refused, &store->ahead.err);
    if (!store->ahead.failed && store->ahead.refused.count == 0)
        store->ahead.failed =
            !store_claim(store, claim, &store->ahead.batch, &store->ahead.met, &store->ahead.err);
    return true;
}

bool
store_ahead_answers(struct store *store, struct refusals *ret_refused, struct batch *ret_batch,
                    enum claim_met *ret_met, struct error *err)
{
    if (store->ahead.failed) {
        *err = store->ahead.err;
        return false;
    }
    *ret_batch = store->ahead.batch;
    *ret_met = store->ahead.met;
    *ret_refused = store->ahead.refused;
    store->ahead.batch = (struct batch){0};
    store->ahead.refused = (struct refusals){0};
    return true;
}

bool
store_fail(struct store *store, const struct failure *failures, size_t count,
           bool check_constraints, struct refusals *ret_refused, struct error *err)
{
    (void)check_constraints;
    size_t changed = 0;
    if (!enter(FAKE_FAIL, NULL, err))
        return false;
    for (size_t i = 0; i < count; i++)
        changed += change(store, &failures[i].id, 'f', &failures[i], ret_refused);
    fake_store_unlock();
    return changed == count || error_set(err, FAULT_CLUSTER, "SHORT", "a row was not there");
}

bool
store_try_fail(struct store *store, const struct failure *failures, size_t count,
               struct refusals *ret_refused, struct error *err)
{
    size_t able = 0;
    struct error why;
    if (!enter(FAKE_TRY, "try", err))
        return false;
    error_set(&why, FAULT_MESSAGE, "23514", "refused");
    for (size_t i = 0; i < count; i++) {
        const struct fake_row *row = fake_find(fake_seq(&failures[i].id));
        able += can_change(store, row);
        if (row->unwritable)
            refusals_add(ret_refused, &failures[i].id, &why, true);
    }
    fake_store_unlock();
    return able == count || error_set(err, FAULT_CLUSTER, "SHORT", "a row was not there");
}

bool
store_poll(struct store *store, const struct claim *claims, bool *ret_found, struct view *ret_views,
           struct error *err)
{
    if (!enter(FAKE_POLL, "poll", err))
        return false;
    store->now_ms = fake_store.now_ms;
    for (int slot = 0; slot < slots_of(store); slot++) {
        ret_views[slot] = look(store, &claims[slot]);
        ret_found[slot] = false;
        for (size_t i = 0; i < fake_store.count; i++)
            ret_found[slot] |= is_claimable(store, &fake_store.rows[i], &claims[slot]);
    }
    fake_store_unlock();
    return true;
}

// --- a listener

struct listener {
    const char *channel;
};

bool
listener_open(const struct store_settings *settings, const atomic_bool *abort,
              struct listener **ret_listener, struct error *err)
{
    (void)abort;
    if (!enter(FAKE_LISTEN, NULL, err))
        return false;
    fake_store_unlock();
    *ret_listener = xcalloc(1, sizeof **ret_listener);
    (*ret_listener)->channel = settings->table;
    return true;
}

void
listener_close(struct listener *listener)
{
    free(listener);
}

// For a few milliseconds at most, so that a test need not wait for a second.
bool
listener_wait(struct listener *listener, int timeout_ms, bool *ret_heard, struct error *err)
{
    (void)listener, (void)timeout_ms;
    if (!enter(FAKE_HEAR, NULL, err))
        return false;
    *ret_heard = fake_store.notified;
    fake_store.notified = false;
    fake_store_unlock();
    if (!*ret_heard)
        mono_sleep_ms(2);
    return true;
}

const char *
listener_channel(const struct listener *listener)
{
    return listener->channel;
}

int
listener_server_pid(const struct listener *listener)
{
    (void)listener;
    return FAKE_HOLDER_PID;
}
