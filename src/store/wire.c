// SPDX-License-Identifier: Apache-2.0
// libpq under a deadline.
//
// libpq's blocking calls have no time-out of their own (connect_timeout apart), so a server that
// falls silent would hold a lane for ever. Everything here uses the asynchronous calls and poll(2).
// The wait is cut into slices, so that the abort flag of a hasty stop is seen soon.
// Source: PostgreSQL's manual, "Asynchronous Command Processing".
#include "wire.h"

#include "outrider/base/safe.h"
#include "outrider/base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { SLICE_MS = 100 };

bool
wire_wait(const struct wire *wire, short events, struct mono deadline, struct error *err)
{
    struct pollfd pollfd = {.fd = PQsocket(wire->connection), .events = events};

    for (;;) {
        if (wire->abort && atomic_load(wire->abort))
            return error_set(err, FAULT_CLUSTER, "ABORTED", "given up: told to stop at once");
        int left = mono_ms_until(deadline);
        if (left == 0)
            return error_set(err, FAULT_CLUSTER, "TIMEOUT", "PostgreSQL did not answer in time");
        int ready = poll(&pollfd, 1, left < SLICE_MS ? left : SLICE_MS);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return error_set(err, FAULT_CLUSTER, "POLL", "poll: %s", strerror(errno));
    }
}

void
wire_close(struct wire *wire)
{
    PQfinish(wire->connection);
    wire->connection = NULL;
    prepared_free(&wire->prepared);
}

bool
wire_flush(struct wire *wire, struct mono deadline, struct error *err)
{
    for (;;) {
        int rest = PQflush(wire->connection);
        if (rest == 0)
            return true;
        if (rest < 0)
            return wire_fail_connection(wire, "CONNECT", err);
        // The manual: also read while the send is blocked, or both sides can wait for each other.
        if (!wire_wait(wire, POLLIN | POLLOUT, deadline, err))
            return false;
        if (!PQconsumeInput(wire->connection))
            return wire_fail_connection(wire, "CONNECT", err);
    }
}

bool
wire_next(struct wire *wire, struct mono deadline, PGresult **ret_result, struct error *err)
{
    while (PQisBusy(wire->connection)) {
        if (!wire_wait(wire, POLLIN, deadline, err))
            return false;
        if (!PQconsumeInput(wire->connection))
            return wire_fail_connection(wire, "CONNECT", err);
    }
    *ret_result = PQgetResult(wire->connection);
    return true;
}

// "Failing row contains (...)" quotes a whole row, and a payload goes into no log. Source:
// PostgreSQL's manual, "Error Codes".
static bool
quotes_a_row(const char *state)
{
    return str_equal(state, "23502") || str_equal(state, "23514") || str_equal(state, "44000");
}

enum { SAID_MAX = 2 * sizeof((struct error *)0)->text }; // more than an error keeps

bool
wire_fail_result(const PGresult *result, struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail =
        quotes_a_row(state) ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    char said[SAID_MAX];

    if (!state)
        snprintf(said, sizeof said, "%s", PQresultErrorMessage(result));
    else
        snprintf(said, sizeof said, "%s%s%s%s%s%s", primary ? primary : "", detail ? " (" : "",
                 detail ? detail : "", detail ? ")" : "", hint ? "; hint: " : "", hint ? hint : "");
    safe_flatten(said);
    return error_set(err, FAULT_CLUSTER, state ? state : "CONNECT", "%s", said);
}

// What libpq guesses stands on lines of its own: "\tIs the server running on that host and ...".
static void
drop_guesses(char *text)
{
    char *guess;

    while ((guess = strstr(text, "\n\t"))) {
        const char *rest = guess + 2 + strcspn(guess + 2, "\n");
        memmove(guess, rest, strlen(rest) + 1);
    }
}

bool
wire_fail_connection(const struct wire *wire, const char *code, struct error *err)
{
    char said[SAID_MAX];

    snprintf(said, sizeof said, "%s", PQerrorMessage(wire->connection));
    drop_guesses(said);
    safe_flatten(said);
    return error_set(err, FAULT_CLUSTER, code, "%s", said);
}
