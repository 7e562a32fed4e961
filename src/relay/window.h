// SPDX-License-Identifier: Apache-2.0
// One window, from BEGIN to COMMIT. Private to the relay.
#ifndef OUTRIDER_RELAY_WINDOW_H
#define OUTRIDER_RELAY_WINDOW_H

#include "lane.h"
#include "outrider/store/store.h"

struct window {
    struct lane *lane;
    struct view view;
    struct claim claim;
    struct mono began;
    struct mono deadline;       // for the outcomes of what is published
    struct mono probe_deadline; // for that of a row that tries its topic
    struct batch published;     // not settled yet
    struct batch claimed;       // not published yet
    struct batch ahead;         // claimed while that one was published
    struct message_id *due;     // acknowledged, to be marked; its room is `due_room`
    struct position *due_at;    // the rows' positions, side by side with their ids
    size_t due_count, due_room;
    size_t asked_marks;      // rows of `due` whose mark goes with the next claim
    struct position reached; // of the last row claimed
    struct position locked;  // of the last row that was taken
    bool exhausted;          // the last claim met the end of the queue
    bool cut;                // a later claim met rows that are not older than the window
    bool slow;               // a claim exceeded statement_timeout
    int claims;
    int batches;         // settled
    bool careful;        // one batch, marked before it is sent
    size_t marked_first; // rows of it that are
    int silences;        // of the topics that are tried: the most
    bool probing;        // a row was sent to try its topic
    bool released;       // its topic takes rows again, from behind `released_since`
    struct position released_since;
    bool committed;
    int64_t reserved;      // of the drain's limit
    uint64_t acknowledged; // messages of this window, settled
    uint64_t unmarked;     // of them, whose mark was refused: they are sent again
    uint64_t marked;
    uint32_t topics[TOPIC_INDEX_SIZE]; // of them, by topic_index
    size_t topic;                      // of the last one
    uint64_t marked_bytes;
    bool dead_topic_seen; // outbox.dead_topic is there, or that could not be found out
    uint64_t failed;      // rows written as failed, or to wait
    uint64_t dead;
    uint64_t attempts;  // that count
    struct note *notes; // of failures, to be logged when they are committed; owned
    size_t note_count, note_room;
    bool faulted; // the cluster failed a message: `fault` says how
    struct error fault;
    struct error silence;      // why nobody answered before the deadline
    struct producer *given_up; // that had not answered: closed when the window has ended
    struct batch spent[2];     // settled, with bytes that it may still refer to
    size_t spent_count;
};

// What the log says of a failed row once that is true. The texts are owned.
struct note {
    struct message_id id;
    char *topic, *code, *text; // topic: may be NULL
    int64_t attempt;
    bool dead;
    int64_t delay_ms;
};

enum window_end {
    WINDOW_EMPTY,   // nothing to claim
    WINDOW_SHORT,   // everything that could be claimed was
    WINDOW_FULL,    // there may be more
    WINDOW_STANDBY, // somebody else has the slot
    WINDOW_CHANGED, // the table's version or slots changed: store_refresh is due
    WINDOW_FAILED,  // err says why
};

// Of lane->slot.
enum window_end window_run(struct lane *lane, struct error *err);

// Follows the session that keeps the lane from its slot, by the window's end. False when the server
// could not be asked about it.
bool lane_watch_holder(struct lane *lane, enum window_end end, struct error *err) MUST_CHECK;

// The claim that a window or a poll of the slot begins with.
struct claim window_first_claim(const struct lane *lane, const struct slot *slot, int limit);

// Tells of a row of `claimed` whose number a writer has set above all that the sequence has drawn.
void window_note_numbers(struct window *window);

// Makes the window's claim again in the way that fits what it met, if it met anything.
bool window_claim_again(struct window *window, enum claim_met met, struct batch *batch,
                        struct error *err) MUST_CHECK;

// Holds back the aggregates of those rows of `claimed` that another session has locked.
bool window_hold_locked(struct window *window, struct error *err) MUST_CHECK;

// Hands `claimed` to the producer, but for what has to wait or cannot be sent.
bool window_publish(struct window *window, struct error *err) MUST_CHECK;

// Waits for the outcomes of `published`. Those that Kafka did not give in time, or gave of a whole
// batch, are judged or asked for again: each is then the message's own.
void window_hear(struct window *window);

// Waits for the outcomes of `published`, and writes what failed to the table; what was acknowledged
// is due to be marked. Frees the batch.
bool window_settle(struct window *window, struct error *err) MUST_CHECK;

// Counts what became of the rows, once that is committed.
void window_count(struct window *window);

// Marks what is due. A row that cannot be marked is left alone.
bool window_mark(struct window *window, struct error *err) MUST_CHECK;

// Logs the failures of a window that was committed.
void window_tell_failures(const struct window *window);

// The claims begin behind `since` again when the window has ended.
void window_release(struct window *window, struct position since);

// --- what PostgreSQL refuses to write of a row (refused.c)

// Is the row left alone for now?
bool window_is_quarantined(struct window *window, const struct row *row);

// Of the first `count` rows of `due` those in `refused` could not be marked: each waits, and is
// tried by a window that marks before it sends. Empties `refused`. False: no row can be marked.
bool window_take_refusals(struct window *window, struct refusals *refused, size_t count,
                          struct error *err) MUST_CHECK;

// Of `count` rows of the batch those in `refused` could not be marked before they are sent: their
// messages fail, or wait. Empties `refused`. False: no row can be marked.
bool window_refuse_unmarkable(struct window *window, struct batch *batch, struct refusals *refused,
                              size_t count, struct error *err) MUST_CHECK;

// The failure of a message could not be written: its row and its aggregate wait in memory.
// `counts`: it is an attempt.
void window_keep_unwritten(struct window *window, const struct refusal *refusal,
                           const struct message *message, bool counts);

// The failed attempts of a message: those of its row, those that could not be written, and the one
// in hand.
int64_t window_attempts_made(const struct window *window, const struct message *message);

// What became of a row is written: it waits in the table, or (done) is published or dead.
void window_forget_written(struct window *window, const struct message_id *id, bool done);

// Has no attempt left, or could not heal by one: its row is to be dead.
bool window_is_dead(const struct window *window, const struct message *message);

// Did the message fail, and does it keep its aggregate's later rows from being sent in its window?
// A row that no retry can heal does not, but for one that is copied to outbox.dead_topic first: as
// long as it has no copy it is not dead.
bool window_holds_followers(const struct window *window, const struct outcome *outcome);

// Copies what is dead of `published` to outbox.dead_topic. postponed[i], by its messages: the copy
// could not be sent, so that row may not be dead yet. False: rows cannot be made dead, and nothing
// was sent.
bool window_bury(struct window *window, bool *postponed, struct error *err) MUST_CHECK;

// Nobody answers any more: every outcome is settled, and the producer closed with the window.
void window_give_up_producer(struct window *window);

// An answer about a message is one from its topic too: what it tried is not blocked any more, and
// its rows are looked at again from where the first was passed over.
void window_note_answer(struct window *window, const struct message *message);

// Opens the breaker of a message's topic, which Kafka refused it for. False when there are too many
// open: then its rows wait one by one.
bool window_block_topic(struct window *window, const struct message *message,
                        const struct error *why) MUST_CHECK;

bool window_keeps_order(const struct window *window);
bool window_is_version_2(const struct window *window);

#endif
