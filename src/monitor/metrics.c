// SPDX-License-Identifier: Apache-2.0
//
// THE table of metrics.
//
// A row says a metric's name, type, labels and meaning, and where its values come from: mostly a
// counter that the lanes keep anyway, by its place in struct stats. /metrics and the reference
// follow from it. Nothing is counted for a scrape: what the table holds is the sampler's knowledge,
// and is left out when there is none, for an old figure is a lie.
//
// The format: https://prometheus.io/docs/instrumenting/exposition_formats/
#include "metrics_private.h"

#include "process.h"

#include "outrider/base/safe.h"
#include "outrider/base/version.h"
#include "outrider/monitor/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum { HTTP_OK = 200, US_S = 1000000 };

enum metric_type { COUNTER, GAUGE, HISTOGRAM };

static const char *const type_names[] = {
    [COUNTER] = "counter",
    [GAUGE] = "gauge",
    [HISTOGRAM] = "histogram",
};

struct metric {
    const char *name;
    enum metric_type type;
    const char *labels; // for the reference; NULL: none
    const char *help;
    // Appends the samples; none of them when the value is not known.
    void (*append)(struct text *out, const struct metric *metric, const struct snapshot *snapshot);
    size_t at;       // of a counter or histogram in struct stats
    int first, last; // the bounds of a histogram's buckets, as powers of two of a microsecond
};

// --- samples

static void
append_integer(struct text *out, const struct metric *metric, int64_t value)
{
    text_appendf(out, "%s %" PRId64 "\n", metric->name, value);
}

static void
append_number(struct text *out, const struct metric *metric, double value)
{
    text_appendf(out, "%s %.15g\n", metric->name, value);
}

// The escape is part of the value, so the format escapes its backslashes.
static void
append_label_escape(struct text *out, const char *value, size_t len)
{
    __attribute__((cleanup(text_free))) struct text escape = {0};
    safe_append_escape(&escape, value, len);
    for (const char *c = text_str(&escape); *c != '\0'; c++)
        text_appendf(out, *c == '\\' ? "\\%c" : "%c", *c);
}

void
metrics_append_label(struct text *out, const char *value)
{
    while (*value != '\0') {
        const size_t len = utf8_length(value);
        if (*value == '\\' || *value == '"')
            text_append_char(out, '\\');
        if (*value == '\n') // the format's own escape
            text_append(out, "\\n");
        else if (len == 0)
            text_append(out, UTF8_REPLACEMENT);
        else if (safe_must_escape(value))
            append_label_escape(out, value, len);
        else
            text_append_bytes(out, value, len);
        value += len == 0 ? 1 : len;
    }
}

static void
append_labelled(struct text *out, const struct metric *metric, const char *label, const char *value,
                int64_t number)
{
    text_appendf(out, "%s{%s=\"", metric->name, label);
    metrics_append_label(out, value);
    text_appendf(out, "\"} %" PRId64 "\n", number);
}

static uint64_t
counter_at(const struct snapshot *snapshot, size_t at)
{
    return atomic_load((const _Atomic uint64_t *)((const char *)&snapshot->stats + at));
}

// --- what the lanes count

static void
counter(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_integer(out, metric, (int64_t)counter_at(snapshot, metric->at));
}

// Cumulative, as the format wants it; the sum of the buckets is the count, so that they agree.
static void
histogram(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    const struct histogram *values =
        (const struct histogram *)((const char *)&snapshot->stats + metric->at);
    const uint64_t count = histogram_below(values, HISTOGRAM_BUCKETS);

    for (int octave = metric->first; octave <= metric->last; octave++)
        text_appendf(out, "%s_bucket{le=\"%.15g\"} %" PRIu64 "\n", metric->name,
                     (double)(INT64_C(1) << octave) / US_S, histogram_below(values, octave));
    text_appendf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", metric->name, count);
    text_appendf(out, "%s_sum %.6f\n", metric->name, (double)values->sum_us / US_S);
    text_appendf(out, "%s_count %" PRIu64 "\n", metric->name, count);
}

static void
topics(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        if (snapshot->stats.topics[i] > 0)
            append_labelled(out, metric, "topic", topic_index_name(i),
                            (int64_t)snapshot->stats.topics[i]);
}

static void
errors(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    for (enum fault fault = FAULT_MESSAGE; fault <= FAULT_CLUSTER; fault++)
        append_labelled(out, metric, "class", fault_name(fault),
                        (int64_t)snapshot->stats.errors[fault]);
}

// --- what the lanes do

static void
in_flight(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    int64_t sum = 0;

    for (size_t i = 0; i < snapshot->lane_count; i++)
        sum += snapshot->lanes[i].view.in_flight;
    append_integer(out, metric, sum);
}

