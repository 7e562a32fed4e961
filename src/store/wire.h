// SPDX-License-Identifier: Apache-2.0
// libpq under a deadline: send, and wait for results without ever blocking for longer than asked
// (reach.h connects). Private to the store.
#ifndef OUTRIDER_STORE_WIRE_H
#define OUTRIDER_STORE_WIRE_H

#include "outrider/base/clock.h"
#include "outrider/base/error.h"
#include "outrider/store/store.h"
#include "prepared.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { PIPELINE_MAX = 16 }; // statements sent at a time

struct wire {
    PGconn *connection;
    const atomic_bool *abort; // ends every wait early when set; may be NULL
    struct prepared prepared;
    int parsed[PIPELINE_MAX]; // by a pipeline's statements: see pipeline.c
};

void wire_close(struct wire *wire);

// Waits until the socket is ready for one of poll(2)'s events. Error code: "TIMEOUT", "ABORTED".
bool wire_wait(const struct wire *wire, short events, struct mono deadline,
               struct error *err) MUST_CHECK;

// Sends all that is queued.
bool wire_flush(struct wire *wire, struct mono deadline, struct error *err) MUST_CHECK;

// The next result of the query in hand, NULL at its end (PQgetResult under a deadline). A result
// that reports an error is a result too: see wire_fail_result.
bool wire_next(struct wire *wire, struct mono deadline, PGresult **ret_result,
               struct error *err) MUST_CHECK;

// Fills err from a result's SQLSTATE, message, detail and hint. Returns false.
bool wire_fail_result(const PGresult *result, struct error *err);

// Fills err from the connection's state, with `code`. Returns false.
bool wire_fail_connection(const struct wire *wire, const char *code, struct error *err);

#endif
