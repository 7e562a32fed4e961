// SPDX-License-Identifier: Apache-2.0
// THE tables of steps, upwards and downwards. Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_STEPS_H
#define OUTRIDER_SCHEMA_STEPS_H

#include <stdbool.h>
#include <stddef.h>

enum { STATEMENTS_MAX = 20 };

// How a step runs.
enum step_kind {
    STEP_TRANSACTION, // all statements in one transaction
    STEP_ALONE,       // one statement that refuses to run inside a transaction
    STEP_LOOP,        // each statement in a transaction of its own, one of them again and again
};

// A statement that is there once, several times, or not at all.
enum occurrence {
    OCCURS_ONCE,
    OCCURS_EACH_MADE_COLUMN,  // for each column that outrider added: {column}
    OCCURS_IF_OPTIONS_SAVED,  // the table had autovacuum settings of its own
    OCCURS_IF_SEQ_IS_ADOPTED, // seq is the application's own column, with our default
    OCCURS_IF_UNVERSIONED,    // version 2 lost its version table, as a copy without it does
    OCCURS_IF_ORPHANED,       // the table was dropped, and its version table was not
};

struct statement {
    const char *sql;
    const char *hint;    // printed before it; NULL: none
    bool patient;        // no writer waits behind the lock it takes: it may wait longer
    bool repeated;       // until it answers that no row was taken: (taken, finished)
    bool must_touch;     // touching no row means that the step cannot be done yet
    const char *refuses; // answers a count that must be 0, or else so many of these are in the way
    enum occurrence occurs;
};

// Whether a step is one for this table and for the number of slots that is wanted. What is not
// present always is printed from its own version on, too.
enum presence {
    PRESENT_ALWAYS,
    PRESENT_FOR_HASHES,      // when the aggregate's text can be in an index
    PRESENT_FOR_VALUES,      // when it cannot
    PRESENT_TO_MEND,         // when it can, for what an earlier outrider made: else not printed
    PRESENT_FOR_SLOTS,       // when step.slots are wanted
    PRESENT_FOR_OTHER_SLOTS, // when another number is
    PRESENT_TO_CHANGE_SLOTS, // when there is another number now
};

// A function that outrider makes, whose name depends on the table's.
enum function { FUNCTION_NONE, FUNCTION_INBOX_PURGE, FUNCTION_ENQUEUE };

struct step {
    int version; // the one that it leads to, or back from
    bool inbox;  // not of the table's versions: such a version of the table is all that it needs
    const char *name;
    const char *about;
    enum step_kind kind;
    const char *done;  // a query for one boolean: is there nothing to do?
    const char *index; // suffix of the index that the statement makes or drops; NULL: none
    int slots;         // that index is the queue of so many slots; 0: it is another
    enum presence presence;
    enum function function;                      // that it makes or drops
    struct statement statements[STATEMENTS_MAX]; // up to the first without sql
};

extern const struct step steps_up[];
extern const size_t steps_up_count;
extern const struct step steps_down[];
extern const size_t steps_down_count;
extern const struct step inbox_steps_up[];
extern const size_t inbox_steps_up_count;
extern const struct step inbox_steps_down[];
extern const size_t inbox_steps_down_count;

// "version 2, columns", "inbox, table".
enum { STEP_TITLE_SIZE = 64 };
void step_title(const struct step *step, char out[static STEP_TITLE_SIZE]);

#endif
