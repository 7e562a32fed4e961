// SPDX-License-Identifier: Apache-2.0
//
// THE list of the columns that outrider writes, and of those to which it writes NULL.
//
// A table can have every column, each of the right type, and still refuse all that is written: that
// shows at the first mark or the first failure, long after the start. So it is judged where the
// types are.
#include "outrider/store/column_kind.h"

static const struct {
    bool written;
    bool emptied; // NULL is written, or tells one row from another
} table[COLUMN_COUNT] = {
    [COLUMN_PUBLISHED] = {true, false},      [COLUMN_PUBLISHED_AT] = {true, false},
    [COLUMN_RETRY_COUNT] = {true, false},    [COLUMN_LAST_ERROR] = {true, false},
    [COLUMN_NEXT_ATTEMPT_AT] = {true, true}, [COLUMN_ERROR_CLASS] = {true, false},
    [COLUMN_DEAD_AT] = {true, true},         [COLUMN_SEQ] = {true, false},
};

bool
column_is_written(enum column column)
{
    return table[column].written;
}

bool
column_find_defect(enum column column, bool not_null, char computed,
                   struct column_defect *ret_defect)
{
    if (table[column].written && computed == COLUMN_COMPUTED_EXPRESSION)
        *ret_defect = (struct column_defect){
            "is GENERATED, so that nothing can be written to it, and outrider has to",
            "DROP EXPRESSION"};
    else if (table[column].written && computed == COLUMN_COMPUTED_IDENTITY)
        *ret_defect = (struct column_defect){
            "is GENERATED ALWAYS AS IDENTITY, so that nothing can be written to it, and outrider "
            "has to",
            "DROP IDENTITY"};
    else if (table[column].emptied && not_null)
        *ret_defect = (struct column_defect){
            "is NOT NULL, and outrider writes NULL to it: a row without a time there neither waits "
            "nor is dead",
            "DROP NOT NULL"};
    else
        return false;
    return true;
}
