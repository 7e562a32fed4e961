// SPDX-License-Identifier: Apache-2.0
//
// outrider status: the backlog, its age and the dead, by topic; and a probe.
//
// Counting stops at a limit, for a full count of a large backlog would cost more than relaying it;
// the age does not suffer from that, since the oldest rows are counted first.
#include "command.h"
#include "exits.h"
#include "format.h"

#include "outrider/config/settings.h"
#include "outrider/store/report.h"

#include <inttypes.h>
#include <stdio.h>

enum { COUNT_LIMIT = 100000 };

// The members that the whole and each topic have. Where nothing waits there is no age.
static void
append_counts(struct text *out, int64_t messages, int64_t dead, int64_t oldest_age_ms)
{
    text_appendf(out, ",\"messages\":%" PRId64 ",\"dead\":%" PRId64 ",\"oldest_age_ms\":", messages,
                 dead);
    if (messages > 0)
        text_appendf(out, "%" PRId64, oldest_age_ms);
    else
        text_append(out, "null");
}

static void
append_json(struct text *out, const char *table, int version, const struct backlog *backlog)
{
    text_append(out, "{\"table\":");
    text_append_json(out, table);
    text_appendf(out, ",\"version\":%d", version);
    append_counts(out, backlog->messages, backlog->dead, backlog->oldest_age_ms);
    text_appendf(out, ",\"at_least\":%s,\"topics\":[", backlog->capped ? "true" : "false");
    for (size_t i = 0; i < backlog->count; i++) {
        const struct backlog_topic *topic = &backlog->topics[i];
        text_append(out, i > 0 ? ",{\"topic\":" : "{\"topic\":");
        text_append_json(out, topic->topic);
        append_counts(out, topic->messages, topic->dead, topic->oldest_age_ms);
        text_append_char(out, '}');
    }
    text_append(out, "]}\n");
}

static void
add_row(struct grid *grid, const char *name, int64_t messages, int64_t dead, int64_t oldest_age_ms)
{
    __attribute__((cleanup(text_free))) struct text oldest = {0};
    if (messages > 0)
        format_age(&oldest, oldest_age_ms);
    grid_add_printable(grid, name);
    grid_add_count(grid, messages);
    grid_add_count(grid, dead);
    grid_add(grid, messages > 0 ? text_str(&oldest) : "-");
}

// For people; scripts take --json.
static void
append_table(struct text *out, const char *table, int version, const struct backlog *backlog)
{
    struct grid grid = {.columns = 4, .right = {false, true, true, true}};
    static const char *const heads[] = {"topic", "messages", "dead", "oldest"};

    text_appendf(out, "table %s, version %d\n\n", table, version);
    for (size_t i = 0; i < grid.columns; i++)
        grid_add(&grid, heads[i]);
    for (size_t i = 0; i < backlog->count; i++) {
        const struct backlog_topic *topic = &backlog->topics[i];
        add_row(&grid, topic->topic, topic->messages, topic->dead, topic->oldest_age_ms);
    }
    add_row(&grid, backlog->capped ? "at least" : "all", backlog->messages, backlog->dead,
            backlog->oldest_age_ms);
    grid_append(&grid, out);
    grid_free(&grid);
}

// One connection for one question: status holds nothing open.
static bool
read_backlog(const struct settings *settings, struct backlog *ret_backlog, int *ret_version,
             struct error *err)
{
    struct store_settings store = settings->store;
    struct report *report = NULL;

    store.standby_will_do = true; // to look: the backlog is of interest when the primary is away
    bool good =
        report_open(&store, &report, err) &&
        report_backlog(report, &settings->relay.envelope.topic, COUNT_LIMIT, ret_backlog, err);
    if (good)
        *ret_version = report_version(report);
    report_close(report);
    return good;
}

int
cmd_status(const struct invocation *invocation)
{
    __attribute__((cleanup(text_free))) struct text out = {0};
    const char *table = invocation->settings->store.table;
    int64_t max_age_ms = INT64_MAX;
    struct backlog backlog;
    struct error err;
    int version;

    if (!invocation_duration_ms(invocation, "max-age", &max_age_ms))
        return EX_USAGE;
    if (!read_backlog(invocation->settings, &backlog, &version, &err))
        return exit_with_error("status", &err);
    if (invocation_flag(invocation, "json"))
        append_json(&out, table, version, &backlog);
    else
        append_table(&out, table, version, &backlog);
    fputs(text_str(&out), stdout);
    bool older = backlog.oldest_age_ms > max_age_ms;
    if (older)
        fprintf(stderr, "outrider: the oldest message is older than %s\n",
                invocation_option(invocation, "max-age"));
    backlog_free(&backlog);
    return older ? EX_NO : EX_OK;
}
