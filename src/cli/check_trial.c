// SPDX-License-Identifier: Apache-2.0
//
// What `check` learns by doing: it opens the table as a lane does, and tries the relay's own
// statements on it.
//
// The trial shows what the server refuses. A finding of the catalogues that explains a refusal
// replaces it.
#include "check.h"

#include "outrider/base/xalloc.h"
#include "outrider/store/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_MS = 5000, LOCK_MS = 2000 }; // a trial holds rows locked meanwhile

#define NOT_FOUND                                                                                  \
    "A function of the table names something that is not found in the relay's search_path: give "  \
    "the function a SET search_path of its own."

// What the server's answer means, the first row that fits: its code, and a part of its text.
static const struct {
    const char *code, *text, *remedy;
    const char *command; // about the table, whose name follows ALTER TABLE; NULL: none
} answers[] = {
    {"55000", "replica identity",
     "A publication takes the table's updates, and the table has nothing that says which row was "
     "meant. Give it a primary key, or let whole rows be written.",
     "REPLICA IDENTITY FULL"},
    {"42501", "row-level", "Give the relay's role a policy for all rows.", NULL},
    {"42501", "", "Grant the relay's role what it lacks.", NULL},
    {"25006", "", "Lead database.dsn to a server, as a role, that takes writes.", NULL},
    {"55P03", "",
     "Find out who holds the lock (pg_locks, pg_stat_activity) and end that transaction. The relay "
     "tries again by itself.",
     NULL},
    {"53", "", "The server is short of something: see its log, its disks and its memory.", NULL},
    {"23", "",
     "Mend the rows, or change the constraint so that it lets the relay write published, "
     "retry_count and what else is its own.",
     NULL},
    {"22", "", "A row holds what cannot be read, or a column is too narrow. Mend the row or widen.",
     NULL},
    {"42P01", "", NOT_FOUND, NULL},
    {"42883", "", NOT_FOUND, NULL},
    {"UNDONE", "", "Let that trigger leave the columns of the relay as it writes them.", NULL},
    {"SHORT", "",
     "Something keeps the relay from rows without an error: a trigger that returns NULL, a rule or "
     "row security.",
     NULL},
    {"", "", "Mend what the server names.", NULL},
};

static const char *const acts[TRIAL_ACTS] = {
    [TRIAL_POLL] = "looking for rows",          [TRIAL_CLAIM] = "claiming rows",
    [TRIAL_MARK] = "marking rows as published", [TRIAL_ATTEMPT] = "counting a failed attempt",
    [TRIAL_DEATH] = "giving rows up",           [TRIAL_PURGE] = "purging published rows",
};

// The catalogue's findings that explain an error: with what they name there is nothing to add.
static bool
is_told(const struct findings *findings, const struct error *err)
{
    const bool row_security = strstr(err->text, "row-level") != NULL;
    const struct {
        bool fits;
        enum finding finding;
    } told[] = {
        {str_equal(err->code, "42501") && !row_security, FINDING_RIGHT_MISSING},
        {str_equal(err->code, "42501") && row_security, FINDING_ROW_SECURITY},
        {str_equal(err->code, "SHORT"), FINDING_ROW_SECURITY},
        {str_equal(err->code, "SHORT"), FINDING_RULE},
        {str_equal(err->code, "0A000"), FINDING_RULE},
        {str_equal(err->code, "23503"), FINDING_REFERENCED},
        {str_equal(err->code, "25006"), FINDING_READ_ONLY},
    };

    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (told[i].fits && findings_has(findings, told[i].finding))
            return true;
    return false;
}

static size_t
find_answer(const struct error *err)
{
    size_t i = 0;

    while (!str_starts_with(err->code, answers[i].code) || !strstr(err->text, answers[i].text))
        i++;
    return i;
}

