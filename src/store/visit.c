// SPDX-License-Identifier: Apache-2.0
//
// A visit to the table on a session of its own.
//
// A visitor is a guest: each of its transactions has a deadline on both sides, and its settings are
// the transaction's, for a pooler hands the connection on. The table is looked at again for every
// question, because its version may change between two of them, and a visit is rare.
#include "visit.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/column_type.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t
visit_number(const struct session_result *result, size_t row, size_t column)
{
    const char *value = session_value(result, row, column);
    return value == NULL ? 0 : strtoll(value, NULL, 10);
}

// Booleans travel as "t" and "f".
bool
visit_is_true(const struct session_result *result, size_t row, size_t column)
{
    return str_equal(session_value(result, row, column), "t");
}

char *
visit_expand(const struct visit *visit, const char *sql, const struct placeholder *placeholders,
             size_t count)
{
    const bool v2 = visit->version == 2;
    const char *unpublished =
        v2 || visit->nullable ? sql_store_report_unpublished : sql_store_report_unpublished_v1;
    const struct placeholder own[] = {
        {"max_retries", visit->max_retries, false},
        {"unpublished", unpublished, true},
        {"dead", v2 ? sql_store_report_dead_v2 : sql_store_report_dead_v1, true},
        {"version_table", visit->version_table, false},
        {"aggregate", sql_store_aggregate, true},
        {"base_type", sql_store_base_type, true},
    };
    const size_t own_count = sizeof own / sizeof own[0];
    struct placeholder all[VISIT_FRAGMENT_MAX + sizeof own / sizeof own[0]];

    if (count > VISIT_FRAGMENT_MAX)
        abort(); // a bug of ours
    if (count > 0)
        memcpy(all, placeholders, count * sizeof *all);
    memcpy(all + count, own, sizeof own);
    return names_expand(&visit->names, sql, all, count + own_count);
}

char *
visit_payload_bytes(const struct visit *visit)
{
    return names_expand(&visit->names,
                        visit->binary ? "octet_length(o.{payload})::bigint"
                                      : "octet_length(o.{payload}::text)::bigint",
                        NULL, 0);
}

bool
visit_begin(struct visit *visit, const char *begin, int timeout_ms, struct error *err)
{
    char server_ms[16];
    const char *const settings[] = {server_ms, visit->lock_timeout_ms,
                                    session_search_path(visit->session)};

    snprintf(server_ms, sizeof server_ms, "%d", timeout_ms);
    return session_run(visit->session, begin, NULL, 0, VISIT_LOOK_MS, NULL, err) &&
           session_run(visit->session, sql_store_report_settings, settings, 3, VISIT_LOOK_MS, NULL,
                       err);
}

bool
visit_run(struct visit *visit, const char *sql, const char *const *params, size_t param_count,
          int timeout_ms, struct session_result **ret_result, struct error *err)
{
    return session_run(visit->session, sql, params, param_count, timeout_ms + visit->grace_ms,
                       ret_result, err);
}

bool
visit_commit(struct visit *visit, struct error *err)
{
    return session_run(visit->session, "COMMIT", NULL, 0, VISIT_LOOK_MS, NULL, err);
}

void
visit_rollback(struct visit *visit)
{
    struct error second;

    if (!session_alive(visit->session))
        return;
    bool ignored = session_run(visit->session, "ROLLBACK", NULL, 0, VISIT_LOOK_MS, NULL, &second);
    (void)ignored;
}

bool
visit_ask(struct visit *visit, const char *sql, const char *const *params, size_t param_count,
          int timeout_ms, struct session_result **ret_result, struct error *err)
{
    struct session_result *result = NULL;

    if (visit_begin(visit, "BEGIN READ ONLY", timeout_ms, err) &&
        visit_run(visit, sql, params, param_count, timeout_ms, &result, err) &&
        visit_commit(visit, err)) {
        *ret_result = result;
        return true;
    }
    session_result_free(result);
    visit_rollback(visit);
    return false;
}

static bool
read_version(struct visit *visit, struct error *err)
{
    AUTOFREE char *sql = visit_expand(visit, sql_store_version, NULL, 0);
    struct session_result *result;

    if (!visit_run(visit, sql, NULL, 0, VISIT_LOOK_MS, &result, err))
        return error_prefix(err, "reading the table's version");
    if (!session_expect(&result, "llT", 0, err))
        return false;
    const bool found = session_rows(result) == 1;
    visit->version = visit_number(result, 0, 0) >= 2 ? 2 : 1;
    visit->slots = visit->version == 2 ? (int)visit_number(result, 0, 1) : 1;
    session_result_free(result);
    return found || names_without_version(&visit->names, err);
}

