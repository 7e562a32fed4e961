// SPDX-License-Identifier: Apache-2.0
// One window: claim, publish, settle, commit.
//
// A window is one transaction over several batches, and nobody waits for nobody: while batch n is
// published, PostgreSQL marks batch n-2 and claims batch n+1, in one round trip, and Kafka writes
// batch n-1. Row locks are the only claim on a message, and they go with the transaction, so there
// is nothing to clean up after a crash: what was published and not marked is published again.
//
// A row can commit late, behind a position that the window has passed. No later row of its
// aggregate may overtake it, and there can be one at once: of the same transaction. So the later
// claims of a window end in front of the first row whose transaction had perhaps not ended when the
// window began; the next window starts below. What was there when a window began is claimed in
// order, as if by one snapshot.
#include "window.h"

#include "outrider/base/log.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct claim
window_first_claim(const struct lane *lane, const struct slot *slot, int limit)
{
    const struct relay_settings *settings = lane->shared->settings;

    return (struct claim){
        .slot = slot->number,
        .after = slot->floor.start,
        .since = slot->floor.start,
        .until = {.major = lane->until, .id = POSITION_LAST.id},
        .limit = limit,
        .batch_bytes = (size_t)settings->batch_bytes,
        .max_row_bytes = lane->producer ? producer_max_message_bytes(lane->producer) : INT32_MAX,
        .held = slot->holds.aggregates,
        .held_count = slot->holds.count,
        .waiting = slot->waiting,
        .blocked = slot->breakers.blocked,
        .blocked_count = slot->breakers.blocked_count,
    };
}

// How many rows to ask for: as many as batch_bytes can hold by the running mean size, and as the
// drain's limits leave.
static int
claim_limit(struct lane *lane)
{
    const struct relay_settings *settings = lane->shared->settings;
    const struct relay_goal *goal = &lane->shared->goal;
    int64_t limit = settings->batch_size;
    int64_t by_bytes = settings->batch_bytes / lane->mean_bytes + 1;

    if (lane->careful > 0 && limit > lane->careful)
        limit = lane->careful;
    if (limit > by_bytes)
        limit = by_bytes;
    if (goal->rate > 0) { // small steps, twenty a second
        int64_t by_rate = (int64_t)goal->rate / settings->lanes / 20 + 1;
        limit = limit < by_rate ? limit : by_rate;
    }
    if (goal->max_messages > 0) {
        int64_t left = atomic_load(&lane->shared->messages_left);
        limit = limit < left ? limit : left;
    }
    return (int)limit;
}

// Takes rows off the drain's limit; false when none is left.
static bool
reserve(struct window *window, int limit)
{
    struct shared *shared = window->lane->shared;

    if (shared->goal.max_messages == 0)
        return true;
    if (limit <= 0)
        return false;
    if (atomic_fetch_sub(&shared->messages_left, limit) >= limit) {
        window->reserved += limit;
        return true;
    }
    atomic_fetch_add(&shared->messages_left, limit);
    return false;
}

// What was reserved and not published in the end.
static void
give_back(const struct window *window)
{
    int64_t used = window->committed ? (int64_t)window->marked : 0;

    if (window->lane->shared->goal.max_messages > 0)
        atomic_fetch_add(&window->lane->shared->messages_left, window->reserved - used);
}

static void
update_mean(struct lane *lane, const struct batch *batch)
{
    int64_t total = 0;

    for (size_t i = 0; i < batch->count; i++)
        total += batch->messages[i].row.bytes;
    int64_t latest = total / (int64_t)batch->count + 1;
    lane->mean_bytes = latest > lane->mean_bytes ? latest : (3 * lane->mean_bytes + latest) / 4;
}

