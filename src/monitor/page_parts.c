// SPDX-License-Identifier: Apache-2.0
// The parts of the page. What they show is in tests/unit/test_page.c, one part a test.
#include "page.h"

#include "html.h"
#include "readiness.h"
#include "status.h"
#include "verdict.h"

#include "outrider/base/amount.h"
#include "outrider/base/version.h"

#include <math.h>

enum { MS_US = 1000, MS_NS = 1000000, S_US = 1000000 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define UNKNOWN      "Not known: the database was not looked at in the last minute."

static void
append_since(struct text *out, const struct snapshot *snapshot, int64_t unix_us)
{
    const int64_t ms = (snapshot->now_us - unix_us) / MS_US;

    format_age(out, ms < 0 ? 0 : ms);
}

static void
append_none(struct text *out, const char *text)
{
    html_element(out, "<p class=\"none\">", text, "</p>");
}

// --- the head and the verdict

static void
title(struct text *out, const struct snapshot *snapshot)
{
    struct verdict verdict;

    verdict_judge(snapshot, &verdict);
    text_append(out, verdict.level == VERDICT_GOOD   ? ""
                     : verdict.level == VERDICT_WARN ? "! "
                                                     : "!! ");
    html_text(out, snapshot->table != NULL ? snapshot->table : "outrider");
    text_append(out, " - outrider");
    verdict_free(&verdict);
}

static void
head(struct text *out, const struct snapshot *snapshot)
{
    char time[40];

    format_utc(snapshot->now_us / S_US * S_US, 3, time);
    if (snapshot->table != NULL)
        html_element(out, "table ", snapshot->table, ", ");
    text_appendf(out, "version " OUTRIDER_VERSION ", as of %.10s %.8s UTC", time, time + 11);
}

static void
verdict(struct text *out, const struct snapshot *snapshot)
{
    struct verdict verdict;

    verdict_judge(snapshot, &verdict);
    text_appendf(out, "<div class=\"verdict %s\" role=\"status\">", verdict_words[verdict.level]);
    html_element(out, "<strong>", text_str(&verdict.line), "</strong>");
    if (verdict.reason.len > 0)
        html_element(out, "<p>", text_str(&verdict.reason), "</p>");
    text_append(out, "</div>");
    verdict_free(&verdict);
}

// --- tiles

struct tile {
    const char *name;
    double (*value)(const struct point *point); // NAN: not known
    void (*now)(struct text *out, const struct snapshot *snapshot);
    void (*most)(struct text *out, double value); // the highest of the sparkline
};

static double
backlog_at(const struct point *point)
{
    return point->counted ? (double)point->backlog : NAN;
}

static double
age_at(const struct point *point)
{
    return point->counted ? (double)point->oldest_age_ms : NAN;
}

static double
rate_at(const struct point *point)
{
    return point->rate;
}

static double
latency_at(const struct point *point)
{
    return point->p99_us > 0 ? (double)point->p99_us / MS_US : NAN;
}

static void
backlog_now(struct text *out, const struct snapshot *snapshot)
{
    if (!snapshot_is_counted(snapshot)) {
        text_append(out, "not known");
        return;
    }
    text_append(out, snapshot->sample->backlog.capped ? "≥ " : "");
    format_count(out, snapshot->sample->backlog.messages);
}

static void
append_age(struct text *out, int64_t oldest_age_ms)
{
    if (oldest_age_ms == BACKLOG_AGELESS)
        text_append(out, "–");
    else
        format_age(out, oldest_age_ms);
}

static void
age_now(struct text *out, const struct snapshot *snapshot)
{
    if (snapshot_is_counted(snapshot))
        append_age(out, snapshot->sample->backlog.oldest_age_ms);
    else
        text_append(out, "not known");
}

static void
append_rate(struct text *out, double rate)
{
    if (rate > 0 && rate < 10)
        text_appendf(out, "%.1f/s", rate);
    else {
        format_count(out, (int64_t)rate);
        text_append(out, "/s");
    }
}

static void
rate_now(struct text *out, const struct snapshot *snapshot)
{
    append_rate(out, verdict_rate(snapshot));
}

static void
latency_now(struct text *out, const struct snapshot *snapshot)
{
    const struct point *last =
        snapshot->point_count > 0 ? &snapshot->points[snapshot->point_count - 1] : NULL;

    if (last == NULL || last->p99_us == 0)
        text_append(out, "–");
    else
        format_age(out, last->p99_us / MS_US);
}

static void
most_count(struct text *out, double value)
{
    format_count(out, (int64_t)value);
}

static void
most_age(struct text *out, double value)
{
    format_age(out, (int64_t)value);
}

static const struct tile all_tiles[] = {
    {"Waiting", backlog_at, backlog_now, most_count},
    {"Oldest", age_at, age_now, most_age},
    {"Published", rate_at, rate_now, append_rate},
    {"Latency, 99 %", latency_at, latency_now, most_age},
};

static void
append_tile(struct text *out, const struct snapshot *snapshot, const struct tile *tile)
{
    __attribute__((cleanup(text_free))) struct text most = {0}, label = {0};
    double values[POINTS], highest = -1;

    for (size_t i = 0; i < snapshot->point_count; i++) {
        values[i] = tile->value(&snapshot->points[i]);
        if (values[i] > highest)
            highest = values[i];
    }
    if (highest >= 0) {
        text_append(&most, "15 min, at most ");
        tile->most(&most, highest);
    } else {
        text_append(&most, "no figure yet");
    }
    text_appendf(&label, "%s: %s", tile->name, text_str(&most));
    html_element(out, "<div class=\"tile\"><h2>", tile->name, "</h2><b>");
    tile->now(out, snapshot);
    text_append(out, "</b>");
    html_sparkline(out, text_str(&label), values, snapshot->point_count, POINTS);
    html_element(out, "<small>", text_str(&most), "</small></div>\n");
}

static void
tiles(struct text *out, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < COUNT(all_tiles); i++)
        append_tile(out, snapshot, &all_tiles[i]);
}

