// SPDX-License-Identifier: Apache-2.0
// The question of sql/store/slot_holder.sql, asked on a visit. Private to the store.
#ifndef OUTRIDER_STORE_SLOT_HOLDER_PRIVATE_H
#define OUTRIDER_STORE_SLOT_HOLDER_PRIVATE_H

#include "outrider/store/slot_holder.h"
#include "visit.h"

struct slot_range {
    int first, last; // last < first: none, the guard alone
};

// In the transaction in hand. keeps_order: of the relay that is kept out.
bool slot_holder_look(struct visit *visit, struct slot_range slots, bool keeps_order,
                      struct slot_holder *ret_holder, struct error *err) MUST_CHECK;

#endif