// Notes what a claim brought.
static void
note_claimed(struct window *window)
{
    struct batch *batch = &window->claimed;

    window->claims++;
    window->exhausted = !batch->full;
    if (!batch->holes && window->lane->slot->holds.count == 0)
        window->lane->slot->told_holder = (struct lock_holder){.pid = NOBODY};
    if (batch->count == 0)
        return;
    window->reached = batch->messages[batch->count - 1].row.position;
    for (size_t i = 0; i < batch->count; i++) {
        const struct row *row = &batch->messages[i].row;
        if (row->taken)
            window->locked = row->position;
    }
    window_note_numbers(window);
    update_mean(window->lane, batch);
    atomic_fetch_add(&window->lane->shared->stats.claimed, batch->count);
}

// Keeps of a later claim what is surely older than the window. Ids are compared as PostgreSQL does:
// half of them lie behind any.
static void
cut_newer(struct window *window)
{
    struct batch *batch = &window->claimed;
    uint32_t xmin = (uint32_t)window->view.xmin;

    if (!window_keeps_order(window) || !window_is_version_2(window))
        return;
    for (size_t i = 0; i < batch->count && !window->cut; i++) {
        if (batch->messages[i].row.writer - xmin > INT32_MAX)
            continue;
        batch->count = i;
        batch->full = true;
        window->cut = true;
    }
}

// The view tells whether rows wait, and whether some below the floor may go now; the first claim
// was sent before that was known.
static bool
adapt_to_view(struct window *window, enum claim_met met, struct error *err)
{
    struct lane *lane = window->lane;
    bool changed = false;

    slot_note_heads(lane->slot, &window->view);
    if (lane->slot->waiting && !window->claim.waiting)
        changed = window->claim.waiting = true;
    if (position_compare(&lane->slot->floor.start, &window->claim.after) < 0) {
        window->claim.after = window->claim.since = lane->slot->floor.start;
        window->reached = window->locked = lane->slot->floor.start;
        changed = true;
    }
    if (changed && met == CLAIM_MET_NOTHING)
        met = CLAIM_NOT_MADE;
    if (met == CLAIM_MET_NOTHING)
        return true;
    batch_free(&window->claimed);
    return window_claim_again(window, met, &window->claimed, err) &&
           window_hold_locked(window, err);
}

// Begins the transaction and claims the first batch: WINDOW_SHORT when there is one. Locked rows
// alone are none: those without an aggregate have no hold, and would be claimed again at once.
static enum window_end
begin(struct window *window, struct error *err)
{
    struct lane *lane = window->lane;
    bool wait_for_slot = lane->shared->goal.wait_for_slot && lane_has_tried_all(lane);
    enum claim_met met;

    lane_enter(lane, LANE_CLAIM);
    if (!store_begin(lane->store, &window->claim, wait_for_slot, &window->view, &window->claimed,
                     &met, err))
        return WINDOW_FAILED;
    if (window->view.changed || !window->view.active) {
        if (!store_rollback(lane->store, err))
            return WINDOW_FAILED;
        return window->view.changed ? WINDOW_CHANGED : WINDOW_STANDBY;
    }
    if (atomic_load(&lane->part) == PART_STANDBY)
        lane_show_part(lane, PART_STARTING);
    floor_view(&lane->slot->floor, window->view.xmin, window->view.xmax);
    floor_limit(&lane->slot->floor, window->view.last_number);
    if (!adapt_to_view(window, met, err))
        return WINDOW_FAILED;
    note_claimed(window);
    bool took = position_compare(&window->locked, &window->claim.after) > 0;
    return took || !window->exhausted ? WINDOW_SHORT : WINDOW_EMPTY;
}

static bool
is_old(const struct window *window)
{
    return mono_diff_ns(mono_now(), window->began) >= WINDOW_MS * INT64_C(1000000);
}

static bool
wants_more(const struct window *window)
{
    const struct relay_settings *settings = window->lane->shared->settings;

    return !window->exhausted && !window->faulted && !window->cut && !window->slow &&
           window->lane->careful == 0 && !window->probing && // nor when the next one is careful
           window->failed < (uint64_t)settings->batch_size && window->claims < WINDOW_BATCHES &&
           !is_old(window) && window->lane->shared->goal.rate == 0 && window->lane->producer &&
           !lane_resting(window->lane);
}

