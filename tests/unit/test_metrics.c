// SPDX-License-Identifier: Apache-2.0
//
// The text that Prometheus reads: labels, histograms, and nothing where nothing is known.
#include "src/monitor/metrics_private.h"

#include "outrider/monitor/metrics.h"
#include "tests/support/snapshots.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

static struct snapshot snapshot;
static struct text out;

static void
setup(void)
{
    snapshot = snapshots_of_a_good_day();
}

static void
answer(void)
{
    text_clear(&out);
    ck_assert_uint_eq(metrics_answer(&snapshot, &out), 200);
}

static void
teardown(void)
{
    text_free(&out);
    snapshot_free(&snapshot);
}

static void
has(const char *line)
{
    __attribute__((cleanup(text_free))) struct text whole = {0};
    text_appendf(&whole, "\n%s\n", line);
    ck_assert_msg(strstr(text_str(&out), text_str(&whole)) != NULL, "no line %s in:\n%s", line,
                  text_str(&out));
}

static void
has_not(const char *part)
{
    ck_assert_msg(strstr(text_str(&out), part) == NULL, "%s", part);
}

START_TEST(test_a_label_is_escaped)
{
    metrics_append_label(&out, "a\"b\\c\nd\xFF"
                               "e\xC3\xBC");
    ck_assert_str_eq(text_str(&out), "a\\\"b\\\\c\\nd" UTF8_REPLACEMENT "e\xC3\xBC");
    text_clear(&out);
    metrics_append_label(&out, "\x1B\xE2\x80\xAE\xC2\x9B");
    ck_assert_str_eq(text_str(&out), "\\\\u001b\\\\u202e\\\\u009b");
    text_free(&out);
}
END_TEST

START_TEST(test_counters_are_where_the_lanes_count)
{
    setup();
    snapshot.stats.batches = 7;
    snapshot.stats.published_bytes = 1234567890123;
    snapshot.stats.dead = 2;
    snapshot.stats.possible_duplicates = 3;
    snapshot.stats.order_breaks = 4;
    snapshot.stats.errors[FAULT_TOPIC] = 5;
    snapshot.stats.topics[topic_index("orders")] = 6;
    snapshot.stats.topics[TOPIC_INDEX_OTHER] = 8;
    snapshot.lanes[0].view.in_flight = 9;
    snapshot.lanes[0].view.quarantined = 2;
    answer();
    has("outrider_batches_total 7");
    has("outrider_published_bytes_total 1234567890123");
    has("outrider_messages_dead_total 2");
    has("outrider_possible_duplicates_total 3");
    has("outrider_order_breaks_total 4");
    has("outrider_publish_errors_total{class=\"topic\"} 5");
    has("outrider_publish_errors_total{class=\"message\"} 0");
    has("outrider_messages_published_total{topic=\"orders\"} 6");
    has("outrider_messages_published_total{topic=\"other\"} 8");
    has("outrider_in_flight_messages 9");
    has("outrider_quarantined_rows 2");
    has("outrider_breaker_open{topic=\"orders\"} 0");
    teardown();
}
END_TEST

START_TEST(test_a_histogram_is_cumulative_and_ends_with_all)
{
    setup();
    for (int i = 0; i < 10; i++)
        histogram_add(&snapshot.stats.claim, 100 << i); // from 100 us on, doubling
    histogram_add(&snapshot.stats.claim, INT64_C(1) << 40);
    answer();
    has("outrider_claim_seconds_bucket{le=\"0.000128\"} 1");
    has("outrider_claim_seconds_bucket{le=\"0.000256\"} 2");
    has("outrider_claim_seconds_bucket{le=\"0.065536\"} 10");
    has("outrider_claim_seconds_bucket{le=\"33.554432\"} 10");
    has("outrider_claim_seconds_bucket{le=\"+Inf\"} 11");
    has("outrider_claim_seconds_count 11");
    has("outrider_claim_seconds_sum 1099511.730076");
    teardown();
}
END_TEST

START_TEST(test_each_lane_has_one_phase)
{
    setup();
    answer();
    has("outrider_lane_phase{lane=\"0\",phase=\"idle\"} 1");
    has("outrider_lane_phase{lane=\"0\",phase=\"claim\"} 0");
    has("outrider_lane_phase{lane=\"0\",phase=\"ended\"} 0");
    has("outrider_active 1");
    teardown();
}
END_TEST

START_TEST(test_what_the_sampler_saw)
{
    setup();
    snapshots_add_topic(&snapshot, "orders", 100000, 3, 61500);
    snapshot.sample->backlog.capped = true;
    answer();
    has("outrider_backlog_messages 100000");
    has("outrider_backlog_capped 1");
    has("outrider_oldest_message_age_seconds 61.5");
    has("outrider_dead_messages 3");
    teardown();
}
END_TEST

START_TEST(test_messages_without_an_age)
{
    setup();
    snapshots_add_topic(&snapshot, "orders", 2, 0, BACKLOG_AGELESS);
    answer();
    has("outrider_backlog_messages 2");
    has("outrider_oldest_message_age_seconds 0");
    teardown();
}
END_TEST

START_TEST(test_an_old_sample_is_no_figure)
{
    setup();
    snapshots_add_topic(&snapshot, "orders", 5, 3, 61500);
    snapshot.sample->at = mono_add_ms(snapshot.now, -SAMPLE_STALE_MS);
    answer();
    has_not("\noutrider_backlog_messages");
    has_not("\noutrider_oldest_message_age_seconds");
    has_not("\noutrider_dead_messages");
    has("outrider_sample_age_seconds 60");
    sample_drop(snapshot.sample);
    snapshot.sample = NULL;
    answer();
    has_not("\noutrider_backlog_messages");
    has_not("\noutrider_sample_age_seconds");
    teardown();
}
END_TEST

// A lane is connected, so both are there; then only the sampler has seen PostgreSQL.
START_TEST(test_who_is_up)
{
    setup();
    answer();
    has("outrider_postgres_up 1");
    has("outrider_kafka_up 1");
    snapshots_trouble(&snapshot, "kafka_unavailable", "_TRANSPORT", "refused");
    answer();
    has("outrider_postgres_up 1");
    has("outrider_kafka_up 0");
    snapshot.sample_failed = true;
    answer();
    has("outrider_postgres_up 0");
    snapshot.sample_failed = false;
    snapshots_trouble(&snapshot, "postgres_unavailable", "CONNECT", "refused");
    snapshot.lanes[0].view.kafka = true;
    answer();
    has("outrider_postgres_up 0");
    has("outrider_kafka_up 1");
    teardown();
}
END_TEST

START_TEST(test_the_reference_has_every_metric)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    metrics_print_reference(file);
    fclose(file);
    setup();
    answer();
    int metrics = 0;
    for (char *line = strtok(out.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char name[64], row[80];
        if (sscanf(line, "# TYPE %63s", name) != 1)
            continue;
        snprintf(row, sizeof row, "| `%s` |", name);
        ck_assert_msg(strstr(text, row) != NULL, "%s", name);
        metrics++;
    }
    ck_assert_int_gt(metrics, 25);
    free(text);
    teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("metrics", test_a_label_is_escaped, test_counters_are_where_the_lanes_count,
                     test_a_histogram_is_cumulative_and_ends_with_all, test_each_lane_has_one_phase,
                     test_what_the_sampler_saw, test_messages_without_an_age,
                     test_an_old_sample_is_no_figure, test_who_is_up,
                     test_the_reference_has_every_metric);
}
