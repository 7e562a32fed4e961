// SPDX-License-Identifier: Apache-2.0
//
// Health and readiness.
//
// Healthy is what a supervisor restarts for, so only a stuck lane is not: an outage is waited out,
// and restarting would not end it. Ready is what others may count on: both servers reachable, a
// table that can be served, and progress where there is work. A standby is ready; it only has to
// wait.
#include "readiness.h"

#include "outrider/base/amount.h"

#include <stdarg.h>
#include <stdio.h>

enum { HTTP_OK = 200, HTTP_UNAVAILABLE = 503 };

__attribute__((format(printf, 3, 4))) static void
add(struct reasons *reasons, const char *name, const char *format, ...)
{
    struct reason reason = {.name = name};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reason.text, sizeof reason.text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < reasons->count; i++)
        if (str_equal(reasons->list[i].name, name) && str_equal(reasons->list[i].text, reason.text))
            return;
    if (reasons->count < REASONS_MAX)
        reasons->list[reasons->count++] = reason;
}

// What keeps a lane from its servers. A table that cannot be served is no outage of PostgreSQL.
static void
add_trouble(struct reasons *reasons, const struct lane_trouble *trouble)
{
    const bool table =
        str_equal(trouble->event, "postgres_unavailable") &&
        (str_equal(trouble->error.code, "TABLE") || str_equal(trouble->error.code, "KEY"));

    add(reasons, table ? "table_unfit" : trouble->event, "%s", trouble->error.text);
}

static void
judge_pause(const struct snapshot *snapshot, struct reasons *reasons)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].view.phase == LANE_PAUSED)
            add(reasons, "paused", "SIGUSR1 paused the relay; SIGUSR2 lets it go on");
}

static void
judge_connections(const struct snapshot *snapshot, struct reasons *reasons)
{
    if (snapshot_connected(snapshot))
        return;
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].troubled)
            add_trouble(reasons, &snapshot->lanes[i].trouble);
    if (reasons->count == 0)
        add(reasons, "connecting", "no lane has reached both servers yet");
}

// Another relay in the slot is a reason to stand by; any other session is one not to be ready.
static void
judge_slots(const struct snapshot *snapshot, struct reasons *reasons)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].taken)
            add(reasons, "slot_taken", "%s", snapshot->lanes[i].taken_by.error.text);
}

static void
append_lane(struct text *out, const struct snapshot *snapshot, size_t number)
{
    const struct lane_view *view = &snapshot->lanes[number].view;

    text_appendf(out, "lane %zu is in %s since ", number, lane_phase_name(view->phase));
    format_age(out, mono_diff_ns(snapshot->now, view->since) / 1000000);
}

static void
judge_stuck(const struct snapshot *snapshot, struct reasons *reasons)
{
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        __attribute__((cleanup(text_free))) struct text lane = {0};
        if (snapshot->lanes[i].health != LANE_STUCK)
            continue;
        append_lane(&lane, snapshot, i);
        add(reasons, "lane_stuck", "%s, and nothing can end that", text_str(&lane));
    }
}

// One lane that makes progress says more than others that do not.
static void
judge_progress(const struct snapshot *snapshot, struct reasons *reasons)
{
    size_t stalled = 0;

    for (size_t i = 0; i < snapshot->lane_count; i++)
        stalled += snapshot->lanes[i].health == LANE_STALLED;
    if (reasons->count == 0 && stalled > 0 && stalled == snapshot->lane_count)
        add(reasons, "no_progress", "no lane has committed a window for longer than one can take");
}

size_t
readiness_blocked_topics(const struct snapshot *snapshot, const char **ret_first, bool *ret_all)
{
    const struct backlog *backlog =
        snapshot_is_counted(snapshot) ? &snapshot->sample->backlog : NULL;
    size_t blocked = 0, waiting = 0;

    for (size_t i = 0; backlog != NULL && i < backlog->count; i++) {
        const struct backlog_topic *topic = &backlog->topics[i];
        if (topic->messages == 0)
            continue;
        waiting++;
        if (!snapshot_is_blocked(snapshot, topic->topic))
            continue;
        if (blocked++ == 0)
            *ret_first = topic->topic;
    }
    *ret_all = blocked > 0 && blocked == waiting;
    return blocked;
}

