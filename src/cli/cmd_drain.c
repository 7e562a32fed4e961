// SPDX-License-Identifier: Apache-2.0
//
// outrider drain: its options, and its dry run.
#include "command.h"
#include "drain.h"
#include "exits.h"
#include "format.h"

#include "outrider/base/log.h"
#include "outrider/broker/topic_name.h"
#include "outrider/config/settings.h"
#include "outrider/store/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum {
    GIVE_UP_MS = 30000,
    MOST = 1000000000, // of messages, seconds, and messages a second: beyond is a typing error
};

// What keeps the relay from sending to this topic; NULL: nothing that the configuration knows of.
static const char *
topic_problem(const struct envelope_settings *envelope, const char *topic)
{
    for (size_t i = 0; i < envelope->topics_allow_count; i++)
        if (glob_match(envelope->topics_allow[i], topic))
            return topic_name_problem(topic);
    const char *problem = topic_name_problem(topic);
    return problem != NULL ? problem : "not allowed by message.topics_allow";
}

static void
add_row(struct grid *grid, const char *name, int64_t messages, int64_t dead, const char *note)
{
    grid_add_printable(grid, name);
    grid_add_count(grid, messages);
    grid_add_count(grid, dead);
    grid_add(grid, note == NULL ? "" : note);
}

// The topics that the rows would go to, with what would keep them from it. A row without an attempt
// left would not go: it counts with the dead, which it would be.
static void
append_plan(struct text *out, const struct envelope_settings *envelope,
            const struct backlog *backlog)
{
    struct grid grid = {.columns = 4, .right = {false, true, true, false}};
    static const char *const heads[] = {"topic", "messages", "dead", ""};

    for (size_t i = 0; i < grid.columns; i++)
        grid_add(&grid, heads[i]);
    for (size_t i = 0; i < backlog->count; i++) {
        const struct backlog_topic *topic = &backlog->topics[i];
        add_row(&grid, topic->topic, topic->messages - topic->spent, topic->dead + topic->spent,
                topic_problem(envelope, topic->topic));
    }
    add_row(&grid, "all", backlog->messages - backlog->spent, backlog->dead + backlog->spent, NULL);
    grid_append(&grid, out);
    grid_free(&grid);
    if (backlog->spent > 0)
        text_appendf(out,
                     "%" PRId64 " of the dead are not dead yet: their attempts are used up "
                     "(outbox.max_retries), and a drain would make them dead unsent\n",
                     backlog->spent);
}

// Only asks the table: whether Kafka has these topics, or would make them, is not known without it.
static int
dry_run(const struct settings *settings)
{
    __attribute__((cleanup(text_free))) struct text out = {0};
    const struct envelope_settings *envelope = &settings->relay.envelope;
    struct report *report = NULL;
    struct backlog backlog;
    struct error err;

    if (!report_open(&settings->store, &report, &err) ||
        !report_backlog(report, &envelope->topic, 0, &backlog, &err)) {
        report_close(report);
        return exit_with_error("drain", &err);
    }
    append_plan(&out, envelope, &backlog);
    fputs(text_str(&out), stdout);
    backlog_free(&backlog);
    report_close(report);
    return EX_OK;
}

int
cmd_drain(const struct invocation *invocation)
{
    struct drain_limits limits = {
        .follow = invocation_flag(invocation, "follow"),
        .give_up_ms = GIVE_UP_MS,
    };
    int64_t max_seconds = 0;

    if (!invocation_number(invocation, "max-messages", 1, MOST, &limits.max_messages) ||
        !invocation_number(invocation, "max-seconds", 1, MOST, &max_seconds) ||
        !invocation_number(invocation, "rate", 1, MOST, &limits.rate) ||
        !invocation_duration_ms(invocation, "give-up", &limits.give_up_ms))
        return EX_USAGE;
    limits.max_ms = max_seconds * 1000;
    if (invocation_flag(invocation, "dry-run"))
        return dry_run(invocation->settings);
    return drain(invocation->settings, &limits);
}
