// SPDX-License-Identifier: Apache-2.0
//
// One line for somebody who was woken up.
//
// The judges stand in the order of their weight, and the first one that has something to say is
// heard: what keeps all messages back comes before what keeps some back, and that before what can
// wait until the morning.
#include "verdict.h"

#include "readiness.h"

#include "outrider/base/amount.h"

enum { OLD_MS = 60000 }; // an oldest message that is older is no backlog of a moment

const char *const verdict_words[] = {
    [VERDICT_GOOD] = "good",
    [VERDICT_WARN] = "warn",
    [VERDICT_BAD] = "bad",
};

// A reason not to be ready, as a line; its text is the reason.
static const struct {
    const char *name;
    enum verdict_level level;
    const char *line;
} unready[] = {
    {"stopping", VERDICT_WARN, "Stopping."},
    {"reloading", VERDICT_WARN, "Reloading."},
    {"paused", VERDICT_WARN, "Paused. Rows wait, nothing is lost."},
    {"slot_taken", VERDICT_BAD,
     "A session that is no relay at work keeps messages from being sent."},
    {"lane_stuck", VERDICT_BAD, "A lane is stuck."},
    {"kafka_unavailable", VERDICT_BAD, "Kafka cannot be reached. Rows wait, nothing is lost."},
    {"postgres_unavailable", VERDICT_BAD,
     "PostgreSQL cannot be reached. Rows wait, nothing is lost."},
    {"table_unfit", VERDICT_BAD, "The table cannot be served."},
    {"window_failed", VERDICT_BAD, "The last try to relay failed; it is tried again."},
    {"connecting", VERDICT_WARN, "Connecting."},
    {"no_progress", VERDICT_BAD, "The relay gets nowhere."},
    {"topics_blocked", VERDICT_BAD, "Nothing that waits can be sent."},
};

static bool
judge_ready(const struct snapshot *snapshot, struct verdict *verdict)
{
    struct reasons reasons;

    readiness_judge(snapshot, &reasons);
    for (size_t i = 0; reasons.count > 0 && i < sizeof unready / sizeof unready[0]; i++) {
        if (!str_equal(unready[i].name, reasons.list[0].name))
            continue;
        verdict->level = unready[i].level;
        text_append(&verdict->line, unready[i].line);
        text_append(&verdict->reason, reasons.list[0].text);
    }
    return reasons.count > 0;
}

static bool
judge_topics(const struct snapshot *snapshot, struct verdict *verdict)
{
    const char *first = NULL;
    bool all;
    const size_t blocked = readiness_blocked_topics(snapshot, &first, &all);

    if (blocked == 0)
        return false;
    verdict->level = VERDICT_WARN;
    text_appendf(&verdict->line,
                 blocked == 1 ? "Topic %s cannot be written."
                              : "Topic %s and others cannot be written.",
                 first);
    text_append(&verdict->reason, "Its rows wait and cost nothing, all others go on.");
    return true;
}

static bool
judge_quarantine(const struct snapshot *snapshot, struct verdict *verdict)
{
    const int64_t rows = snapshot_quarantined(snapshot);

    if (rows == 0)
        return false;
    verdict->level = VERDICT_WARN;
    format_count(&verdict->line, rows);
    text_append(&verdict->line,
                rows == 1 ? " row cannot be written to." : " rows cannot be written to.");
    text_append(&verdict->reason, "PostgreSQL refuses the change; the log's mark_refused and "
                                  "failure_unwritten name each row. All others go on.");
    return true;
}

static bool
judge_age(const struct snapshot *snapshot, struct verdict *verdict)
{
    if (!snapshot_is_counted(snapshot) || snapshot->sample->backlog.oldest_age_ms < OLD_MS)
        return false;
    const struct backlog *backlog = &snapshot->sample->backlog;
    verdict->level = VERDICT_WARN;
    text_append(&verdict->line, "The oldest message has waited ");
    format_age(&verdict->line, backlog->oldest_age_ms);
    text_append(&verdict->line, ".");
    text_append(&verdict->reason, backlog->capped ? "At least " : "");
    format_count(&verdict->reason, backlog->messages);
    text_append(&verdict->reason, backlog->messages == 1 ? " waits." : " wait.");
    return true;
}

