// SPDX-License-Identifier: Apache-2.0
// Where a window's claims begin.
//
// Truth is the row, never a position: a window that began at the very start of the queue would
// always be right. It would also read, each time, the index entries of all rows that were published
// and not yet vacuumed. The floor spares it those, and may only rise past a place when no row can
// turn up below it any more. A row can: its number (or created_at) is drawn before its transaction
// commits. Then a later row of the same aggregate may be visible, and a claim that began above the
// late row would overtake it.
//
// The proof. The row at p was locked by a claim, so whoever drew a number up to p had drawn it
// before that claim's snapshot, in a transaction that had its id by then (table version 2's default
// takes the id first). A snapshot's xmax is one above the highest id that has ended, and to lock a
// row takes an id: the claim's own, of its savepoint, is above all those, and ends with the window.
// So the next window's xmax is above them too: the pair (p, xmax) is a mark. A row that was claimed
// but not locked would not do. Once a later window's first snapshot has xmin >= xmax, all those
// transactions have ended; that window's claim is taken with a still later snapshot, begins at a
// floor not above p, and so sees every row they left. Only when it has ended well may the *next*
// window begin at p (what it met locked again has a hold; with ordering: none it has not, and is
// left to the sweeps). Sub-transactions, prepared transactions and rows locked by others (whose
// lockers have ids too) are covered by the same pair. A transaction that holds a snapshot but has
// no id does not hold the floor back.
//
// The number at p must have been drawn from the table's sequence for all this. A writer can set any
// other, and above a row with the highest number there is no room for the rows to come. So a mark
// is never above the last number that the sequence had drawn when the window began: each number up
// to that one had been drawn by then, in a transaction that had its id.
//
// On version 1 created_at is the transaction's start, which precedes its id by as long as it likes:
// there the floor is a mere saving and the lane resets it often (see lane.c).
#include "floor.h"

#include <string.h>

static const struct position lowest = {.major = INT64_MIN};
static const struct position highest = {.major = INT64_MAX};

int
position_compare(const struct position *a, const struct position *b)
{
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    return memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
}

static struct position
lower_of(struct position a, struct position b)
{
    return position_compare(&a, &b) <= 0 ? a : b;
}

void
floor_reset(struct floor *floor)
{
    *floor = (struct floor){.start = lowest,
                            .proved = lowest,
                            .reached = lowest,
                            .candidate = lowest,
                            .ceiling = highest};
}

void
floor_lower(struct floor *floor, struct position position)
{
    floor->start = lower_of(floor->start, position);
}

struct position
position_before(struct position row)
{
    return (struct position){.major = row.major > INT64_MIN ? row.major - 1 : INT64_MIN};
}

void
floor_sweep(struct floor *floor)
{
    floor->start = lowest;
}

static void
add_mark(struct floor *floor, uint64_t xmax)
{
    // When they are all in use, because some transaction lasts long, the newest is replaced: a
    // later mark covers an earlier one.
    if (floor->count == FLOOR_MARKS)
        floor->count--;
    floor->marks[floor->count++] = (struct floor_mark){floor->reached, xmax};
    floor->unmarked = false;
}

void
floor_view(struct floor *floor, uint64_t xmin, uint64_t xmax)
{
    if (floor->unmarked)
        add_mark(floor, xmax);
    floor->candidate = floor->proved;
    for (size_t i = 0; i < floor->count && floor->marks[i].xmax <= xmin; i++)
        floor->candidate = floor->marks[i].reached;
}

void
floor_limit(struct floor *floor, int64_t last_number)
{
    const struct position ceiling = {.major = last_number};

    floor->ceiling = ceiling;
    floor->start = lower_of(floor->start, ceiling);
    floor->proved = lower_of(floor->proved, ceiling);
    floor->reached = lower_of(floor->reached, ceiling);
    floor->candidate = lower_of(floor->candidate, ceiling);
    while (floor->count > 0 &&
           position_compare(&floor->marks[floor->count - 1].reached, &ceiling) > 0)
        floor->count--;
}

// Marks at or below what is proved have done their work.
static void
drop_marks(struct floor *floor)
{
    size_t done = 0;

    while (done < floor->count &&
           position_compare(&floor->marks[done].reached, &floor->proved) <= 0)
        done++;
    floor->count -= done;
    memmove(floor->marks, floor->marks + done, floor->count * sizeof *floor->marks);
}

void
floor_end(struct floor *floor, struct position reached, bool exhausted)
{
    struct position allowed = exhausted ? floor->candidate : lower_of(floor->candidate, reached);

    reached = lower_of(reached, floor->ceiling);
    if (position_compare(&allowed, &floor->start) > 0)
        floor->start = allowed;
    if (position_compare(&allowed, &floor->proved) > 0)
        floor->proved = allowed;
    drop_marks(floor);
    if (position_compare(&reached, &floor->reached) > 0) {
        floor->reached = reached;
        floor->unmarked = true;
    }
}
