// SPDX-License-Identifier: Apache-2.0
// Several statements in one round trip. Private to the store.
#ifndef OUTRIDER_STORE_PIPELINE_H
#define OUTRIDER_STORE_PIPELINE_H

#include "answer.h"
#include "params.h"
#include "wire.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

// One statement. params may be NULL; the result, in binary format, is the caller's to clear.
// answer: what the caller will read of it; NULL: nothing.
struct step {
    const char *sql;
    const struct params *params;
    const struct answer *answer;
    PGresult *result;
};

// Runs the statements in order. False only when the connection failed, or an answer is not what the
// step expects: a statement's own error is in its result, and those behind it were not run.
// timeout_ms: the client's patience with each of them.
bool pipeline_run(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
                  struct error *err) MUST_CHECK;

// The two halves of pipeline_run: the caller may do something else in between, but ask the server
// nothing. pipeline_receive fills the results of as many steps as were sent.
bool pipeline_send(struct wire *wire, int timeout_ms, const struct step *steps, size_t count,
                   struct error *err) MUST_CHECK;
bool pipeline_receive(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
                      struct error *err) MUST_CHECK;

// Runs the statements and demands that all succeed.
bool pipeline_require(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
                      struct error *err) MUST_CHECK;

// The result of the first step that failed, or NULL.
const PGresult *pipeline_failed(const struct step *steps, size_t count);

void pipeline_clear(struct step *steps, size_t count);

#endif
