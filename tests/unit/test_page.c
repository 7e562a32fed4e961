// SPDX-License-Identifier: Apache-2.0
//
// The page's parts: each is there, shows what it knows, says what it does not, and escapes all that
// came from elsewhere.
#include "src/monitor/page.h"

#include "src/monitor/status.h"
#include "tests/support/snapshots.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVIL   "<i>&'\""
#define HARMED "<i>"
#define SAFE   "&lt;i&gt;&amp;&#39;&quot;"

static struct snapshot snapshot;
static struct text out;

static void
show(void)
{
    text_clear(&out);
    ck_assert_uint_eq(page_answer(&snapshot, &out), 200);
}

static void
teardown(void)
{
    text_free(&out);
    snapshot_free(&snapshot);
}

static void
has(const char *part)
{
    ck_assert_msg(strstr(text_str(&out), part) != NULL, "no %s in:\n%s", part, text_str(&out));
}

static void
has_not(const char *part)
{
    ck_assert_msg(strstr(text_str(&out), part) == NULL, "%s in:\n%s", part, text_str(&out));
}

START_TEST(test_a_good_day)
{
    snapshot = snapshots_of_a_good_day();
    show();
    has("<title>outbox_messages - outrider</title>");
    has("as of 2026-01-01 00:00:00 UTC");
    has("<div class=\"verdict good\"");
    has("PostgreSQL is reachable");
    has("Kafka is reachable");
    has("Nothing waits, nothing is dead.");
    has("None since the start.");
    has("No other session of this name");
    has("no figure yet");
    has("<dt>running for</dt><dd>1 min 30 s</dd>");
    has("<pre>database:\n  dsn: x\n</pre>");
    has_not("{{");
    teardown();
}
END_TEST

START_TEST(test_everything_is_escaped)
{
    snapshot = snapshots_of_a_good_day();
    free(snapshot.table);
    free(snapshot.config);
    snapshot.table = xstrdup(EVIL);
    snapshot.config = xstrdup(EVIL);
    snapshot.config_file = xstrdup(EVIL);
    snapshots_add_topic(&snapshot, EVIL, 1, 1, 100);
    snapshots_add_reason(&snapshot, EVIL, EVIL, 1);
    snapshot.sample->fellows.list = xcalloc(1, sizeof *snapshot.sample->fellows.list);
    snapshot.sample->fellows.list[0].host = xstrdup(EVIL);
    snapshot.sample->fellows.count = 1;
    snapshots_trouble(&snapshot, "kafka_unavailable", EVIL, EVIL);
    snapshot.recent[0] =
        (struct recent){.event = EVIL, .code = EVIL, .topic = EVIL, .text = EVIL, .count = 1};
    snapshot.recent_count = 1;
    show();
    has_not(HARMED);
    has("<tr><td>" SAFE);             // topic
    has("</span> for " SAFE);         // dead letters
    has("<p>" SAFE "</p></li>");      // recent, no hint
    has("<span class=\"dim\">" SAFE); // servers
    has("<p>" SAFE "</p></div>");     // verdict
    has("<pre>" SAFE "</pre>");       // configuration
    teardown();
}
END_TEST

START_TEST(test_what_is_wrong_is_shown)
{
    snapshot = snapshots_of_a_good_day();
    snapshots_add_topic(&snapshot, "orders", 1234, 2, 125000);
    snapshots_add_reason(&snapshot, "orders", "too large", 2);
    snapshot.sample->backlog.capped = true;
    snapshot.blocked[topic_index("orders")] = true;
    snapshot.recent[0] = (struct recent){
        .level = LOG_ERROR,
        .event = "topic_blocked",
        .topic = "orders",
        .text = "why",
        .last_us = snapshot.now_us - 5000000,
        .count = 3,
    };
    snapshot.recent_count = 1;
    show();
    has("<div class=\"verdict bad\"");
    has("<b>≥ 1,234</b>");
    has("<b>2 min 5 s</b>");
    has("orders <span class=\"mark bad\">blocked</span>");
    has("5.0 s ago, 3 times");
    has("<p class=\"hint\">");
    has("<code>outrider dead list --topic &#39;orders&#39; --error &#39;too large&#39;</code>");
    has_not("<button");
    has_not("<script");
    teardown();
}
END_TEST

START_TEST(test_nothing_is_known)
{
    snapshot = snapshots_of_a_good_day();
    sample_drop(snapshot.sample);
    snapshot.sample = NULL;
    free(snapshot.config);
    free(snapshot.table);
    snapshot.config = snapshot.table = NULL;
    snapshot.lane_count = 0;
    snapshot.stage = STAGE_RELOADING;
    show();
    has("<b>not known</b>");
    has("None runs just now.");
    has("Not known: the database was not looked at");
    has("PostgreSQL is not reachable");
    text_clear(&out);
    ck_assert_uint_eq(status_answer(&snapshot, &out), 200);
    has("\"sample\":null");
    has("\"lanes\":[]");
    has("\"table\":null");
    teardown();
}
END_TEST

START_TEST(test_many_topics_are_cut)
{
    snapshot = snapshots_of_a_good_day();
    for (int i = 0; i < 300; i++) {
        char name[16];
        snprintf(name, sizeof name, "topic-%03d", i);
        snapshots_add_topic(&snapshot, name, 1, 0, 10);
    }
    show();
    has("topic-049<");
    has_not("topic-050<");
    has("and 250 more");
    text_clear(&out);
    status_answer(&snapshot, &out);
    has("\"topic\":\"topic-299\"");
    size_t number;
    ck_assert(!topic_index_find("topic-000", &number)); // lanes alone give numbers
    teardown();
}
END_TEST

START_TEST(test_status_is_json_of_everything)
{
    snapshot = snapshots_of_a_good_day();
    snapshots_add_topic(&snapshot, "o\"1", 2, 1, 10);
    snapshots_add_reason(&snapshot, "o\"1", "line\nbreak", 1);
    snapshot.points[0] = (struct point){.rate = 1.5, .p99_us = 1500};
    snapshot.points[1] = (struct point){.counted = true, .backlog = 2};
    snapshot.point_count = 2;
    status_answer(&snapshot, &out);
    has("\"topics\":[{\"topic\":\"o\\\"1\",\"messages\":2,\"dead\":1,\"oldest_age_ms\":10,"
        "\"blocked\":false}]");
    has("\"error\":\"line\\nbreak\"");
    has("\"rate\":1.5,\"p50_ms\":0,\"p99_ms\":1.5,\"backlog\":null}");
    has("\"backlog\":2}]");
    has("\"trouble\":null");
    ck_assert_ptr_null(strstr(text_str(&out), ",,"));
    teardown();
}
END_TEST

int
main(void)
{
    return RUN_TESTS("page", test_a_good_day, test_everything_is_escaped,
                     test_what_is_wrong_is_shown, test_nothing_is_known, test_many_topics_are_cut,
                     test_status_is_json_of_everything);
}