// --- servers

// What the lanes say of a server that is away.
static const char *
trouble_of(const struct snapshot *snapshot, const char *event)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].troubled && str_equal(snapshot->lanes[i].trouble.event, event))
            return snapshot->lanes[i].trouble.error.text;
    return NULL;
}

static void
append_server(struct text *out, const char *name, bool up, const char *trouble)
{
    text_appendf(out, "<p><span class=\"mark %s\">%s %s</span>", up ? "good" : "bad", name,
                 up ? "is reachable" : "is not reachable");
    if (!up && trouble != NULL)
        html_element(out, " <span class=\"dim\">", trouble, "</span>");
    text_append(out, "</p>\n");
}

static void
servers(struct text *out, const struct snapshot *snapshot)
{
    const char *postgres = trouble_of(snapshot, "postgres_unavailable");

    if (postgres == NULL && snapshot->sample_failed)
        postgres = snapshot->sample_error.text;
    append_server(out, "PostgreSQL", snapshot_postgres_up(snapshot), postgres);
    append_server(out, "Kafka", snapshot_kafka_up(snapshot),
                  trouble_of(snapshot, "kafka_unavailable"));
}

// --- topics

static void
append_topic(struct text *out, const struct snapshot *snapshot, const struct backlog_topic *topic)
{
    html_element(out, "<tr><td>", topic->topic, "");
    if (snapshot_is_blocked(snapshot, topic->topic))
        text_append(out, " <span class=\"mark bad\">blocked</span>");
    text_append(out, "</td><td class=\"n\">");
    format_count(out, topic->messages);
    text_append(out, "</td><td class=\"n\">");
    append_age(out, topic->oldest_age_ms);
    text_append(out, "</td><td class=\"n\">");
    format_count(out, topic->dead);
    text_append(out, "</td></tr>\n");
}