static void
append_rows(struct text *out, const struct trial *trial, const struct trial_refusal *refusal)
{
    char id[MESSAGE_ID_TEXT];

    switch (trial->upon) {
    case TRIAL_UPON_WAITING:
        if (refusal->rows == 0) {
            text_appendf(out, "%zu waiting rows together%s", trial->rows,
                         refusal->unfinished ? " (the trial's time was over before each was tried "
                                               "alone)"
                                             : "");
            break;
        }
        message_id_format(&refusal->first, id);
        text_appendf(out, "%s%zu of %zu waiting rows, the first of them %s",
                     refusal->unfinished ? "at least " : "", refusal->rows, trial->rows, id);
        break;
    case TRIAL_UPON_PUBLISHED:
        text_append(out, "a published row");
        break;
    case TRIAL_UPON_INSERTED:
        text_append(out, "a row inserted for this");
        break;
    case TRIAL_UPON_NONE:
        text_append(out, "no row at all");
        break;
    }
}

static bool
is_same(const struct trial_refusal *a, const struct trial_refusal *b)
{
    return a->refused && b->refused && str_equal(a->error.code, b->error.code) &&
           str_equal(a->error.text, b->error.text);
}

// All acts that were refused for the same reason as this one, and not named before it.
static void
append_acts(struct text *out, const struct trial *trial, enum trial_act first)
{
    for (enum trial_act act = first; act < TRIAL_ACTS; act++)
        if (is_same(&trial->acts[first], &trial->acts[act]))
            text_appendf(out, "%s%s", act == first ? "" : ", ", acts[act]);
}

// A trigger that was found by itself may be the cause: it is named here then, and nowhere else.
static void
take_triggers(struct findings *findings, const struct error *err, struct text *remedy,
              struct text *command)
{
    const bool by_server = str_starts_with(err->code, "25") || str_starts_with(err->code, "53") ||
                           str_starts_with(err->code, "55");
    size_t count = 0;

    if (by_server)
        return;
    for (size_t i = 0; i < findings->count; i++) {
        const struct found *found = &findings->found[i];
        if (found->finding != FINDING_TRIGGER || found->severity == SEVERITY_SKIPPED)
            continue;
        if (count++ == 0)
            text_append(command, found->command);
        text_appendf(remedy, "%s", count == 1 ? " It may come of a trigger: " : " ");
        text_append(remedy, found->detail);
    }
    if (count > 1)
        text_clear(command);
    findings_drop(findings, FINDING_TRIGGER);
}

static void
tell(const struct trial *trial, enum trial_act act, const char *table, struct findings *findings)
{
    const struct trial_refusal *refusal = &trial->acts[act];
    const size_t answer = find_answer(&refusal->error);
    struct text what __attribute__((cleanup(text_free))) = {0};
    struct text rows __attribute__((cleanup(text_free))) = {0};
    struct text remedy __attribute__((cleanup(text_free))) = {0};
    struct text command __attribute__((cleanup(text_free))) = {0};

    append_acts(&what, trial, act);
    append_rows(&rows, trial, refusal);
    text_append(&remedy, answers[answer].remedy);
    if (answers[answer].command != NULL)
        text_appendf(&command, "ALTER TABLE %s %s;", table, answers[answer].command);
    else
        take_triggers(findings, &refusal->error, &remedy, &command);
    FIND(findings, FINDING_WORK_REFUSED, text_str(&what), text_str(&rows), refusal->error.text,
         refusal->error.code, text_str(&remedy), text_str(&command));
}

// The server cancelled a statement, or had no connection left, or the connection was lost; none of
// these is a refusal of the table's.
static bool
is_cut_off(const struct error *err)
{
    return str_equal(err->code, "57014") || str_equal(err->code, "TIMEOUT") ||
           str_equal(err->code, "CONNECT") || str_equal(err->code, "53300");
}

// The server cancelled a statement. For a row alone, before its time was over or while others pass,
// that is a refusal all the same: the row's trigger raises it, or is slow.
static bool
was_cut_off(const struct trial_refusal *refusal)
{
    const bool of_row = refusal->rows > 0 && (refusal->passed > 0 || !refusal->timed_out);

    return is_cut_off(&refusal->error) && !(of_row && str_equal(refusal->error.code, "57014"));
}

static void
skip(struct findings *findings, const char *what, const struct error *reason)
{
    struct text why __attribute__((cleanup(text_free))) = {0};

    text_appendf(&why, "%s (%s)", what, reason->text);
    findings_skip(findings, FINDING_WORK_REFUSED, text_str(&why));
}

