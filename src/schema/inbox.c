// SPDX-License-Identifier: Apache-2.0
//
// The steps of the inbox: what consumers of the messages need, and writers of them may use.
//
// They stand apart from the table's versions, because a database can need either without the other:
// its version 0 is the inbox itself, for which no outbox has to be there, its version 1 what is
// about version 1 of the outbox. A comment on each object says that outrider made it and which
// version of the inbox it is of; an application's own objects have none, and are never replaced
// or dropped.
#include "steps.h"

#include "sql.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// Only a version of the function that is not there is made, in place of an older one.
#define FUNCTION(which, since, name_, about_, create)                                              \
    {                                                                                              \
        .inbox = true, .version = (since), .name = (name_), .about = (about_),                     \
        .kind = STEP_TRANSACTION, .function = (which), .done = sql_schema_done_function,           \
        .statements = {                                                                            \
            {.sql = (create)},                                                                     \
            {.sql = sql_schema_comment_function},                                                  \
            {.sql = sql_schema_own_function},                                                      \
        }                                                                                          \
    }
#define FUNCTION_DROPPED(which, since, name_)                                                      \
    {                                                                                              \
        .inbox = true, .version = (since), .name = (name_), .about = "dropped",                    \
        .kind = STEP_TRANSACTION, .function = (which), .done = sql_schema_done_function_dropped,   \
        .statements = {                                                                            \
            {.sql = sql_schema_drop_function}                                                      \
        }                                                                                          \
    }

const struct step inbox_steps_up[] = {
    {
        .inbox = true,
        .name = "table",
        .about = "the inbox, when there is none; one that is there is adopted as it is",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_inbox,
        .statements =
            {
                {.sql = sql_schema_create_inbox},
                {.sql = sql_schema_comment_inbox},
                {.sql = sql_schema_create_inbox_index},
                {.sql = sql_schema_own_inbox},
            },
    },
    FUNCTION(FUNCTION_INBOX_PURGE, 0, "purge function", "deletes what was received long ago",
             sql_schema_create_inbox_purge),
    FUNCTION(FUNCTION_ENQUEUE, 1, "enqueue function", "writes a message, for applications",
             sql_schema_create_enqueue),
};
const size_t inbox_steps_up_count = COUNT(inbox_steps_up);

const struct step inbox_steps_down[] = {
    FUNCTION_DROPPED(FUNCTION_ENQUEUE, 1, "enqueue function"),
    FUNCTION_DROPPED(FUNCTION_INBOX_PURGE, 0, "purge function"),
    {
        .inbox = true,
        .name = "table",
        .about = "dropped, when outrider made it",
        .kind = STEP_TRANSACTION,
        .done = sql_schema_done_inbox_dropped,
        .statements =
            {
                {.sql = sql_schema_lock_inbox},
                {.sql = sql_schema_count_inbox,
                 .refuses = "messages are noted in the inbox, and copies of them would be taken "
                            "for new; --force drops it",
                 .hint = "Unless this counts 0, copies of old messages are taken for new: "
                         "ROLLBACK."},
                {.sql = sql_schema_drop_inbox},
            },
    },
};
const size_t inbox_steps_down_count = COUNT(inbox_steps_down);
