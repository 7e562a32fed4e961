// SPDX-License-Identifier: Apache-2.0
//
// The floor's proof, tried: random transactions, lockers and windows, step by step. No later row of
// an aggregate is ever claimed before an earlier one, and every row is claimed in the end, though
// nothing is ever swept here.
//
// All rows are of one slot. Several lanes send from it in turn, each with a floor and holds of its
// own, which know nothing of the others' windows; the rows that wait are in the table, for all.
//
// The bounds of a snapshot are PostgreSQL's (procarray.c, GetSnapshotData): xmax is one above the
// highest id that has ended, so a transaction that runs may have an id of xmax or more, and xmin is
// the lowest running id below xmax, or xmax. Whoever locks a row has an id, a relay too; each claim
// stands behind a savepoint and so draws one of its own.
// links: base model src/relay/floor.c
#include "src/relay/floor.h"

#include "tests/support/unit.h"

#include <string.h>

enum {
    WORLDS = 1500,
    STEPS = 250,
    AGGREGATES = 6,
    TRANSACTIONS = 8,
    ROWS = 256,
    BATCHES = 3,
    LANES = 3
};
enum { NONE = -1 };

enum state { UNCOMMITTED, READY, SENT, DONE, GONE };

struct entry {
    int aggregate;
    int writer; // while UNCOMMITTED
    uint64_t writer_id;
    int locker; // of a READY row
    enum state state;
};

struct transaction {
    bool running;
    uint64_t id; // 0: none yet
};

// Everything there is; a row's number is its place.
static struct world {
    uint64_t random;
    bool calm;   // nothing fails any more
    int writers; // of the transactions
    uint64_t next_id, last_ended;
    struct transaction transactions[TRANSACTIONS];
    int owner[AGGREGATES]; // whoever wrote to it last and still runs
    struct entry rows[ROWS];
    int row_count;
    int head[AGGREGATES]; // the row that waits, and its followers with it
    int last[AGGREGATES]; // the latest row that was sent
    // The relay:
    int lanes;
    int lane; // whose turn it is
    struct floor floors[LANES];
    int holds[LANES][AGGREGATES]; // the locked row that holds its aggregate back
    bool in_window;
    int sender; // the lane whose window it is
    int batches, after, locked;
    bool exhausted, cut;
    uint64_t window_id, xmin; // window_id: the first one it drew, and holds to its end
    int last_before[AGGREGATES], head_before[AGGREGATES];
} world;

static int
draw(int n)
{
    world.random ^= world.random << 13;
    world.random ^= world.random >> 7;
    world.random ^= world.random << 17;
    return (int)(world.random % (uint64_t)n);
}

static void
begin_world(uint64_t seed)
{
    world = (struct world){.random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
                           .next_id = 10,
                           .last_ended = 9,
                           .row_count = 1}; // numbers begin at 1
    world.writers = 2 + draw(TRANSACTIONS - 1);
    world.lanes = 1 + draw(LANES);
    for (int i = 0; i < AGGREGATES; i++)
        world.owner[i] = world.head[i] = NONE;
    for (int lane = 0; lane < LANES; lane++) {
        floor_reset(&world.floors[lane]);
        for (int i = 0; i < AGGREGATES; i++)
            world.holds[lane][i] = NONE;
    }
}

// --- writers

static void
need_id(struct transaction *transaction)
{
    if (transaction->id == 0)
        transaction->id = world.next_id++;
}

static void
ended(uint64_t id)
{
    if (id > world.last_ended)
        world.last_ended = id;
}

// Writers lock an aggregate before they write of it. The default of `seq` takes the id first.
static void
insert(int me)
{
    int aggregate = draw(AGGREGATES);
    if ((world.owner[aggregate] != NONE && world.owner[aggregate] != me) || world.row_count == ROWS)
        return;
    world.owner[aggregate] = me;
    world.transactions[me].running = true;
    need_id(&world.transactions[me]);
    world.rows[world.row_count++] = (struct entry){.aggregate = aggregate,
                                                   .writer = me,
                                                   .writer_id = world.transactions[me].id,
                                                   .locker = NONE};
}

static void
lock_row(int me)
{
    int number = 1 + draw(world.row_count);
    if (number == world.row_count || world.rows[number].state != READY ||
        world.rows[number].locker != NONE)
        return;
    need_id(&world.transactions[me]);
    world.rows[number].locker = me;
}

