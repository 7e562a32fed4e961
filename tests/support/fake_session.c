// SPDX-License-Identifier: Apache-2.0
//
// A session without a server. One thread at a time: tests leave out what needs a second session.
#include "fake_session.h"

#include "outrider/base/xalloc.h"
#include "outrider/store/session.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct session {
    bool open;
};

struct session_result {
    const struct fake_answer *answer;
};

static struct fake_answer *script;
static size_t script_count;
static char *statements[4096];
static size_t statement_count;
static const struct fake_answer plain = {.affected = 1};

void
fake_session_script(struct fake_answer *answers, size_t count)
{
    script = answers;
    script_count = count;
}

size_t
fake_session_count(void)
{
    return statement_count;
}

const char *
fake_session_statement(size_t i)
{
    return statements[i];
}

static bool
fits(const char *statement, const char *like)
{
    return like[0] == '=' ? strcmp(statement, like + 1) == 0 : strstr(statement, like) != NULL;
}

size_t
fake_session_find(const char *like, size_t from)
{
    for (size_t i = from; i < statement_count; i++)
        if (fits(statements[i], like))
            return i;
    return SIZE_MAX;
}

size_t
fake_session_count_like(const char *like)
{
    size_t count = 0;
    for (size_t i = 0; i < statement_count; i++)
        count += fits(statements[i], like);
    return count;
}

static const struct fake_answer *
find_answer(const char *sql)
{
    for (size_t i = 0; i < script_count; i++) {
        if (script[i].times == 0 || !fits(sql, script[i].like))
            continue;
        if (script[i].times > 0)
            script[i].times--;
        return &script[i];
    }
    return &plain;
}

bool
session_open(const struct store_settings *settings, bool direct, const atomic_bool *abort,
             struct session **ret_session, struct error *err)
{
    (void)settings, (void)direct, (void)abort, (void)err;
    *ret_session = xcalloc(1, sizeof **ret_session);
    return true;
}

void
session_close(struct session *session)
{
    free(session);
}

bool
session_run(struct session *session, const char *sql, const char *const *params, size_t param_count,
            int timeout_ms, struct session_result **ret_result, struct error *err)
{
    (void)session, (void)params, (void)param_count, (void)timeout_ms;
    if (statement_count == sizeof statements / sizeof statements[0])
        abort();
    statements[statement_count++] = xstrdup(sql);
    const struct fake_answer *answer = find_answer(sql);
    if (answer->code != NULL)
        return error_set(err, FAULT_CLUSTER, answer->code, "the server says no");
    if (ret_result != NULL) {
        *ret_result = xcalloc(1, sizeof **ret_result);
        (*ret_result)->answer = answer;
    }
    return true;
}

size_t
session_rows(const struct session_result *result)
{
    return result->answer->columns > 0 ? 1 : 0;
}

size_t
session_affected(const struct session_result *result)
{
    return result->answer->affected;
}

const char *
session_value(const struct session_result *result, size_t row, size_t column)
{
    (void)row;
    return result->answer->values[column];
}

bool
session_expect(struct session_result **result, const char *fields, int rows, struct error *err)
{
    const size_t columns = (*result)->answer->columns;

    if (columns == strlen(fields) || (columns == 0 && rows == 0))
        return true;
    session_result_free(*result);
    *result = NULL;
    return error_set(err, FAULT_CLUSTER, "ANSWER", "the answer is another");
}

void
session_result_free(struct session_result *result)
{
    free(result);
}

bool
session_alive(const struct session *session)
{
    (void)session;
    return true;
}

int
session_server_pid(const struct session *session)
{
    (void)session;
    return 42;
}

const char *
session_table_schema(const struct session *session)
{
    (void)session;
    return NULL;
}

const char *
session_creation_schema(const struct session *session)
{
    (void)session;
    return NULL;
}
