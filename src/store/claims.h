// SPDX-License-Identifier: Apache-2.0
// From a claim to the parameters of its statement. Private to the store.
#ifndef OUTRIDER_STORE_CLAIMS_H
#define OUTRIDER_STORE_CLAIMS_H

#include "params.h"
#include "shape.h"

// The parameters $1 to $10 of a claim, or of a poll of one slot.
void claims_params_of_one(const struct shape *shape, const struct claim *claim,
                          struct params *params);

// The same for a poll of all slots, with a claim for each.
void claims_params_of_all(const struct claim *claims, int count, struct params *params);

// The statement that fits them all.
enum claim_kind claims_kind(const struct claim *claims, int count);

#endif