// What is passed over, as of now.
static void
pass_over(struct window *window)
{
    const struct lane *lane = window->lane;

    window->claim.held = lane->slot->holds.aggregates;
    window->claim.held_count = lane->slot->holds.count;
    window->claim.blocked = lane->slot->breakers.blocked;
    window->claim.blocked_count = lane->slot->breakers.blocked_count;
}

// Sends the marks that are due and the next claim, when there is to be one. An old window has
// waited for Kafka, and may have to again: it marks, or its transaction would be idle for both
// waits, and PostgreSQL ends one that is so for too long.
static bool
ask_ahead(struct window *window, bool *ret_asked, struct error *err)
{
    struct lane *lane = window->lane;
    int limit = claim_limit(lane);

    *ret_asked = false;
    if (!wants_more(window))
        return !is_old(window) || window_mark(window, err);
    if (!reserve(window, limit)) {
        window->exhausted = false;
        return true; // the limit is used up
    }
    lane_enter(lane, LANE_CLAIM);
    window->claim.limit = limit;
    window->claim.after = window->reached;
    pass_over(window);
    *ret_asked = true;
    window->asked_marks = window->due_count;
    window->due_count = 0;
    return store_ahead(lane->store, window->due, window->asked_marks, &window->claim, err);
}

// Takes the batch that was claimed ahead.
static bool
take_ahead(struct window *window, struct error *err)
{
    struct lane *lane = window->lane;
    struct refusals refused = {0};
    enum claim_met met;

    lane_enter(lane, LANE_CLAIM);
    if (!store_ahead_answers(lane->store, &refused, &window->ahead, &met, err)) {
        refusals_free(&refused);
        return error_prefix(err, "marking published rows, claiming the next");
    }
    if (!window_take_refusals(window, &refused, window->asked_marks, err))
        return false;
    pass_over(window);
    return window_claim_again(window, met, &window->ahead, err);
}

// Goes on to the batch that was claimed ahead. What came to light while it was claimed can end the
// window: then its rows are left alone, as if they had not been claimed. So it is with rows that
// are cut: a hold that began at one of them would begin behind those that the window has missed,
// which nobody would look for when it ends.
static bool
step(struct window *window, bool asked, struct error *err)
{
    window->published = window->claimed;
    window->claimed = window->ahead;
    window->ahead = (struct batch){0};
    if (!asked)
        return true;
    if (window->faulted || window->probing || !window->lane->producer) {
        batch_free(&window->claimed);
        return true;
    }
    cut_newer(window);
    note_claimed(window);
    return window_hold_locked(window, err);
}

// The loop that the file's head describes.
static bool
relay_batches(struct window *window, struct error *err)
{
    bool asked;

    do {
        if (!ask_ahead(window, &asked, err))
            return false;
        if (!window_publish(window, err) || (asked && !take_ahead(window, err)) ||
            !window_settle(window, err) || !step(window, asked, err))
            return false;
    } while (window->claimed.count > 0);
    return window_settle(window, err) && window_mark(window, err);
}

// goal.rate: the next window may begin when this one's messages have had their time.
static void
pay_rate(struct window *window)
{
    struct lane *lane = window->lane;
    int64_t rate = (int64_t)lane->shared->goal.rate;

    if (rate > 0)
        lane->not_before.ns = window->began.ns + (int64_t)window->marked * INT64_C(1000000000) /
                                                     rate * lane->shared->settings->lanes;
}

// What went well with some rows is tried with twice as many, up to a whole batch.
static void
trust_more(struct lane *lane)
{
    lane->careful *= 2;
    if (lane->careful >= lane->shared->settings->batch_size)
        lane->careful = 0;
}