static void
topics(struct text *out, const struct snapshot *snapshot)
{
    const bool counted = snapshot_is_counted(snapshot);
    enum { SHOWN = 50 };

    if (!counted || snapshot->sample->backlog.count == 0) {
        append_none(out, counted ? "Nothing waits, nothing is dead." : UNKNOWN);
        return;
    }
    const struct backlog *backlog = &snapshot->sample->backlog;
    text_append(out, "<div class=\"wide\"><table><tr><th>topic</th><th class=\"n\">waiting</th>"
                     "<th class=\"n\">oldest</th><th class=\"n\">dead</th></tr>\n");
    for (size_t i = 0; i < backlog->count && i < SHOWN; i++)
        append_topic(out, snapshot, &backlog->topics[i]);
    text_append(out, "</table></div>");
    if (backlog->count > SHOWN)
        text_appendf(out, "<p class=\"none\">and %zu more: status.json has them</p>",
                     backlog->count - SHOWN);
}

// --- what went wrong

static void
append_recent(struct text *out, const struct snapshot *snapshot, const struct recent *recent)
{
    const char *hint = recent_hint(recent);

    text_appendf(out, "<li><span class=\"mark %s\">", recent->level == LOG_ERROR ? "bad" : "warn");
    html_element(out, "", recent->event, "</span>");
    if (*recent->topic != '\0')
        html_element(out, " ", recent->topic, "");
    text_append(out, " <span class=\"dim\">");
    append_since(out, snapshot, recent->last_us);
    text_append(out, " ago");
    if (recent->count > 1) {
        text_append(out, ", ");
        format_count(out, (int64_t)recent->count);
        text_append(out, " times");
    }
    html_element(out, "</span><p>", recent->text, "</p>");
    if (hint != NULL)
        html_element(out, "<p class=\"hint\">", hint, "</p>");
    text_append(out, "</li>\n");
}

static void
recent(struct text *out, const struct snapshot *snapshot)
{
    if (snapshot->recent_count == 0) {
        append_none(out, "None since the start.");
        return;
    }
    text_append(out, "<ul>\n");
    for (size_t i = 0; i < snapshot->recent_count; i++)
        append_recent(out, snapshot, &snapshot->recent[i]);
    text_append(out, "</ul>");
}

static void
append_dead(struct text *out, const struct snapshot *snapshot, const struct dead_reason *reason)
{
    __attribute__((cleanup(text_free))) struct text command = {0};

    verdict_append_command(&command, snapshot, reason);
    text_append(out, "<li><span class=\"mark warn\">");
    format_count(out, reason->messages);
    html_element(out, "</span> for ", reason->topic, "");
    if (reason->last_dead_ms >= 0) {
        text_append(out, " <span class=\"dim\">last ");
        format_age(out, reason->last_dead_ms);
        text_append(out, " ago</span>");
    }
    if (reason->error != NULL)
        html_element(out, "<p>", reason->error, "</p>");
    html_element(out, "<code>", text_str(&command), "</code></li>\n");
}

static void
dead(struct text *out, const struct snapshot *snapshot)
{
    if (!snapshot_is_counted(snapshot) || snapshot->sample->reasons.count == 0) {
        append_none(out, snapshot_is_counted(snapshot) ? "None." : UNKNOWN);
        return;
    }
    text_append(out, "<ul>\n");
    for (size_t i = 0; i < snapshot->sample->reasons.count; i++)
        append_dead(out, snapshot, &snapshot->sample->reasons.list[i]);
    text_append(out, "</ul>");
    if (snapshot->sample->version == 1)
        append_none(out, "Version 1 of the table keeps no reasons.");
}

// --- lanes and relays

