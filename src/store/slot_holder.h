// SPDX-License-Identifier: Apache-2.0
// The question of sql/store/slot_holder.sql: its parameters and its answer, all of them texts.
// Private to the store.
#ifndef OUTRIDER_STORE_SLOT_HOLDER_PRIVATE_H
#define OUTRIDER_STORE_SLOT_HOLDER_PRIVATE_H

#include "outrider/store/slot_holder.h"

enum { SLOT_HOLDER_PARAMS = 4, SLOT_HOLDER_COLUMNS = 9 };

// Its answer, for session_expect.
#define SLOT_HOLDER_FIELDS "TTTTTTTTT"

struct slot_range {
    int first, last;
};

struct slot_holder_params {
    char first[16], last[16];
};

// Fills the texts, which point into the storage and to the table's quoted name.
void slot_holder_params(struct slot_holder_params *storage, const char *table,
                        struct slot_range slots, bool keeps_order,
                        const char *ret_texts[SLOT_HOLDER_PARAMS]);

// columns: of the answer's row, copied; NULL: there was none.
void slot_holder_read(const char *const *columns, struct slot_holder *ret_holder);

#endif
