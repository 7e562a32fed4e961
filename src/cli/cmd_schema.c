// SPDX-License-Identifier: Apache-2.0
//
// outrider schema: apply, revert, status, print.
//
// Progress goes to stderr and the answer to stdout, so that a script can read the one and a person
// sees both.
#include "command.h"
#include "exits.h"

#include "outrider/base/safe.h"
#include "outrider/config/settings.h"
#include "outrider/schema/schema.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

// The exit codes of the schema's own failures; the others' are every command's.
static const struct {
    const char *code;
    int exit;
} failures[] = {
    {.code = "LOCKED", .exit = EX_TEMPFAIL}, {.code = "UNMET", .exit = EX_TEMPFAIL},
    {.code = "RIGHTS", .exit = EX_NOPERM},   {.code = "POOLER", .exit = EX_CONFIG},
    {.code = "SERVER", .exit = EX_CONFIG},   {.code = "NEWER", .exit = EX_CONFIG},
    {.code = "ROWS", .exit = EX_NO},         {.code = "FOREIGN", .exit = EX_NO},
    {.code = "2BP01", .exit = EX_NO}, // something of the application's depends on it
};

// Says what went wrong; the exit code.
static int
fail(const struct invocation *invocation, const struct error *err)
{
    int code = exit_with_error(invocation->path, err);
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        if (strcmp(failures[i].code, err->code) == 0)
            code = failures[i].exit;
    return code;
}

// Progress, apart from the log: it answers somebody who watches.
static void
print_line(void *context, const char *text)
{
    const struct invocation *invocation = context;
    safe_print_line(stderr, "outrider: %s: %s", invocation->path, text);
}

static struct schema_progress
progress_of(const struct invocation *invocation)
{
    return (struct schema_progress){.line = print_line, .context = (void *)(uintptr_t)invocation};
}

// The table's version as the last line of apply and revert.
static int
answer(const struct invocation *invocation, struct schema_level reached)
{
    __attribute__((cleanup(text_free))) struct text line = {0};

    text_appendf(&line, "%s: version %d%s", invocation->settings->store.table, reached.version,
                 reached.version == 0 ? " (no table)" : "");
    if (reached.version > 1 && reached.slots > 1)
        text_appendf(&line, ", %d slots", reached.slots);
    if (reached.inbox)
        text_append(&line, ", with inbox");
    safe_print_line(stdout, "%s", text_str(&line));
    return EX_OK;
}

// Reads --to and --slots; says what is wrong with them.
static bool
read_level(const struct invocation *invocation, int lowest, struct schema_level *ret_to)
{
    int64_t to = SCHEMA_LATEST, slots = 0;

    if (!invocation_number(invocation, "to", lowest, SCHEMA_LATEST, &to) ||
        !invocation_number(invocation, "slots", 1, STORE_SLOTS_MAX, &slots))
        return false;
    if (slots > 0 && (slots & (slots - 1)) != 0) {
        fprintf(stderr, "outrider: --slots: %d is wrong; a power of two is allowed: 1, 2, 4, ...\n",
                (int)slots);
        return false;
    }
    if (slots > 0 && to < 2) {
        fprintf(stderr, "outrider: --slots: only version 2 has slots; leave out --to\n");
        return false;
    }
    *ret_to = (struct schema_level){(int)to, (int)slots, invocation_flag(invocation, "inbox")};
    return true;
}

int
cmd_schema_apply(const struct invocation *invocation)
{
    const struct schema_progress progress = progress_of(invocation);
    const struct store_settings *store = &invocation->settings->store;
    struct text plan __attribute__((cleanup(text_free))) = {0};
    struct schema_level to, reached;
    struct error err;

    // The inbox needs no outbox beside it.
    if (!read_level(invocation, invocation_flag(invocation, "inbox") ? 0 : 1, &to))
        return EX_USAGE;
    if (invocation_flag(invocation, "dry-run")) {
        if (!schema_plan(store, to, &plan, &err))
            return fail(invocation, &err);
        fputs(plan.len == 0 ? "-- nothing to do\n" : text_str(&plan), stdout);
        return EX_OK;
    }
    if (!schema_apply(store, to, &progress, &reached, &err))
        return fail(invocation, &err);
    return answer(invocation, reached);
}

int
cmd_schema_revert(const struct invocation *invocation)
{
    const struct schema_progress progress = progress_of(invocation);
    struct schema_level reached;
    struct error err;

    const struct store_settings *store = &invocation->settings->store;
    const bool force = invocation_flag(invocation, "force");
    if (invocation_flag(invocation, "inbox")
            ? !schema_revert_inbox(store, force, &progress, &reached, &err)
            : !schema_revert(store, force, &progress, &reached, &err))
        return fail(invocation, &err);
    return answer(invocation, reached);
}

// Each line of a text, under a heading.
static void
print_lines(const char *heading, struct text *lines)
{
    char *rest = lines->data, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        if (*line != '\0')
            safe_print_line(stdout, "%-9s%s", heading, line);
}

int
cmd_schema_status(const struct invocation *invocation)
{
    struct schema_status status;
    int64_t to = SCHEMA_LATEST;
    struct error err;

    if (!invocation_number(invocation, "to", 0, SCHEMA_LATEST, &to))
        return EX_USAGE;
    if (!schema_status(&invocation->settings->store, (int)to, &status, &err))
        return fail(invocation, &err);
    const bool pending = status.pending.len > 0;
    safe_print_line(stdout, "%-9s%s%s", "table", status.table,
                    status.version == 0 ? " (not there)"
                    : status.made       ? " (made by outrider)"
                                        : " (made by the application)");
    printf("%-9s%d of %d\n", "version", status.version, SCHEMA_LATEST);
    if (status.version > 1)
        printf("%-9s%d\n", "slots", status.slots);
    if (status.inbox)
        printf("%-9s%s\n", "inbox", "made by outrider");
    print_lines("pending", &status.pending);
    print_lines("note", &status.findings);
    schema_status_free(&status);
    return pending ? EX_NO : EX_OK;
}

int
cmd_schema_print(const struct invocation *invocation)
{
    struct text sql __attribute__((cleanup(text_free))) = {0};
    struct schema_level to;
    int64_t from = 0;
    struct error err;

    const struct store_settings *store = &invocation->settings->store;
    const bool grants = invocation_flag(invocation, "grants");
    if (!invocation_number(invocation, "from", 0, SCHEMA_LATEST, &from) ||
        !read_level(invocation, grants ? 1 : 0, &to))
        return EX_USAGE;
    if (grants ? !schema_print_grants(store, to, &sql, &err)
               : !schema_print(store, (int)from, to, &sql, &err))
        return fail(invocation, &err);
    fputs(text_str(&sql), stdout);
    return EX_OK;
}