static void
quarantined(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_integer(out, metric, snapshot_quarantined(snapshot));
}

static void
phases(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        for (enum lane_phase phase = 0; phase <= LANE_ENDED; phase++)
            text_appendf(out, "%s{lane=\"%zu\",phase=\"%s\"} %d\n", metric->name, i,
                         lane_phase_name(phase), snapshot->lanes[i].view.phase == phase);
}

// Topics that were published to or are blocked: an alert needs the 0, too.
static void
breakers(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        if (snapshot->blocked[i] || snapshot->stats.topics[i] > 0)
            append_labelled(out, metric, "topic", topic_index_name(i), snapshot->blocked[i]);
}

static void
postgres_up(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_integer(out, metric, snapshot_postgres_up(snapshot));
}

static void
kafka_up(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_integer(out, metric, snapshot_kafka_up(snapshot));
}

static void
active(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_integer(out, metric, snapshot_active(snapshot));
}

static void
stuck(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    int64_t count = 0;

    for (size_t i = 0; i < snapshot->lane_count; i++)
        count += snapshot->lanes[i].health == LANE_STUCK;
    append_integer(out, metric, count);
}

// --- what the sampler saw

static void
backlog(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    if (snapshot_is_counted(snapshot))
        append_integer(out, metric, snapshot->sample->backlog.messages);
}

static void
backlog_capped(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    if (snapshot_is_counted(snapshot))
        append_integer(out, metric, snapshot->sample->backlog.capped);
}

static void
oldest_age(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    if (!snapshot_is_counted(snapshot))
        return;
    const int64_t age_ms = snapshot->sample->backlog.oldest_age_ms;
    append_number(out, metric, age_ms == BACKLOG_AGELESS ? 0 : (double)age_ms / 1000);
}

static void
dead(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    if (snapshot_is_counted(snapshot))
        append_integer(out, metric, snapshot->sample->backlog.dead);
}

static void
sample_age(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    if (snapshot->sample != NULL)
        append_number(out, metric, (double)mono_diff_ns(snapshot->now, snapshot->sample->at) / 1e9);
}

// --- the process

static void
build_info(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    (void)snapshot;
    append_labelled(out, metric, "version", OUTRIDER_VERSION, 1);
}

static void
reload(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_integer(out, metric, !snapshot->reload_refused);
}

static void
start_time(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    append_number(out, metric, (double)(snapshot->started_us / 1000) / 1000);
}

static void
cpu(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    (void)snapshot;
    append_number(out, metric, process_cpu_seconds());
}

static void
resident(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    (void)snapshot;
    append_integer(out, metric, process_resident_bytes());
}

static void
open_files(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    (void)snapshot;
    append_integer(out, metric, process_open_files());
}

static void
max_files(struct text *out, const struct metric *metric, const struct snapshot *snapshot)
{
    (void)snapshot;
    append_integer(out, metric, process_max_files());
}

#define AT(member) .at = offsetof(struct stats, member)

