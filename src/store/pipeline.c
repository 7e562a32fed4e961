// SPDX-License-Identifier: Apache-2.0
// Several statements in one round trip.
// Source: PostgreSQL's manual, "Pipeline Mode": each statement's results end with NULL, the whole
// ends with one PGRES_PIPELINE_SYNC, and what stands behind a failed statement is
// PGRES_PIPELINE_ABORTED.
#include "pipeline.h"

#include <assert.h>

void
pipeline_clear(struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PQclear(steps[i].result);
        steps[i].result = NULL;
    }
}

// ret_parsed: the number that the server was asked to know the statement by, or -1. Those without
// parameters have no plan that is worth a name.
static bool
send_step(struct wire *wire, const struct step *step, int *ret_parsed)
{
    static const struct params none;
    const struct params *params = step->params ? step->params : &none;
    const int number = params->count > 0 ? prepared_find(&wire->prepared, step->sql) : -1;
    const char *values[PARAMS_MAX];
    int formats[PARAMS_MAX];
    char name[PREPARED_NAME];

    *ret_parsed = -1;
    for (int i = 0; i < params->count; i++) {
        values[i] = params->bytes.data + params->offsets[i];
        formats[i] = 1;
    }
    if (number < 0)
        return PQsendQueryParams(wire->connection, step->sql, params->count, params->types, values,
                                 params->lengths, formats, 1) == 1;
    prepared_name(number, name);
    if (!wire->prepared.list[number].there) {
        if (!PQsendPrepare(wire->connection, name, step->sql, params->count, params->types))
            return false;
        wire->prepared.list[number].there = true;
        *ret_parsed = number;
    }
    return PQsendQueryPrepared(wire->connection, name, params->count, values, params->lengths,
                               formats, 1) == 1;
}

// One result and the NULL behind it.
static bool
receive_result(struct wire *wire, int timeout_ms, PGresult **ret_result, struct error *err)
{
    struct mono deadline =
        mono_add_ms(mono_now(), timeout_ms); // the server's limit is one a statement too
    PGresult *end = NULL;

    if (!wire_next(wire, deadline, ret_result, err) || !wire_next(wire, deadline, &end, err))
        return false;
    if (*ret_result && !end)
        return true;
    PQclear(end); // the connection went in the middle
    return wire_fail_connection(wire, "CONNECT", err);
}

// The answer to a statement's parsing. What is wrong with it is the statement's own result.
static bool
receive_parsed(struct wire *wire, int timeout_ms, int number, struct step *step, struct error *err)
{
    PGresult *parsed = NULL, *run = NULL;

    if (!receive_result(wire, timeout_ms, &parsed, err) ||
        !receive_result(wire, timeout_ms, &run, err)) {
        PQclear(parsed);
        PQclear(run);
        return false;
    }
    const bool good = PQresultStatus(parsed) == PGRES_COMMAND_OK;
    wire->prepared.list[number].there = good;
    step->result = good ? run : parsed;
    PQclear(good ? parsed : run);
    return true;
}

// Takes the results of `count` statements and the pipeline's end off the connection.
static bool
receive_steps(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
              struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const int parsed = wire->parsed[i];
        if (parsed >= 0 ? !receive_parsed(wire, timeout_ms, parsed, &steps[i], err)
                        : !receive_result(wire, timeout_ms, &steps[i].result, err))
            return false;
        prepared_judge(steps[i].result);
    }
    PGresult *sync = NULL;
    if (!wire_next(wire, mono_add_ms(mono_now(), timeout_ms), &sync, err))
        return false;
    bool synchronised = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    return synchronised || wire_fail_connection(wire, "CONNECT", err);
}

// The answers of the statements that succeeded, as far as they are going to be read.
static bool
check_answers(const struct step *steps, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const ExecStatusType status = PQresultStatus(steps[i].result);
        if (steps[i].answer && (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) &&
            !answer_check(steps[i].result, steps[i].answer, ANSWER_BINARY, err))
            return false;
    }
    return true;
}

bool
pipeline_send(struct wire *wire, int timeout_ms, const struct step *steps, size_t count,
              struct error *err)
{
    bool good = true;

    assert(count <= PIPELINE_MAX);
    for (size_t i = 0; i < count && good; i++)
        good = send_step(wire, &steps[i], &wire->parsed[i]);
    if (!good || !PQpipelineSync(wire->connection))
        return wire_fail_connection(wire, "CONNECT", err);
    return wire_flush(wire, mono_add_ms(mono_now(), timeout_ms), err);
}

bool
pipeline_receive(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
                 struct error *err)
{
    if (receive_steps(wire, timeout_ms, steps, count, err) && check_answers(steps, count, err))
        return true;
    pipeline_clear(steps, count);
    return false;
}

bool
pipeline_run(struct wire *wire, int timeout_ms, struct step *steps, size_t count, struct error *err)
{
    return pipeline_send(wire, timeout_ms, steps, count, err) &&
           pipeline_receive(wire, timeout_ms, steps, count, err);
}

const PGresult *
pipeline_failed(const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ExecStatusType status = PQresultStatus(steps[i].result);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            return steps[i].result;
    }
    return NULL;
}

bool
pipeline_require(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
                 struct error *err)
{
    if (!pipeline_run(wire, timeout_ms, steps, count, err))
        return false;
    const PGresult *failed = pipeline_failed(steps, count);
    if (failed) {
        wire_fail_result(failed, err);
        pipeline_clear(steps, count);
    }
    return !failed;
}