static enum window_end
finish(struct window *window, struct error *err)
{
    struct lane *lane = window->lane;

    lane_enter(lane, LANE_COMMIT);
    if (!store_commit(lane->store, err)) {
        error_prefix(err, "committing");
        return WINDOW_FAILED;
    }
    if (!window->faulted)
        floor_end(&lane->slot->floor, window->locked, window->exhausted);
    window->committed = true;
    window_count(window);
    window_tell_failures(window);
    pay_rate(window);
    lane->slot->waiting |= window->failed > 0 && window_is_version_2(window);
    if (window->faulted) {
        *err = window->fault;
        return WINDOW_FAILED;
    }
    // Also when all marks were refused: more rows at a time tell sooner that the table refuses all.
    if (window->careful && window->batches > 0 && !window->slow)
        trust_more(lane);
    return window->exhausted ? WINDOW_SHORT : WINDOW_FULL;
}

// What was or may have been written, and is not marked.
static uint64_t
copies_to_come(const struct batch *batch)
{
    uint64_t count = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct outcome *outcome = &batch->messages[i].outcome;
        count += outcome->state == OUTCOME_ACKNOWLEDGED ||
                 (outcome->state == OUTCOME_FAILED && outcome->possibly_persisted);
    }
    return count;
}

static void
free_notes(struct window *window)
{
    for (size_t i = 0; i < window->note_count; i++) {
        free(window->notes[i].topic);
        free(window->notes[i].code);
        free(window->notes[i].text);
    }
    free(window->notes);
}

// Every batch gives its memory back; the producer first gives up what it still borrows of it.
static void
abandon(struct window *window)
{
    struct lane *lane = window->lane;
    uint64_t copies = window->committed ? window->unmarked : window->acknowledged;

    if (lane->producer && producer_pending(lane->producer) > 0) {
        producer_close(lane->producer);
        lane->producer = NULL;
        lane->reachable = false;
    }
    producer_close(window->given_up);
    copies += copies_to_come(&window->published) + copies_to_come(&window->claimed);
    atomic_fetch_add(&lane->shared->stats.possible_duplicates, copies);
    batch_free(&window->published);
    batch_free(&window->claimed);
    batch_free(&window->ahead);
    free(window->due);
    free(window->due_at);
    free_notes(window);
    for (size_t i = 0; i < window->spent_count; i++)
        batch_free(&window->spent[i]);
}

// What the window kept back for its own time only is looked at again.
static void
release(struct window *window)
{
    struct lane *lane = window->lane;
    struct position lowest;

    if (holds_end_window(&lane->slot->holds, &lowest))
        slot_lower_before(lane->slot, lowest);
    if (window->released)
        slot_lower(lane->slot, window->released_since);
    holds_free(&lane->refused); // their topics' breakers know where to begin again
    const size_t before = lane->slot->breakers.count;
    breakers_end_window(&lane->slot->breakers, window->committed && window->exhausted,
                        window->claim.since);
    if (lane->slot->breakers.count < before)
        lane_show_blocked(lane);
}

enum window_end
window_run(struct lane *lane, struct error *err)
{
    int limit = claim_limit(lane);
    struct window window = {.lane = lane,
                            .began = mono_now(),
                            .reached = lane->slot->floor.start,
                            .topic = TOPIC_INDEX_OTHER,
                            .careful = lane->careful > 0};

    if (!reserve(&window, limit))
        return WINDOW_EMPTY;
    lane_drop_times(lane);
    slot_expire_holds(lane->slot);
    lane_show_quarantined(lane);
    window.claim = window_first_claim(lane, lane->slot, limit);
    window.reached = window.locked = window.claim.after;

    enum window_end end = begin(&window, err);
    if (end == WINDOW_SHORT && !relay_batches(&window, err))
        end = WINDOW_FAILED;
    if (end == WINDOW_SHORT || end == WINDOW_EMPTY) {
        enum window_end finished = finish(&window, err);
        end = finished == WINDOW_FAILED || end == WINDOW_SHORT ? finished : end;
    }
    release(&window);
    give_back(&window);
    abandon(&window);
    return end;
}