static void
lanes(struct text *out, const struct snapshot *snapshot)
{
    static const char *const marks[] = {
        [LANE_WELL] = "good", [LANE_STALLED] = "warn", [LANE_STUCK] = "bad"};

    if (snapshot->lane_count == 0) {
        append_none(out, "None runs just now.");
        return;
    }
    text_append(out,
                "<div class=\"wide\"><table><tr><th>lane</th><th>phase</th><th class=\"n\">since"
                "</th><th class=\"n\">in flight</th><th>is</th></tr>\n");
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        const struct lane_snapshot *lane = &snapshot->lanes[i];
        text_appendf(out, "<tr><td>%zu%s</td><td>%s</td><td class=\"n\">", i,
                     lane->view.active ? ", active" : "", lane_phase_name(lane->view.phase));
        format_age(out, mono_diff_ns(snapshot->now, lane->view.since) / MS_NS);
        text_append(out, "</td><td class=\"n\">");
        format_count(out, lane->view.in_flight);
        text_appendf(out, "</td><td><span class=\"mark %s\">%s</span></td></tr>\n",
                     marks[lane->health], status_health_words[lane->health]);
    }
    text_append(out, "</table></div>");
}

static void
fellows(struct text *out, const struct snapshot *snapshot)
{
    const bool counted = snapshot_is_counted(snapshot);

    if (!counted || snapshot->sample->fellows.count == 0) {
        append_none(out, counted ? "No other session of this name is in the database." : UNKNOWN);
        return;
    }
    const struct fellows *fellows = &snapshot->sample->fellows;
    text_append(out, "<div class=\"wide\"><table><tr><th>host</th><th class=\"n\">sessions</th>"
                     "<th class=\"n\">for</th><th></th></tr>\n");
    for (size_t i = 0; i < fellows->count; i++) {
        html_element(out, "<tr><td>", fellows->list[i].host, "</td><td class=\"n\">");
        format_count(out, fellows->list[i].sessions);
        text_append(out, "</td><td class=\"n\">");
        format_age(out, fellows->list[i].age_ms);
        text_appendf(out, "</td><td>%s</td></tr>\n",
                     fellows->list[i].works ? "sends just now" : "");
    }
    text_append(out, "</table></div>");
}

// --- totals and configuration

static void
append_total(struct text *out, const char *name, uint64_t value)
{
    text_appendf(out, "<div><dt>%s</dt><dd>", name);
    format_count(out, (int64_t)value);
    text_append(out, "</dd></div>\n");
}

static void
totals(struct text *out, const struct snapshot *snapshot)
{
    const struct stats *stats = &snapshot->stats;

    text_append(out, "<dl>\n");
    append_total(out, "published", stats->published);
    text_append(out, "<div><dt>payload</dt><dd>");
    format_bytes(out, (int64_t)stats->published_bytes);
    text_append(out, "</dd></div>\n");
    append_total(out, "failed attempts", stats->failed_attempts);
    append_total(out, "given up", stats->dead);
    append_total(out, "possible duplicates", stats->possible_duplicates);
    append_total(out, "order breaks", stats->order_breaks);
    text_append(out, "<div><dt>running for</dt><dd>");
    append_since(out, snapshot, snapshot->started_us);
    text_append(out, "</dd></div>\n<div><dt>configured</dt><dd>");
    append_since(out, snapshot, snapshot->reloaded_us);
    text_append(out, " ago</dd></div>\n</dl>");
}

static void
config(struct text *out, const struct snapshot *snapshot)
{
    html_lines(out, snapshot->config != NULL ? snapshot->config : "");
}

const struct page_part page_parts[] = {
    {"title", title},     {"head", head},       {"verdict", verdict}, {"tiles", tiles},
    {"servers", servers}, {"topics", topics},   {"recent", recent},   {"dead", dead},
    {"lanes", lanes},     {"fellows", fellows}, {"totals", totals},   {"config", config},
};
const size_t page_part_count = COUNT(page_parts);
