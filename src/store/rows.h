// SPDX-License-Identifier: Apache-2.0
// From a claim's result to a batch of messages. Private to the store.
#ifndef OUTRIDER_STORE_ROWS_H
#define OUTRIDER_STORE_ROWS_H

#include "outrider/model/batch.h"

#include <libpq-fe.h>

// Takes ownership of the result: the batch's views point into it. `limit`: the rows that were asked
// for.
void rows_to_batch(PGresult *result, int limit, bool tie_by_id, struct batch *ret_batch);

#endif
