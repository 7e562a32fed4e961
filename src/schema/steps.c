// SPDX-License-Identifier: Apache-2.0
// THE tables of steps.
//
// apply, revert, status and print all read them, so what is printed is what is run. Each step has a
// probe, and the order is such that a run which is cut short anywhere leaves a table that serves
// both versions: version 2 is said to be there only by the last step, under the guard, after
// everything it needs was seen to be there.
//
// The number of slots changes in the same way: first the index of the new number, then the number,
// under the guard, then whatever index no number needs any more.
//
// In a transaction the statements that make nobody wait come first: the version table, the
// sequence, the settings (whose weaker lock sends an autovacuum away, which no lock_timeout as
// short as PostgreSQL's deadlock_timeout would). The table's ACCESS EXCLUSIVE lock comes last and
// is held for catalogue changes alone.
#include "steps.h"

#include "sql.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define GUARD                                                                                      \
    {                                                                                              \
        .sql = sql_schema_guard, .patient = true                                                   \
    }

#define SLOT_INDEX(n)                                                                              \
    {                                                                                              \
        .version = 2, .name = "slot index", .about = "the queue of each of " #n " slots",          \
        .kind = STEP_ALONE, .done = sql_schema_done_index, .index = "_outrider_slots_" #n,         \
        .slots = (n), .presence = PRESENT_FOR_SLOTS, .statements = {                               \
            {.sql = sql_schema_create_slot_index}                                                  \
        }                                                                                          \
    }
#define SLOT_INDEX_DROPPED(n, when)                                                                \
    {                                                                                              \
        .version = 2, .name = "slot index", .about = "that of " #n " slots is dropped",            \
        .kind = STEP_ALONE, .done = sql_schema_done_index_dropped, .index = "_outrider_slots_" #n, \
        .slots = (n), .presence = (when), .statements = {                                          \
            {.sql = sql_schema_drop_index}                                                         \
        }                                                                                          \
    }