static void
end_transaction(int me, bool commit)
{
    for (int i = 1; i < world.row_count; i++) {
        struct entry *row = &world.rows[i];
        if (row->state == UNCOMMITTED && row->writer == me)
            row->state = commit ? READY : GONE;
        if (row->locker == me)
            row->locker = NONE;
    }
    for (int i = 0; i < AGGREGATES; i++)
        if (world.owner[i] == me)
            world.owner[i] = NONE;
    ended(world.transactions[me].id);
    world.transactions[me] = (struct transaction){0};
}

static void
step_transaction(int me)
{
    struct transaction *transaction = &world.transactions[me];
    switch (draw(8)) {
    case 0:
        need_id(transaction); // it writes to another table
        break;
    case 1:
        lock_row(me);
        break;
    case 2:
    case 3:
        if (transaction->running)
            end_transaction(me, draw(10) > 0);
        return;
    default:
        insert(me);
    }
    transaction->running = true;
}

// --- the relay

static struct floor *
own_floor(void)
{
    return &world.floors[world.lane];
}

static int *
own_hold(int aggregate)
{
    return &world.holds[world.lane][aggregate];
}

static void
view(void)
{
    uint64_t xmax = world.last_ended + 1, xmin = xmax;
    for (int i = 0; i < TRANSACTIONS; i++) {
        const struct transaction *transaction = &world.transactions[i];
        if (transaction->running && transaction->id != 0 && transaction->id < xmin)
            xmin = transaction->id;
    }
    if (world.in_window && world.window_id != 0 && world.window_id < xmin)
        xmin = world.window_id;
    floor_view(own_floor(), xmin, xmax);
    if (!world.in_window)
        world.xmin = xmin;
}

static int
start(void)
{
    return own_floor()->start.major < 0 ? 0 : (int)own_floor()->start.major;
}

// What another's window in hand has done is not to be seen yet.
static bool
claimable(const struct entry *row)
{
    bool beside = world.in_window && world.lane != world.sender;
    const int *head = beside ? world.head_before : world.head;
    return (row->state == READY || (beside && row->state == SENT)) &&
           head[row->aggregate] == NONE && *own_hold(row->aggregate) == NONE;
}

static bool
is_behind(int hold, int number)
{
    return hold != NONE && hold < number;
}

static bool
held_back(int number)
{
    int aggregate = world.rows[number].aggregate;
    return is_behind(*own_hold(aggregate), number) || is_behind(world.head[aggregate], number);
}

static void
hold(int *known, int number)
{
    if (*known == NONE || number < *known)
        *known = number;
}

// THE property.
static void
send_row(int number)
{
    struct entry *row = &world.rows[number];
    ck_assert_msg(number > world.last[row->aggregate], "row %d of aggregate %d went after row %d",
                  number, row->aggregate, world.last[row->aggregate]);
    if (!world.calm && draw(12) == 0) { // it failed and waits, and its followers with it
        hold(&world.head[row->aggregate], number);
        return;
    }
    world.last[row->aggregate] = number;
    row->state = SENT;
}

// Was the row perhaps not there yet when the window began? Then an earlier one of its aggregate and
// transaction may have been missed by the claims before, and this claim ends in front of it.
static bool
too_new(const struct entry *entry)
{
    return world.batches > 0 && entry->writer_id >= world.xmin;
}

// All rows of a claim are seen by one snapshot; those that somebody holds locked are holes.
static void
claim(void)
{
    int batch[ROWS], count = 0, limit = 1 + draw(4);
    bool took = false, cut = false;
    for (int i = world.after + 1; i < world.row_count && count < limit; i++)
        if (claimable(&world.rows[i]))
            batch[count++] = i;
    world.exhausted = count < limit;
    for (int i = 0; i < count; i++)
        if (too_new(&world.rows[batch[i]])) {
            count = i;
            cut = true;
        }
    for (int i = 0; i < count; i++) {
        if (world.rows[batch[i]].locker != NONE)
            hold(own_hold(world.rows[batch[i]].aggregate), batch[i]);
        else
            took = true;
    }
    for (int i = 0; i < count; i++) {
        world.after = batch[i];
        if (world.rows[batch[i]].locker != NONE)
            continue;
        world.locked = batch[i];
        if (!held_back(batch[i]))
            send_row(batch[i]);
    }
    if (took)
        world.window_id = world.next_id++;
    world.exhausted &= !cut;
    world.cut = cut;
}

static void
begin_window(void)
{
    view();
    world.in_window = true;
    world.sender = world.lane;
    world.batches = 0;
    world.after = world.locked = start();
    world.window_id = 0;
    memcpy(world.last_before, world.last, sizeof world.last);
    memcpy(world.head_before, world.head, sizeof world.head);
    if (!world.calm && draw(2)) // a writer may come between the view and the first claim
        insert(draw(world.writers));
    claim();
}