static const struct metric metrics[] = {
    {"outrider_messages_published_total", COUNTER, "topic",
     "Messages acknowledged by Kafka and settled in a committed transaction. The first 200 topics "
     "that were published to have a label of their own, the rest is \"other\".",
     topics, 0, 0, 0},
    {"outrider_published_bytes_total", COUNTER, NULL, "Payload bytes of those messages.", counter,
     AT(published_bytes), 0, 0},
    {"outrider_publish_errors_total", COUNTER, "class",
     "Failures by whose fault they are: message (an attempt of a row), topic (a topic found "
     "blocked), cluster (a failed window or attempt to connect).",
     errors, 0, 0, 0},
    {"outrider_messages_dead_total", COUNTER, NULL, "Messages given up by this process.", counter,
     AT(dead), 0, 0},
    {"outrider_possible_duplicates_total", COUNTER, NULL,
     "Messages sent again although a broker may have written them.", counter,
     AT(possible_duplicates), 0, 0},
    {"outrider_order_breaks_total", COUNTER, NULL,
     "Messages rejected after a later one of their key was accepted.", counter, AT(order_breaks), 0,
     0},
    {"outrider_batches_total", COUNTER, NULL, "Batches settled in committed transactions.", counter,
     AT(batches), 0, 0},
    {"outrider_claim_seconds", HISTOGRAM, NULL, "Time a lane spent claiming a batch.", histogram,
     AT(claim), 7, 25},
    {"outrider_publish_seconds", HISTOGRAM, NULL,
     "Time a lane spent handing a batch to the Kafka client.", histogram, AT(publish), 7, 25},
    {"outrider_settle_seconds", HISTOGRAM, NULL,
     "Time a lane spent waiting for a batch's acknowledgements and writing what failed.", histogram,
     AT(settle), 7, 25},
    {"outrider_delivery_latency_seconds", HISTOGRAM, NULL,
     "From created_at to Kafka's acknowledgement; created_at is set before its transaction "
     "commits.",
     histogram, AT(delivery), 10, 34},
    {"outrider_backlog_messages", GAUGE, NULL,
     "Rows neither published nor dead, as of the last sample; counted to 100,000.", backlog, 0, 0,
     0},
    {"outrider_backlog_capped", GAUGE, NULL,
     "1 when counting stopped at 100,000: backlog_messages and dead_messages say \"at least\".",
     backlog_capped, 0, 0, 0},
    {"outrider_oldest_message_age_seconds", GAUGE, NULL,
     "Age of the oldest of them by created_at, 0 when none has one; without the dead.", oldest_age,
     0, 0, 0},
    {"outrider_dead_messages", GAUGE, NULL, "Dead letters in the table, as of the last sample.",
     dead, 0, 0, 0},
    {"outrider_sample_age_seconds", GAUGE, NULL,
     "How old the last good sample of the table is; from 60 s on its figures are left out.",
     sample_age, 0, 0, 0},
    {"outrider_in_flight_messages", GAUGE, NULL,
     "Messages handed to the Kafka client and not acknowledged when the lanes' phases began.",
     in_flight, 0, 0, 0},
    {"outrider_quarantined_rows", GAUGE, NULL,
     "Rows that wait in the relay's memory, because PostgreSQL refuses to mark them or to count an "
     "attempt.",
     quarantined, 0, 0, 0},
    {"outrider_lane_phase", GAUGE, "lane, phase",
     "1 for the phase that a lane is in: connect, back_off, standby, claim, publish, settle, "
     "commit, idle, paused or ended.",
     phases, 0, 0, 0},
    {"outrider_lanes_stuck", GAUGE, NULL,
     "Lanes that hang in a call beyond every deadline; /healthz fails then.", stuck, 0, 0, 0},
    {"outrider_breaker_open", GAUGE, "topic",
     "1 while the topic cannot be written and its rows wait. Of topics that were never published "
     "to, the first 32 have a label of their own, the rest is \"other\".",
     breakers, 0, 0, 0},
    {"outrider_postgres_up", GAUGE, NULL,
     "1 when PostgreSQL lets the relay in, as of the last look.", postgres_up, 0, 0, 0},
    {"outrider_kafka_up", GAUGE, NULL, "1 when Kafka lets the relay in, as of the last look.",
     kafka_up, 0, 0, 0},
    {"outrider_active", GAUGE, NULL, "1 when a lane holds a slot, 0 on a standby.", active, 0, 0,
     0},
    {"outrider_config_last_reload_successful", GAUGE, NULL,
     "0 when the last reload was refused: the configuration before it is in force.", reload, 0, 0,
     0},
    {"outrider_build_info", GAUGE, "version", "1.", build_info, 0, 0, 0},
    {"process_start_time_seconds", GAUGE, NULL, "When the process began, in Unix seconds.",
     start_time, 0, 0, 0},
    {"process_cpu_seconds_total", COUNTER, NULL, "CPU time of the process, user and system.", cpu,
     0, 0, 0},
    {"process_resident_memory_bytes", GAUGE, NULL, "Resident memory of the process.", resident, 0,
     0, 0},
    {"process_open_fds", GAUGE, NULL, "Open file descriptors.", open_files, 0, 0, 0},
    {"process_max_fds", GAUGE, NULL, "How many there may be.", max_files, 0, 0, 0},
};

#define METRIC_COUNT (sizeof metrics / sizeof metrics[0])

unsigned
metrics_answer(const struct snapshot *snapshot, struct text *out)
{
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric *metric = &metrics[i];
        text_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name,
                     type_names[metric->type]);
        metric->append(out, metric, snapshot);
    }
    return HTTP_OK;
}

void
metrics_print_reference(FILE *out)
{
    fputs("# Metrics\n\nGenerated from the table of metrics: `outrider help --metrics`. What they "
          "are "
          "good for is in [monitoring.md](monitoring.md).\n\n"
          "| name | type | labels | meaning |\n|---|---|---|---|\n",
          out);
    for (size_t i = 0; i < METRIC_COUNT; i++)
        fprintf(out, "| `%s` | %s | %s | %s |\n", metrics[i].name, type_names[metrics[i].type],
                metrics[i].labels == NULL ? "" : metrics[i].labels, metrics[i].help);
}