// The error of a column that is missing, by its name in the database.
static bool
lacks(const struct names *names, const char *missing, struct error *err)
{
    enum column column = COLUMN_SEQ;

    while (column + 1 < COLUMN_COUNT && !str_equal(names->columns[column], missing))
        column++;
    return column_missing(column, names->table, missing, err);
}

// strict: a table that lacks columns of its version is an error.
static bool
look(struct visit *visit, bool strict, struct error *err)
{
    AUTOFREE char *table = names_relation(&visit->names, NULL);
    AUTOFREE char *seq_name = sql_literal(visit->names.columns[COLUMN_SEQ]);
    const struct placeholder placeholders[] = {{"drawn_from", sql_store_drawn_from, true},
                                               {"seq_name", seq_name, false}};
    AUTOFREE char *sql = visit_expand(visit, sql_store_report_shape, placeholders, 2);
    AUTOFREE char *version_2 = sql_array((const char *const *)visit->names.columns + COLUMN_SEQ,
                                         COLUMN_COUNT - COLUMN_SEQ);
    AUTOFREE char *missing = NULL;
    const char *const params[] = {table, visit->version_table,
                                  visit->names.columns[COLUMN_PUBLISHED],
                                  visit->names.columns[COLUMN_PAYLOAD], version_2};
    struct session_result *result;

    if (!visit_run(visit, sql, params, 5, VISIT_LOOK_MS, &result, err) ||
        !session_expect(&result, "lbbbTT", 0, err))
        return false;
    // The result is read out before anything else is asked.
    const bool found = session_rows(result) == 1;
    const bool versioned = found && visit_is_true(result, 0, 2);
    const bool known = !found || versioned ||
                       names_check_unversioned(&visit->names, session_value(result, 0, 5), err);
    if (found) {
        snprintf(visit->oid, sizeof visit->oid, "%s", session_value(result, 0, 0));
        visit->nullable = visit_is_true(result, 0, 1);
        visit->binary = visit_is_true(result, 0, 3);
        visit->version = visit->slots = 1;
        missing = session_value(result, 0, 4) ? xstrdup(session_value(result, 0, 4)) : NULL;
    }
    session_result_free(result);
    if (!known)
        return false;
    if (!found)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "there is no table %s in this database; `outrider schema apply` makes it",
                         table);
    if (versioned && !read_version(visit, err))
        return false;
    return !strict || visit->version == 1 || missing == NULL || lacks(&visit->names, missing, err);
}

bool
visit_look_within(struct visit *visit, struct error *err)
{
    return look(visit, true, err);
}

static bool
look_apart(struct visit *visit, bool strict, struct error *err)
{
    if (visit_begin(visit, "BEGIN READ ONLY", VISIT_LOOK_MS, err) && look(visit, strict, err) &&
        visit_commit(visit, err))
        return true;
    visit_rollback(visit);
    return false;
}

bool
visit_look(struct visit *visit, struct error *err)
{
    return look_apart(visit, true, err);
}

bool
visit_open(const struct store_settings *settings, const atomic_bool *abort, struct visit *ret_visit,
           struct error *err)
{
    struct visit visit = {.grace_ms = STORE_CLIENT_GRACE_MS};

    if (!names_init(&visit.names, settings->table, settings->columns, err))
        return false;
    snprintf(visit.max_retries, sizeof visit.max_retries, "%d", settings->max_retries);
    snprintf(visit.lock_timeout_ms, sizeof visit.lock_timeout_ms, "%d", settings->lock_timeout_ms);
    if (!session_open(settings, false, abort, &visit.session, err)) {
        visit_close(&visit);
        return false;
    }
    const char *schema = session_table_schema(visit.session);
    if (visit.names.schema == NULL && schema != NULL)
        visit.names.schema = xstrdup(schema);
    visit.version_table = names_relation(&visit.names, "_outrider");
    if (!look_apart(&visit, false, err)) {
        visit_close(&visit);
        return false;
    }
    *ret_visit = visit;
    return true;
}

void
visit_close(struct visit *visit)
{
    session_close(visit->session);
    names_free(&visit->names);
    free(visit->version_table);
    *visit = (struct visit){0};
}
