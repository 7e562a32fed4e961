// SPDX-License-Identifier: Apache-2.0
// /status.json: what the page shows, for programs; /status.txt: the least of it, as one line.
#include "status.h"

#include "json.h"
#include "readiness.h"
#include "verdict.h"

#include "outrider/base/amount.h"
#include "outrider/base/safe.h"
#include "outrider/base/version.h"

enum { HTTP_OK = 200, MS_US = 1000, MS_NS = 1000000 };

const char *const status_health_words[] = {
    [LANE_WELL] = "well",
    [LANE_STALLED] = "stalled",
    [LANE_STUCK] = "stuck",
};

static const char *const stage_words[] = {
    [STAGE_RUNNING] = "running",
    [STAGE_RELOADING] = "reloading",
    [STAGE_STOPPING] = "stopping",
};

static int64_t
ms_since(const struct snapshot *snapshot, struct mono then)
{
    return mono_diff_ns(snapshot->now, then) / MS_NS;
}

static void
append_verdict(struct text *out, const struct snapshot *snapshot)
{
    struct verdict verdict;
    struct reasons reasons;

    verdict_judge(snapshot, &verdict);
    json_open(out, "verdict", '{');
    json_text(out, "level", verdict_words[verdict.level]);
    json_text(out, "line", text_str(&verdict.line));
    json_text(out, "reason", text_str(&verdict.reason));
    json_close(out, '}');
    verdict_free(&verdict);
    readiness_judge(snapshot, &reasons);
    json_bool(out, "ready", reasons.count == 0);
    text_append_char(out, ',');
    readiness_append_reasons(out, &reasons);
}

static void
append_totals(struct text *out, const struct snapshot *snapshot)
{
    const struct stats *stats = &snapshot->stats;

    json_open(out, "totals", '{');
    json_int(out, "published", (int64_t)stats->published);
    json_int(out, "published_bytes", (int64_t)stats->published_bytes);
    json_int(out, "failed_attempts", (int64_t)stats->failed_attempts);
    json_int(out, "dead", (int64_t)stats->dead);
    json_int(out, "possible_duplicates", (int64_t)stats->possible_duplicates);
    json_int(out, "order_breaks", (int64_t)stats->order_breaks);
    json_close(out, '}');
}

static void
append_trouble(struct text *out, const struct snapshot *snapshot, const struct lane_snapshot *lane)
{
    if (!lane->troubled) {
        json_null(out, "trouble");
        return;
    }
    json_open(out, "trouble", '{');
    json_text(out, "event", lane->trouble.event);
    json_text(out, "class", fault_name(lane->trouble.error.fault));
    json_text(out, "code", lane->trouble.error.code);
    json_text(out, "error", lane->trouble.error.text);
    json_int(out, "age_ms", ms_since(snapshot, lane->trouble.at));
    json_close(out, '}');
}

static void
append_lanes(struct text *out, const struct snapshot *snapshot)
{
    json_open(out, "lanes", '[');
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        const struct lane_snapshot *lane = &snapshot->lanes[i];
        json_open(out, NULL, '{');
        json_int(out, "lane", (int64_t)i);
        json_text(out, "phase", lane_phase_name(lane->view.phase));
        json_int(out, "phase_ms", ms_since(snapshot, lane->view.since));
        json_text(out, "health", status_health_words[lane->health]);
        json_bool(out, "connected", lane->view.connected);
        json_bool(out, "active", lane->view.active);
        json_int(out, "in_flight", lane->view.in_flight);
        json_int(out, "quarantined", lane->view.quarantined);
        append_trouble(out, snapshot, lane);
        json_close(out, '}');
    }
    json_close(out, ']');
}

// As `outrider status --json` has them.
static void
append_counts(struct text *out, int64_t messages, int64_t dead, int64_t oldest_age_ms)
{
    json_int(out, "messages", messages);
    json_int(out, "dead", dead);
    if (oldest_age_ms == BACKLOG_AGELESS)
        json_null(out, "oldest_age_ms");
    else
        json_int(out, "oldest_age_ms", oldest_age_ms);
}

