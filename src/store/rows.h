// SPDX-License-Identifier: Apache-2.0
// From a claim's result to a batch of messages. Private to the store.
#ifndef OUTRIDER_STORE_ROWS_H
#define OUTRIDER_STORE_ROWS_H

#include "answer.h"
#include "outrider/model/batch.h"

#include <libpq-fe.h>

// What a claim answers, in the order of sql/store/cut.sql.
extern const struct answer rows_answer;

// Takes ownership of the result, which has been held against rows_answer: the batch's views point
// into it. `limit`: the rows that were asked for.
void rows_to_batch(PGresult *result, int limit, bool tie_by_id, struct batch *ret_batch);

// A time in Unix microseconds, NULL as PostgreSQL's own epoch; the infinities are at the ends.
int64_t rows_unix_us(const PGresult *result, int row, int field);

#endif