// Once the first look at the table was possible.
static bool
judge_sample(const struct snapshot *snapshot, struct verdict *verdict)
{
    if (!snapshot->sample_failed)
        return false;
    verdict->level = VERDICT_WARN;
    text_append(&verdict->line, "The backlog is not known.");
    text_append(&verdict->reason, snapshot->sample_error.text);
    return true;
}

static bool
judge_reload(const struct snapshot *snapshot, struct verdict *verdict)
{
    if (!snapshot->reload_refused)
        return false;
    verdict->level = VERDICT_WARN;
    text_append(&verdict->line, "The last reload was refused.");
    text_append(&verdict->reason,
                "The configuration before it stays in force; the log says what is wrong.");
    return true;
}

static bool
judge_dead(const struct snapshot *snapshot, struct verdict *verdict)
{
    if (!snapshot_is_counted(snapshot) || snapshot->sample->backlog.dead == 0)
        return false;
    const struct backlog *backlog = &snapshot->sample->backlog;
    verdict->level = VERDICT_WARN;
    text_append(&verdict->line, backlog->capped ? "At least " : "");
    format_count(&verdict->line, backlog->dead);
    text_append(&verdict->line, backlog->dead == 1 ? " dead letter waits" : " dead letters wait");
    text_append(&verdict->line, " for somebody to decide.");
    text_append(&verdict->reason, "They are left alone until then; all others go on.");
    return true;
}

static bool
judge_good(const struct snapshot *snapshot, struct verdict *verdict)
{
    const double rate = verdict_rate(snapshot);

    verdict->level = VERDICT_GOOD;
    if (snapshot_stands_by(snapshot)) {
        text_append(&verdict->line, "Standing by.");
        text_append(&verdict->reason, "Another relay sends; this one takes over when it ends.");
    } else if (!snapshot_active(snapshot)) {
        text_append(&verdict->line, "Starting.");
        text_append(&verdict->reason, "The first window is under way.");
    } else if (rate < 1) {
        const bool empty = snapshot_is_counted(snapshot) && snapshot->sample->backlog.messages == 0;
        text_append(&verdict->line, empty ? "All is well: nothing waits." : "All is well.");
    } else {
        text_append(&verdict->line, "All is well: ");
        format_count(&verdict->line, (int64_t)rate);
        text_append(&verdict->line, " messages a second.");
    }
    return true;
}

static bool (*const judges[])(const struct snapshot *, struct verdict *) = {
    judge_ready,  judge_topics, judge_quarantine, judge_age,
    judge_sample, judge_reload, judge_dead,       judge_good,
};

void
verdict_judge(const struct snapshot *snapshot, struct verdict *ret_verdict)
{
    *ret_verdict = (struct verdict){0};
    for (size_t i = 0; !judges[i](snapshot, ret_verdict); i++)
        ;
}

void
verdict_free(struct verdict *verdict)
{
    text_free(&verdict->line);
    text_free(&verdict->reason);
}

double
verdict_rate(const struct snapshot *snapshot)
{
    return snapshot->point_count == 0 ? 0 : snapshot->points[snapshot->point_count - 1].rate;
}

void
verdict_append_command(struct text *out, const struct snapshot *snapshot,
                       const struct dead_reason *reason)
{
    text_append(out, "outrider dead list");
    if (snapshot->config_file != NULL) {
        text_append(out, " -c ");
        text_append_shell(out, snapshot->config_file);
    }
    text_append(out, " --topic ");
    text_append_shell(out, reason->topic);
    if (reason->error != NULL) {
        text_append(out, " --error ");
        text_append_shell(out, reason->error);
    }
}