// What ended badly is as if it had never been: the lane connects anew, with a floor that knows
// nothing, and nobody knows any more which row of a held aggregate is the first.
static void
abort_window(void)
{
    memcpy(world.last, world.last_before, sizeof world.last);
    memcpy(world.head, world.head_before, sizeof world.head);
    floor_reset(own_floor());
    for (int i = 0; i < AGGREGATES; i++)
        if (*own_hold(i) != NONE)
            *own_hold(i) = 0;
}

static void
end_window(bool commit)
{
    world.in_window = false;
    ended(world.window_id);
    for (int i = 1; i < world.row_count; i++)
        if (world.rows[i].state == SENT)
            world.rows[i].state = commit ? DONE : READY;
    if (commit)
        floor_end(own_floor(), (struct position){.major = world.locked}, world.exhausted);
    else
        abort_window();
}

static void
step_window(void)
{
    if (++world.batches < BATCHES && !world.exhausted && !world.cut)
        claim();
    else
        end_window(world.calm || draw(10) > 0);
}

// The lane looks at everything from the row on again, but for what it holds: that is held from
// there on.
static void
lower(int lane, int row)
{
    if (row == NONE)
        return;
    floor_lower(&world.floors[lane], position_before((struct position){.major = row}));
    for (int i = 0; i < AGGREGATES; i++)
        if (world.holds[lane][i] >= row)
            world.holds[lane][i] = row - 1;
}

static void
release_hold(int aggregate)
{
    int row = *own_hold(aggregate);
    *own_hold(aggregate) = NONE;
    lower(world.lane, row);
}

// It is due: every lane learns that before it claims again.
static void
release_head(int aggregate)
{
    if (world.in_window)
        return;
    for (int lane = 0; lane < world.lanes; lane++)
        lower(lane, world.head[aggregate]);
    world.head[aggregate] = NONE;
}

// True when there is nothing to claim above the floor.
static bool
poll_nothing(void)
{
    for (int i = start() + 1; i < world.row_count; i++)
        if (claimable(&world.rows[i]))
            return false;
    view();
    floor_end(own_floor(), own_floor()->start, true);
    return true;
}

static void
step_relay(void)
{
    world.lane = draw(world.lanes);
    if (world.in_window && world.lane != world.sender)
        poll_nothing();
    else if (world.in_window)
        step_window();
    else if (draw(4) == 0)
        draw(2) ? release_hold(draw(AGGREGATES)) : release_head(draw(AGGREGATES));
    else if (draw(3) == 0 || !poll_nothing())
        begin_window();
}

// Everybody goes home, the relay last.
static void
end_world(void)
{
    for (int i = 0; i < TRANSACTIONS; i++)
        if (world.transactions[i].running)
            end_transaction(i, true);
    world.calm = true;
    world.lane = world.sender;
    while (world.in_window)
        step_window();
    world.lane = draw(world.lanes); // the others never work again
    for (int aggregate = 0; aggregate < AGGREGATES; aggregate++) {
        release_hold(aggregate);
        release_head(aggregate);
    }
    for (int i = 0; i < ROWS && (world.in_window || !poll_nothing()); i++)
        world.in_window ? step_window() : begin_window();
    for (int i = 1; i < world.row_count; i++)
        ck_assert_msg(world.rows[i].state == DONE || world.rows[i].state == GONE,
                      "row %d is still there below a floor of %d", i, start());
}

START_TEST(test_no_row_is_overtaken_and_none_is_left)
{
    int lifted = 0;
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        begin_world(seed);
        for (int i = 0; i < STEPS; i++) {
            if (draw(3) > 0)
                step_transaction(draw(world.writers));
            else
                step_relay();
            lifted += start() > 0;
        }
        end_world();
    }
    ck_assert_int_gt(lifted, WORLDS * STEPS / 8); // or nothing was tried
}
END_TEST

// A floor that never rises would be right and useless: on a quiet day it comes to the end.
START_TEST(test_it_rises_to_the_end_when_all_is_quiet)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        begin_world(seed);
        for (int i = 0; i < STEPS; i++)
            step_transaction(draw(world.writers));
        end_world();
        for (int i = 0; i < 3; i++)
            ck_assert(poll_nothing());
        ck_assert_int_eq(own_floor()->start.major, own_floor()->reached.major);
        ck_assert_int_gt(own_floor()->start.major, 0);
    }
}
END_TEST

int
main(void)
{
    return RUN_TESTS("floor_order", test_no_row_is_overtaken_and_none_is_left,
                     test_it_rises_to_the_end_when_all_is_quiet);
}
