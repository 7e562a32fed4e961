// SPDX-License-Identifier: Apache-2.0
// What a schema command works with: the connection, the names, and what was found in the database.
// Private to the schema layer.
#ifndef OUTRIDER_SCHEMA_CONTEXT_H
#define OUTRIDER_SCHEMA_CONTEXT_H

#include "steps.h"

#include "outrider/base/error.h"
#include "outrider/base/text.h"
#include "outrider/schema/schema.h"
#include "outrider/store/names.h"
#include "outrider/store/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NEW_COLUMNS = COLUMN_COUNT - COLUMN_SEQ, // those of version 2
    IDENTIFIER_SIZE = 64,                    // PostgreSQL's NAMEDATALEN
    PHRASES_MAX = 48,
    OWN_PHRASES_MAX = 8,
    ANSWER_MS = 600000,        // the client's deadline for a short statement, lock waits included
    LONG_ANSWER_MS = 86400000, // for an index build
    PATIENT_TIMES = 10,        // a patient statement waits for this many lock_timeouts
};

// How the waiting index knows an aggregate.
enum aggregate_form {
    AGGREGATE_TEXT,   // by the hash of its text
    AGGREGATE_DIGITS, // by that of its hexadecimal digits
    AGGREGATE_VALUE,  // by its value
};

// Below the first number of the sequence: for the rows that were there before it
// (create_sequence.sql).
#define ROOM_FOR_OLD_ROWS (INT64_C(1) << 40)

struct facts {
    bool exists;
    char kind; // pg_class.relkind
    bool partition;
    bool owner; // this role may act as the table's owner
    bool may_create;
    bool may_use_temporary;
    bool made;              // outrider made the table
    bool has_version_table; // with its row, when the table is there: an empty one counts as none
    bool has_empty_version_table;
    bool may_drop_version_table; // outrider made it, and the table is not there
    bool has_inbox;              // outrider made the inbox or one of its functions
    int version;                 // in force
    int slots;                   // in force; 0 without a database
    bool has_seq;                // seq is there already
    bool seq_is_drawn;           // the default of seq draws from outrider's sequence
    enum aggregate_form aggregate_form;
    int server_version;
    int pid;
    char owner_name[IDENTIFIER_SIZE];
    char role[IDENTIFIER_SIZE];
    char database[IDENTIFIER_SIZE];
    char *made_columns[NEW_COLUMNS];
    size_t made_column_count;
    char *sequence_holder; // the table that owns the sequence of this table's name; NULL: none
    char *saved_options;   // "name = 'value', ..."; NULL: none
};

struct context {
    const struct store_settings *settings;
    const struct schema_progress *progress; // NULL: nobody listens
    struct session *session;                // NULL: printing
    struct schema_level asked;              // slots 0: the number that is in force
    struct names names;
    struct facts facts;
    int64_t first_number;                    // of the sequence, when it is made; 0: the usual one
    struct placeholder phrases[PHRASES_MAX]; // of the SQL files; their texts are owned
    size_t phrase_count;
};

// Connects and looks. The names' schema is the real one from then on. asked: the slots and the
// inbox that are wanted; its version is the caller's affair.
bool context_open(struct context *context, const struct store_settings *settings,
                  struct schema_level asked, const struct schema_progress *progress,
                  struct error *err) MUST_CHECK;

// Without a database: the facts are those of a table that has no surprises. 0 slots: of no number.
bool context_open_unconnected(struct context *context, const struct store_settings *settings,
                              struct schema_level asked, struct error *err) MUST_CHECK;
void context_close(struct context *context);

// Looks again.
bool context_refresh(struct context *context, struct error *err) MUST_CHECK;

// The statement with everything filled in. step: for its index; column: for {column}; both may be
// NULL. Caller frees.
char *context_expand(const struct context *context, const struct step *step, const char *column,
                     const char *sql);
// The same with the caller's own placeholders, before all others.
char *context_expand_with(const struct context *context, const struct step *step,
                          const struct placeholder *own, size_t own_count, const char *sql);

// Is the step one for this table and the number of slots that is wanted?
bool context_has_step(const struct context *context, const struct step *step);

// Is the inbox asked for, or there?
bool context_wants_inbox(const struct context *context);

// Calls `visit` for each statement of the step that occurs, in order, with the SQL filled in.
// Stops at the first false and returns it.
typedef bool statement_visitor(void *argument, const struct statement *statement, const char *sql,
                               struct error *err);
bool context_each_statement(const struct context *context, const struct step *step,
                            statement_visitor *visit, void *argument, struct error *err) MUST_CHECK;

// Runs a statement without wanting its rows.
bool context_run(struct context *context, const char *sql, int timeout_ms,
                 struct error *err) MUST_CHECK;

// Runs a query for one boolean.
bool context_ask(struct context *context, const struct step *step, const char *sql,
                 bool *ret_answer, struct error *err) MUST_CHECK;

// One line of progress.
void context_say(const struct context *context, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