const struct step steps_up[] = {
    {
        .version = 1,
        .name = "table",
        .about = "the table, when there is none; one that is there is adopted as it is",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_table,
        .statements =
            {
                {.sql = sql_schema_drop_version_table, .occurs = OCCURS_IF_ORPHANED},
                {.sql = sql_schema_create_table},
                {.sql = sql_schema_comment_table},
                {.sql = sql_schema_create_unpublished_index},
            },
    },
    {
        .version = 2,
        .name = "columns",
        .about = "the version table, the sequence and the new columns",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_columns,
        .statements =
            {
                GUARD,
                {.sql = sql_schema_exhaust_dead_rest,
                 .patient = true,
                 .occurs = OCCURS_IF_UNVERSIONED},
                {.sql = sql_schema_lift_sequence, .patient = true, .occurs = OCCURS_IF_UNVERSIONED},
                {.sql = sql_schema_create_version_table, .patient = true},
                {.sql = sql_schema_comment_version_table, .patient = true},
                {.sql = sql_schema_own_version_table, .patient = true},
                {.sql = sql_schema_grant_version_table, .patient = true},
                {.sql = sql_schema_insert_version, .patient = true},
                {.sql = sql_schema_demote_version, .patient = true},
                {.sql = sql_schema_note_made_columns, .patient = true},
                {.sql = sql_schema_create_sequence, .patient = true},
                {.sql = sql_schema_own_sequence, .patient = true},
                {.sql = sql_schema_grant_sequence, .patient = true},
                {.sql = sql_schema_set_options, .patient = true},
                {.sql = sql_schema_add_columns},
                {.sql = sql_schema_set_seq_default},
                {.sql = sql_schema_own_by_seq},
            },
    },
    {
        .version = 2,
        .name = "identity",
        .about = "a random identity in the version table, by which relays know the table again",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_identity,
        .statements = {GUARD, {.sql = sql_schema_add_identity}},
    },
    {
        .version = 2,
        .name = "numbers",
        .about = "a number for each unpublished row that has none",
        .kind = STEP_LOOP,
        .done = sql_schema_done_number,
        .statements =
            {
                {.sql = sql_schema_rank_rows},
                {.sql = sql_schema_key_numbers},
                {.sql = sql_schema_number_rows,
                 .repeated = true,
                 .hint = "Repeat the next statement until taken is 0."},
                {.sql = sql_schema_drop_numbers},
            },
    },
    {
        .version = 2,
        .name = "claim index",
        .about = "the queue in the order of its numbers",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index,
        .index = "_outrider_claim",
        .statements = {{.sql = sql_schema_create_claim_index}},
    },
    {
        .version = 2,
        .name = "waiting index",
        .about = "rows that wait for their next attempt, by aggregate",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index,
        .index = "_outrider_waiting_hash",
        .presence = PRESENT_FOR_HASHES,
        .statements = {{.sql = sql_schema_create_waiting_index,
                        .hint = "On a table that is at version 2: an index of that name that is "
                                "INVALID has to be dropped first."}},
    },
    {
        .version = 2,
        .name = "waiting index",
        .about = "rows that wait for their next attempt, by aggregate",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index,
        .index = "_outrider_waiting",
        .presence = PRESENT_FOR_VALUES,
        .statements = {{.sql = sql_schema_create_waiting_index_by_value}},
    },
    {
        .version = 2,
        .name = "due index",
        .about = "rows that wait for their next attempt, by time",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index,
        .index = "_outrider_due",
        .statements = {{.sql = sql_schema_create_due_index}},
    },
    {
        .version = 2,
        .name = "dead index",
        .about = "dead letters",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index,
        .index = "_outrider_dead",
        .statements = {{.sql = sql_schema_create_dead_index}},
    },
    SLOT_INDEX(2),
    SLOT_INDEX(4),
    SLOT_INDEX(8),
    SLOT_INDEX(16),
    SLOT_INDEX(32),
    SLOT_INDEX(64),
    {
        .version = 2,
        .name = "dead rows",
        .about = "a time of death for rows whose attempts are used up",
        .kind = STEP_LOOP,
        .done = sql_schema_done_dead,
        .statements = {{.sql = sql_schema_mark_dead,
                        .repeated = true,
                        .hint = "Repeat the next statement until taken is 0."}},
    },
    {
        .version = 2,
        .name = "version",
        .about = "version 2 comes into force",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_version,
        .statements =
            {
                GUARD,
                {.sql = sql_schema_use_indexes},
                {.sql = sql_schema_mark_dead_rest},
                {.sql = sql_schema_unmark_dead},
                {.sql = sql_schema_promote_version,
                 .must_touch = true,
                 .hint = "UPDATE 0: a row has no number yet, or an index is not valid. Go back."},
            },
    },
    {
        .version = 2,
        .name = "waiting index",
        .about = "that of an earlier outrider, which long aggregates do not fit into, is dropped",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index_dropped,
        .index = "_outrider_waiting",
        .presence = PRESENT_TO_MEND,
        .statements = {{.sql = sql_schema_drop_index}},
    },
    {
        .version = 2,
        .name = "slots",
        .about = "their number comes into force",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_slots,
        .presence = PRESENT_TO_CHANGE_SLOTS,
        .statements =
            {
                GUARD,
                {.sql = sql_schema_set_slots,
                 .must_touch = true,
                 .hint = "UPDATE 0: the slots' index is not valid. Go back."},
            },
    },
    SLOT_INDEX_DROPPED(2, PRESENT_FOR_OTHER_SLOTS),
    SLOT_INDEX_DROPPED(4, PRESENT_FOR_OTHER_SLOTS),
    SLOT_INDEX_DROPPED(8, PRESENT_FOR_OTHER_SLOTS),
    SLOT_INDEX_DROPPED(16, PRESENT_FOR_OTHER_SLOTS),
    SLOT_INDEX_DROPPED(32, PRESENT_FOR_OTHER_SLOTS),
    SLOT_INDEX_DROPPED(64, PRESENT_FOR_OTHER_SLOTS),
};
const size_t steps_up_count = COUNT(steps_up);

