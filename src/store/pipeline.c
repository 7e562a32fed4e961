// SPDX-License-Identifier: Apache-2.0
// Several statements in one round trip.
// Source: PostgreSQL's manual, "Pipeline Mode": each statement's results end with NULL, the whole
// ends with one PGRES_PIPELINE_SYNC, and what stands behind a failed statement is
// PGRES_PIPELINE_ABORTED.
#include "pipeline.h"

void
pipeline_clear(struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PQclear(steps[i].result);
        steps[i].result = NULL;
    }
}

static bool
send_step(struct wire *wire, const struct step *step)
{
    static const struct params none;
    const struct params *params = step->params ? step->params : &none;
    const char *values[PARAMS_MAX];
    int formats[PARAMS_MAX];

    for (int i = 0; i < params->count; i++) {
        values[i] = params->bytes.data + params->offsets[i];
        formats[i] = 1;
    }
    return PQsendQueryParams(wire->connection, step->sql, params->count, params->types, values,
                             params->lengths, formats, 1) == 1;
}

// Takes the results of `count` statements and the pipeline's end off the connection.
static bool
receive_steps(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
              struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct mono deadline =
            mono_add_ms(mono_now(), timeout_ms); // the server's limit is one a statement too
        PGresult *end = NULL;
        if (!wire_next(wire, deadline, &steps[i].result, err) ||
            !wire_next(wire, deadline, &end, err))
            return false;
        if (!steps[i].result || end) { // the connection went in the middle
            PQclear(end);
            return wire_fail_connection(wire, "CONNECT", err);
        }
    }
    PGresult *sync = NULL;
    if (!wire_next(wire, mono_add_ms(mono_now(), timeout_ms), &sync, err))
        return false;
    bool synchronised = PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
    PQclear(sync);
    return synchronised || wire_fail_connection(wire, "CONNECT", err);
}

bool
pipeline_send(struct wire *wire, int timeout_ms, const struct step *steps, size_t count,
              struct error *err)
{
    bool good = true;

    for (size_t i = 0; i < count && good; i++)
        good = send_step(wire, &steps[i]);
    if (!good || !PQpipelineSync(wire->connection))
        return wire_fail_connection(wire, "CONNECT", err);
    return wire_flush(wire, mono_add_ms(mono_now(), timeout_ms), err);
}

bool
pipeline_receive(struct wire *wire, int timeout_ms, struct step *steps, size_t count,
                 struct error *err)
{
    if (receive_steps(wire, timeout_ms, steps, count, err))
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