static void
append_topics(struct text *out, const struct snapshot *snapshot)
{
    const struct backlog *backlog = &snapshot->sample->backlog;

    json_open(out, "topics", '[');
    for (size_t i = 0; i < backlog->count; i++) {
        const struct backlog_topic *topic = &backlog->topics[i];
        json_open(out, NULL, '{');
        json_text(out, "topic", topic->topic);
        append_counts(out, topic->messages, topic->dead, topic->oldest_age_ms);
        json_bool(out, "blocked", snapshot_is_blocked(snapshot, topic->topic));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void
append_reasons(struct text *out, const struct snapshot *snapshot)
{
    const struct dead_reasons *reasons = &snapshot->sample->reasons;

    json_open(out, "dead_reasons", '[');
    for (size_t i = 0; i < reasons->count; i++) {
        const struct dead_reason *reason = &reasons->list[i];
        __attribute__((cleanup(text_free))) struct text command = {0};
        verdict_append_command(&command, snapshot, reason);
        json_open(out, NULL, '{');
        json_text(out, "topic", reason->topic);
        json_text(out, "error_class", reason->error_class);
        json_text(out, "error", reason->error);
        json_int(out, "messages", reason->messages);
        json_text(out, "command", text_str(&command));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void
append_fellows(struct text *out, const struct fellows *fellows)
{
    json_open(out, "other_relays", '[');
    for (size_t i = 0; i < fellows->count; i++) {
        json_open(out, NULL, '{');
        json_text(out, "host", fellows->list[i].host);
        json_int(out, "sessions", fellows->list[i].sessions);
        json_int(out, "age_ms", fellows->list[i].age_ms);
        json_bool(out, "works", fellows->list[i].works);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void
append_sample(struct text *out, const struct snapshot *snapshot)
{
    const struct sample *sample = snapshot->sample;

    if (sample == NULL) {
        json_null(out, "sample");
    } else {
        json_open(out, "sample", '{');
        json_time(out, "at", sample->at_us);
        json_int(out, "age_ms", ms_since(snapshot, sample->at));
        json_int(out, "took_ms", sample->took_ms);
        json_int(out, "table_version", sample->version);
        append_counts(out, sample->backlog.messages, sample->backlog.dead,
                      sample->backlog.oldest_age_ms);
        json_bool(out, "at_least", sample->backlog.capped);
        append_topics(out, snapshot);
        append_reasons(out, snapshot);
        append_fellows(out, &sample->fellows);
        json_close(out, '}');
    }
    json_text(out, "sample_error", snapshot->sample_failed ? snapshot->sample_error.text : NULL);
}

static void
append_points(struct text *out, const struct snapshot *snapshot)
{
    json_open(out, "points", '[');
    for (size_t i = 0; i < snapshot->point_count; i++) {
        const struct point *point = &snapshot->points[i];
        json_open(out, NULL, '{');
        json_time(out, "at", point->at_us);
        json_number(out, "rate", point->rate);
        json_number(out, "p50_ms", (double)point->p50_us / MS_US);
        json_number(out, "p99_ms", (double)point->p99_us / MS_US);
        if (point->counted)
            json_int(out, "backlog", point->backlog);
        else
            json_null(out, "backlog");
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void
append_recent(struct text *out, const struct snapshot *snapshot)
{
    json_open(out, "recent", '[');
    for (size_t i = 0; i < snapshot->recent_count; i++) {
        const struct recent *recent = &snapshot->recent[i];
        json_open(out, NULL, '{');
        json_text(out, "event", recent->event);
        json_text(out, "level", log_level_names[recent->level]);
        json_text(out, "code", *recent->code != '\0' ? recent->code : NULL);
        json_text(out, "topic", *recent->topic != '\0' ? recent->topic : NULL);
        json_text(out, "text", recent->text);
        json_int(out, "count", (int64_t)recent->count);
        json_time(out, "first_at", recent->first_us);
        json_time(out, "last_at", recent->last_us);
        json_text(out, "hint", recent_hint(recent));
        json_close(out, '}');
    }
    json_close(out, ']');
}

unsigned
status_answer(const struct snapshot *snapshot, struct text *out)
{
    json_open(out, NULL, '{');
    json_text(out, "version", OUTRIDER_VERSION);
    json_text(out, "stage", stage_words[snapshot->stage]);
    json_text(out, "table", snapshot->table);
    json_time(out, "now", snapshot->now_us);
    json_time(out, "started_at", snapshot->started_us);
    json_time(out, "configured_at", snapshot->reloaded_us);
    json_bool(out, "reload_refused", snapshot->reload_refused);
    append_verdict(out, snapshot);
    json_bool(out, "active", snapshot_active(snapshot));
    json_bool(out, "postgres_up", snapshot_postgres_up(snapshot));
    json_bool(out, "kafka_up", snapshot_kafka_up(snapshot));
    json_number(out, "rate", verdict_rate(snapshot));
    append_totals(out, snapshot);
    append_lanes(out, snapshot);
    append_sample(out, snapshot);
    append_points(out, snapshot);
    append_recent(out, snapshot);
    json_close(out, '}');
    text_append_char(out, '\n');
    return HTTP_OK;
}

// How many, and the first few.
static void
append_blocked(struct text *out, const struct snapshot *snapshot)
{
    enum { FEW = 3 };
    size_t count = 0;

    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        count += snapshot->blocked[i];
    if (count == 0)
        return;
    text_appendf(out, "%zu topic%s blocked: ", count, count > 1 ? "s" : "");
    for (size_t i = 0, told = 0; i < TOPIC_INDEX_SIZE && told < FEW; i++)
        if (snapshot->blocked[i])
            text_appendf(out, "%s%s", told++ > 0 ? ", " : "", topic_index_name(i));
    if (count > FEW)
        text_appendf(out, " and %zu more", count - FEW);
}

unsigned
status_answer_line(const struct snapshot *snapshot, struct text *out)
{
    __attribute__((cleanup(text_free))) struct text line = {0}, note = {0};
    struct verdict verdict;

    verdict_judge(snapshot, &verdict);
    text_appendf(&line, "%s%s%s", text_str(&verdict.line), verdict.reason.len > 0 ? " " : "",
                 text_str(&verdict.reason));
    verdict_free(&verdict);
    append_blocked(&note, snapshot);
    if (snapshot_is_counted(snapshot)) {
        text_append(&note, note.len > 0 ? "; counted " : "counted ");
        format_age(&note, ms_since(snapshot, snapshot->sample->at));
        text_append(&note, " ago");
    }
    if (note.len > 0)
        text_appendf(&line, " (%s)", text_str(&note));
    safe_append(out, text_str(&line)); // it has names and errors
    text_append_char(out, '\n');
    return HTTP_OK;
}