// Why a lane blocked the topic: the text of its trouble begins with the topic that it is about.
// NULL when no lane's trouble is about this one.
static const char *
find_why_blocked(const struct snapshot *snapshot, const char *topic)
{
    __attribute__((cleanup(text_free))) struct text about = {0};

    text_appendf(&about, "topic %s: ", topic);
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        const struct lane_trouble *trouble = &snapshot->lanes[i].trouble;
        if (snapshot->lanes[i].troubled && str_equal(trouble->event, "topic_blocked") &&
            str_starts_with(trouble->error.text, text_str(&about)))
            return trouble->error.text;
    }
    return NULL;
}

// The first blocked topic that a lane's trouble is about; `first` when there is none.
static const char *
find_explained(const struct snapshot *snapshot, const char *first)
{
    const struct backlog *backlog = &snapshot->sample->backlog;

    for (size_t i = 0; i < backlog->count; i++)
        if (backlog->topics[i].messages > 0 && find_why_blocked(snapshot, backlog->topics[i].topic))
            return backlog->topics[i].topic;
    return first;
}

static void
judge_topics(const struct snapshot *snapshot, struct reasons *reasons)
{
    const char *first = NULL, *why;
    bool all;
    const size_t blocked = readiness_blocked_topics(snapshot, &first, &all);

    if (!all)
        return;
    first = find_explained(snapshot, first);
    why = find_why_blocked(snapshot, first);
    add(reasons, "topics_blocked", "topic %s %s, and nothing waits for another%s%s", first,
        blocked > 1 ? "and others cannot be written" : "cannot be written", why == NULL ? "" : "; ",
        why == NULL ? "" : why);
}

void
readiness_judge(const struct snapshot *snapshot, struct reasons *ret_reasons)
{
    struct reasons *reasons = ret_reasons;

    reasons->count = 0;
    if (snapshot->stage == STAGE_STOPPING)
        add(reasons, "stopping", "the batches in hand are finished");
    else if (snapshot->stage == STAGE_RELOADING)
        add(reasons, "reloading", "the configuration is taken up");
    if (reasons->count > 0)
        return;
    judge_pause(snapshot, reasons);
    if (reasons->count == 0)
        judge_connections(snapshot, reasons);
    judge_slots(snapshot, reasons);
    judge_stuck(snapshot, reasons);
    judge_progress(snapshot, reasons);
    judge_topics(snapshot, reasons);
}

void
readiness_append_reasons(struct text *out, const struct reasons *reasons)
{
    text_append(out, "\"reasons\":[");
    for (size_t i = 0; i < reasons->count; i++) {
        text_append(out, i > 0 ? ",{\"reason\":" : "{\"reason\":");
        text_append_json(out, reasons->list[i].name);
        text_append(out, ",\"text\":");
        text_append_json(out, reasons->list[i].text);
        text_append_char(out, '}');
    }
    text_append_char(out, ']');
}

static unsigned
answer(struct text *out, const char *name, const struct reasons *reasons)
{
    text_appendf(out, "{\"%s\":%s,", name, reasons->count == 0 ? "true" : "false");
    readiness_append_reasons(out, reasons);
    text_append(out, "}\n");
    return reasons->count == 0 ? HTTP_OK : HTTP_UNAVAILABLE;
}

unsigned
readiness_answer_health(const struct snapshot *snapshot, struct text *out)
{
    struct reasons stuck = {.count = 0};

    judge_stuck(snapshot, &stuck);
    return answer(out, "healthy", &stuck);
}

unsigned
readiness_answer(const struct snapshot *snapshot, struct text *out)
{
    struct reasons reasons;

    readiness_judge(snapshot, &reasons);
    return answer(out, "ready", &reasons);
}