// The first refusal of each reason.
static void
judge(const struct trial *trial, const char *table, struct findings *findings)
{
    for (enum trial_act act = 0; act < TRIAL_ACTS; act++) {
        const struct trial_refusal *refusal = &trial->acts[act];
        bool known = !refusal->refused || is_told(findings, &refusal->error);
        for (enum trial_act before = 0; before < act; before++)
            known |= is_same(&trial->acts[before], refusal);
        if (!known && was_cut_off(refusal))
            skip(findings, "the trial was cut off", &refusal->error);
        else if (!known)
            tell(trial, act, table, findings);
    }
    if (trial->upon == TRIAL_UPON_NONE && *trial->no_row.text != '\0' &&
        !findings_has(findings, FINDING_WORK_REFUSED))
        skip(findings,
             "triggers and policies for rows were not tried: no row waits, none is published, and "
             "none could be inserted",
             &trial->no_row);
}

static int
limit_ms(const struct settings *settings)
{
    return settings->store.statement_timeout_ms < STATEMENT_MS
               ? settings->store.statement_timeout_ms
               : STATEMENT_MS;
}

static void
tell_slow(const struct trial *trial, const struct settings *settings, const char *table,
          struct findings *findings)
{
    char id[MESSAGE_ID_TEXT], limit[16], timeout[16];

    if (!trial->slow)
        return;
    message_id_format(&trial->slow_row, id);
    snprintf(limit, sizeof limit, "%d", limit_ms(settings));
    snprintf(timeout, sizeof timeout, "%d", settings->store.statement_timeout_ms);
    FIND(findings, FINDING_ROW_SLOW, table, id, limit, timeout);
}

void
check_trial(const struct settings *settings, struct store *store, const char *table,
            struct findings *findings)
{
    const struct claim claim = {
        .after = {.major = INT64_MIN},
        .since = {.major = INT64_MIN},
        .until = POSITION_LAST,
        .limit = settings->relay.batch_size < TRIAL_ROWS ? settings->relay.batch_size : TRIAL_ROWS,
        .batch_bytes = (size_t)settings->relay.batch_bytes,
        .max_row_bytes = (size_t)settings->relay.batch_bytes,
    };
    struct trial trial;
    struct error err;

    if (!store_try(store, &claim, settings->relay.retention_ms > 0, &trial, &err)) {
        trial = (struct trial){.upon = TRIAL_UPON_NONE};
        trial.acts[TRIAL_CLAIM] = (struct trial_refusal){.refused = true, .error = err};
    }
    judge(&trial, table, findings);
    tell_slow(&trial, settings, table, findings);
}

// The first look of a lane, which judges the table as a whole. What the catalogues told of it is
// not told again.
static bool
is_told_of_shape(const struct findings *findings, const struct error *err)
{
    static const enum finding shape[] = {
        FINDING_TABLE_KIND,      FINDING_COLUMN_MISSING, FINDING_COLUMN_TYPE,
        FINDING_COLUMN_NULLABLE, FINDING_COLUMN_KIND,
    };
    bool told = is_told(findings, err);

    for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++)
        told |= str_equal(err->code, "TABLE") && findings_has(findings, shape[i]);
    return told || findings_has(findings, FINDING_READ_ONLY);
}

struct store *
check_open(const struct settings *settings, struct findings *findings)
{
    struct store_settings limited = settings->store;
    struct store *store = NULL;
    struct error err;

    limited.statement_timeout_ms = limit_ms(settings);
    if (limited.lock_timeout_ms > LOCK_MS)
        limited.lock_timeout_ms = LOCK_MS;
    if (store_open(&limited, NULL, &store, &err)) {
        store_wait_longer(store, true); // so that the trial is cut off by the server
        return store;
    }
    if (!is_cut_off(&err) && !is_told_of_shape(findings, &err))
        FIND(findings, FINDING_RELAY_REFUSES, err.text, err.code);
    findings_skip(findings, FINDING_PLAN, err.text);
    findings_skip(findings, FINDING_WORK_REFUSED, err.text);
    return NULL;
}