const struct step steps_down[] = {
    {
        .version = 2,
        .name = "dead rows",
        .about = "version 1 knows the dead by their attempts",
        .kind = STEP_LOOP,
        .done = sql_schema_done_demoted,
        .statements = {{.sql = sql_schema_exhaust_dead,
                        .repeated = true,
                        .hint = "Repeat the next statement until taken is 0."}},
    },
    {
        .version = 2,
        .name = "version",
        .about = "version 1 comes into force",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_demoted,
        .statements =
            {
                GUARD,
                {.sql = sql_schema_exhaust_dead_rest},
                {.sql = sql_schema_demote_version},
            },
    },
    SLOT_INDEX_DROPPED(64, PRESENT_ALWAYS),
    SLOT_INDEX_DROPPED(32, PRESENT_ALWAYS),
    SLOT_INDEX_DROPPED(16, PRESENT_ALWAYS),
    SLOT_INDEX_DROPPED(8, PRESENT_ALWAYS),
    SLOT_INDEX_DROPPED(4, PRESENT_ALWAYS),
    SLOT_INDEX_DROPPED(2, PRESENT_ALWAYS),
    {
        .version = 2,
        .name = "dead index",
        .about = "dropped",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index_dropped,
        .index = "_outrider_dead",
        .statements = {{.sql = sql_schema_drop_index}},
    },
    {
        .version = 2,
        .name = "due index",
        .about = "dropped",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index_dropped,
        .index = "_outrider_due",
        .statements = {{.sql = sql_schema_drop_index}},
    },
    {
        .version = 2,
        .name = "waiting index",
        .about = "dropped",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index_dropped,
        .index = "_outrider_waiting_hash",
        .statements = {{.sql = sql_schema_drop_index}},
    },
    {
        .version = 2,
        .name = "waiting index",
        .about = "that by value is dropped",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index_dropped,
        .index = "_outrider_waiting",
        .statements = {{.sql = sql_schema_drop_index}},
    },
    {
        .version = 2,
        .name = "claim index",
        .about = "dropped",
        .kind = STEP_ALONE,
        .done = sql_schema_done_index_dropped,
        .index = "_outrider_claim",
        .statements = {{.sql = sql_schema_drop_index}},
    },
    {
        .version = 2,
        .name = "columns",
        .about = "what outrider added is removed, the table's own settings are restored",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_columns_dropped,
        .statements =
            {
                GUARD,
                {.sql = sql_schema_reset_options, .patient = true},
                {.sql = sql_schema_restore_options,
                 .patient = true,
                 .occurs = OCCURS_IF_OPTIONS_SAVED},
                {.sql = sql_schema_drop_column,
                 .occurs = OCCURS_EACH_MADE_COLUMN,
                 .hint = "Not if the application has made this column: see made_columns."},
                {.sql = sql_schema_drop_seq_default, .occurs = OCCURS_IF_SEQ_IS_ADOPTED},
                {.sql = sql_schema_drop_sequence},
                {.sql = sql_schema_drop_version_table},
            },
    },
    {
        .version = 1,
        .name = "table",
        .about = "dropped, when outrider made it",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_table_dropped,
        .statements =
            {
                GUARD,
                {.sql = sql_schema_comment_table, .patient = true},
                {.sql = sql_schema_shut_writers_out},
                {.sql = sql_schema_count_unpublished,
                 .refuses = "unpublished rows are left; --force drops the table with them",
                 .hint = "Unless this counts 0, unpublished rows are lost: ROLLBACK."},
                {.sql = sql_schema_drop_table},
            },
    },
};
const size_t steps_down_count = COUNT(steps_down);

void
step_title(const struct step *step, char out[static STEP_TITLE_SIZE])
{
    if (step->inbox)
        snprintf(out, STEP_TITLE_SIZE, "inbox, %s", step->name);
    else
        snprintf(out, STEP_TITLE_SIZE, "version %d, %s", step->version, step->name);
}
