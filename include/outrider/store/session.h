// SPDX-License-Identifier: Apache-2.0
// A plain connection for everything that is not the relay's loop: schema steps, reports.
// Parameters and results are text. Every call has a deadline; nothing here logs.
#ifndef OUTRIDER_STORE_SESSION_H
#define OUTRIDER_STORE_SESSION_H

#include "outrider/base/error.h"
#include "outrider/store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct session;
struct session_result;

// Connects by direct_dsn when it is set and `direct` is asked for, else by dsn.
bool session_open(const struct store_settings *settings, bool direct, const atomic_bool *abort,
                  struct session **ret_session, struct error *err)
    __attribute__((warn_unused_result));
void session_close(struct session *session);

// Runs one statement. `params` are texts or NULL; `ret_result` may be NULL when no rows are wanted.
// timeout_ms: the client's deadline for the answer (the server's own limits are the caller's to
// SET). Error code: the SQLSTATE, or "CONNECT", "TIMEOUT". Error text: the server's primary
// message, detail and hint.
bool session_run(struct session *session, const char *sql, const char *const *params,
                 size_t param_count, int timeout_ms, struct session_result **ret_result,
                 struct error *err) __attribute__((warn_unused_result));

size_t session_rows(const struct session_result *result);
size_t session_columns(const struct session_result *result);
size_t
session_affected(const struct session_result *result); // rows an INSERT, UPDATE or DELETE touched
// NULL: SQL NULL, or no such value.
const char *session_value(const struct session_result *result, size_t row, size_t column);
void session_result_free(struct session_result *result);

// Is the answer what its reader expects (an answer is input: src/store/answer.h)? fields: a letter
// for each, of b (boolean), l (number), u (uuid) and t (text), a capital where NULL is allowed;
// rows: at least. When not, the result is freed, and the error's code is "ANSWER".
bool session_expect(struct session_result **result, const char *fields, int rows, struct error *err)
    __attribute__((warn_unused_result));

bool session_alive(const struct session *session);

// The server process as the connection was told at its start. Behind a pooler it is not
// pg_backend_pid().
int session_server_pid(const struct session *session);

// Where the settings' table is by the role's own search_path, where it would be made (both may be
// NULL), and the search_path that its transactions are to have: see sql/store/arrival_stay.sql.
const char *session_table_schema(const struct session *session);
const char *session_creation_schema(const struct session *session);
const char *session_search_path(const struct session *session);

#endif
