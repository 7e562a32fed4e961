// SPDX-License-Identifier: Apache-2.0
// Findings: the table is whole, templates are filled, texts fit a terminal, JSON is an object a
// line.
#include "src/cli/check.h"
#include "src/cli/findings.h"
#include "tests/support/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static struct findings findings;
static struct text out;

static int
highest_placeholder(const char *template)
{
    int highest = 0;
    for (const char *c = template; c != NULL && (c = strchr(c, '{')) != NULL; c++)
        if (c[1] >= '1' && c[1] <= '9' && c[2] == '}' && c[1] - '0' > highest)
            highest = c[1] - '0';
    return highest;
}

START_TEST(test_every_kind_is_whole)
{
    for (int i = 0; i < FINDING_COUNT; i++) {
        const struct finding_kind *kind = &finding_kinds[i];
        ck_assert_msg(kind->code && kind->title && kind->detail && kind->remedy, "kind %d", i);
        ck_assert_int_ne(kind->severity, SEVERITY_SKIPPED);
        for (const char *c = kind->code; *c; c++)
            ck_assert_msg(islower((unsigned char)*c) || *c == '-', "%s", kind->code);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(kind->code, finding_kinds[j].code);
        ck_assert_int_le(highest_placeholder(kind->detail), FINDING_VALUES);
        ck_assert_msg(strlen(kind->code) + strlen(kind->title) + strlen("warning : ") <= 80, "%s",
                      kind->code);
    }
}
END_TEST

START_TEST(test_lines_fit_and_commands_stay_whole)
{
    FIND(&findings, FINDING_TRIGGER, "a\x1b[2Jb", "a_very_long_table_name_that_is_not_broken",
         "UPDATE", "t");
    findings_append_text(&out, &findings);
    ck_assert_ptr_null(strchr(text_str(&out), '\x1b'));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "\n    DROP TRIGGER t ON a_very_long"));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "\n0 errors, 1 warning\n"));
    for (const char *line = text_str(&out); *line;) {
        const size_t len = strcspn(line, "\n");
        ck_assert_uint_le(len, 80);
        line += len + 1;
    }
    findings_free(&findings);
    text_free(&out);
}
END_TEST

START_TEST(test_skipped_is_no_finding_and_comes_last)
{
    findings_skip(&findings, FINDING_PLAN, "no right");
    FIND(&findings, FINDING_TABLE_UNLOGGED, "t");
    FIND(&findings, FINDING_TABLE_UNLOGGED, "t");
    ck_assert_uint_eq(findings.count, 2);
    ck_assert_uint_eq(findings_count(&findings, SEVERITY_ERROR), 1);
    findings_append_text(&out, &findings);
    ck_assert_ptr_nonnull(
        strstr(text_str(&out), "\nskipped plan: could not be looked at\n  no right\n"));
    text_clear(&out);
    findings_append_json(&out, &findings);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "\"severity\":\"skipped\""));
    ck_assert_ptr_nonnull(
        strstr(text_str(&out), "\"remedy\":null,\"command\":null,\"topics\":null}\n"));
    findings_free(&findings);
    text_free(&out);
}
END_TEST

START_TEST(test_the_same_of_topics_is_one_finding)
{
    char name[16];

    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof name, "t%d", i % 6); // the last is known
        FIND(&findings, FINDING_TOPIC_MISSING, name, "b:9092");
    }
    FIND(&findings, FINDING_REPLICATION_ONE, "t0", "b:9092");
    findings_skip_topic(&findings, FINDING_TOPIC_LIMIT, "t0", "not told of t0");
    findings_skip_topic(&findings, FINDING_TOPIC_LIMIT, "t1", "not told of t1");
    ck_assert_uint_eq(findings.count, 3);
    ck_assert_uint_eq(findings.found[0].topic_count, 6);
    findings_append_text(&out, &findings);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "Topic t0 does not exist"));
    ck_assert_ptr_nonnull(strstr(
        text_str(&out), "  The same holds for t1, t2, t3, t4 and 1 more (--json has all).\n"));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "--create --topic t4 "));
    ck_assert_ptr_null(strstr(text_str(&out), "--create --topic t5 "));
    ck_assert_ptr_nonnull(strstr(text_str(&out), "\n1 error, 1 warning\n"));
    text_clear(&out);
    findings_append_json(&out, &findings);
    ck_assert_ptr_nonnull(strstr(text_str(&out), "{\"topic\":\"t5\",\"detail\":\"Topic t5 "));
    findings_drop(&findings, FINDING_TOPIC_MISSING);
    ck_assert(!findings_has(&findings, FINDING_TOPIC_MISSING));
    ck_assert(findings_has(&findings, FINDING_REPLICATION_ONE));
    ck_assert(!findings_has(&findings, FINDING_TOPIC_LIMIT)); // skipped
    findings_free(&findings);
    text_free(&out);
}
END_TEST

#define ANY INT64_MAX

// What one topic has, and what is found of it.
static const struct {
    struct topic_facts facts;
    int64_t payload_bytes;
    enum finding found; // FINDING_COUNT: nothing
} topics[] = {
    {{"t", true, 6, 0, 3, 3, true, 1048588, 2, ANY, ANY, NULL, NULL, {0}}, 900, FINDING_COUNT},
    {{"t", false, 0, 0, 0, 0, false, 0, 0, ANY, ANY, NULL, NULL, {0}}, 0, FINDING_TOPIC_MISSING},
    {{"t", true, 6, 2, 3, 3, true, 1048588, 2, ANY, ANY, NULL, NULL, {0}}, 0, FINDING_TOPIC_LEADER},
    {{"t", true, 6, 0, 1, 1, true, 1048588, 1, ANY, ANY, NULL, NULL, {0}},
     0,
     FINDING_REPLICATION_ONE},
    {{"t", true, 6, 0, 2, 2, true, 1048588, 3, ANY, ANY, NULL, NULL, {0}},
     0,
     FINDING_MIN_INSYNC_ABOVE},
    {{"t", true, 6, 0, 2, 2, true, 1048588, 1, ANY, ANY, NULL, NULL, {0}},
     0,
     FINDING_MIN_INSYNC_ONE},
    {{"t", true, 6, 0, 3, 1, true, 1048588, 2, ANY, ANY, NULL, NULL, {0}},
     0,
     FINDING_IN_SYNC_TOO_FEW},
    {{"t", true, 6, 0, 3, 3, true, 999999, 2, ANY, ANY, NULL, NULL, {0}}, 0, FINDING_TOPIC_LIMIT},
    {{"t", true, 6, 0, 3, 3, true, 1048588, 2, ANY, ANY, NULL, NULL, {0}},
     1048589,
     FINDING_PAYLOAD_ABOVE_TOPIC},
};

START_TEST(test_a_topic)
{
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        const struct check_sizes sizes = {1000000, 1000000, topics[i].payload_bytes, 0, 20000};

        check_topic_facts(&topics[i].facts, "b:9092", &sizes, &findings);
        ck_assert_uint_eq(findings.count, topics[i].found != FINDING_COUNT);
        if (findings.count > 0)
            ck_assert_int_eq(findings.found[0].finding, topics[i].found);
        findings_free(&findings);
    }
}
END_TEST

// Limits of a record's time, and how far this host's clock is ahead.
static const struct {
    int64_t most_ahead_ms, most_behind_ms, clock_ahead_us;
    const char *says; // NULL: nothing
    bool command;     // a clock that is wrong is no reason to change the topic
} times[] = {
    {3600000, ANY, 0, NULL, false},
    {3600000, ANY, INT64_C(3599000000), NULL, false},
    {3600000, ANY, INT64_C(7200100000), "more than 3600000 ms ahead of", false},
    {3600000, ANY, INT64_C(-7200100000), NULL, false},
    {ANY, 3600000, INT64_C(-7200100000), "more than 3600000 ms behind", false},
    {1999, ANY, 0, "clocks that are kept right may differ by more", true},
    {2000, 20000, 0, NULL, false},
    {ANY, 19999, 0, "window_deadline", true},
};

START_TEST(test_times_of_records)
{
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct topic_facts facts = topics[0].facts;
        const struct check_sizes sizes = {1000000, 1000000, 0, times[i].clock_ahead_us, 20000};

        facts.most_ahead_ms = times[i].most_ahead_ms;
        facts.most_behind_ms = times[i].most_behind_ms;
        facts.ahead_setting = "setting.of.ahead";
        facts.behind_setting = "setting.of.behind";
        check_topic_facts(&facts, "b:9092", &sizes, &findings);
        ck_assert_uint_eq(findings.count, times[i].says != NULL);
        if (findings.count > 0) {
            ck_assert_int_eq(findings.found[0].finding, FINDING_TOPIC_TIME_LIMIT);
            ck_assert_ptr_nonnull(strstr(findings.found[0].detail, times[i].says));
            ck_assert_ptr_nonnull(strstr(findings.found[0].detail, times[i].most_ahead_ms == ANY
                                                                       ? "setting.of.behind"
                                                                       : "setting.of.ahead"));
            ck_assert(times[i].command == (findings.found[0].command != NULL));
        }
        findings_free(&findings);
    }
}
END_TEST

// Kafka before 3.6 has one limit for both directions, which are two findings of a topic. The same
// direction of several topics is one.
START_TEST(test_times_of_several_topics)
{
    static const char *const names[] = {"a", "b"};
    const struct check_sizes sizes = {1000000, 1000000, 0, 0, 20000};

    for (size_t i = 0; i < 2; i++) {
        struct topic_facts facts = topics[0].facts;
        facts.name = names[i];
        facts.most_ahead_ms = facts.most_behind_ms = 1000;
        facts.ahead_setting = facts.behind_setting = "message.timestamp.difference.max.ms";
        check_topic_facts(&facts, "h:9092", &sizes, &findings);
    }
    ck_assert_uint_eq(findings.count, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(findings.found[i].finding, FINDING_TOPIC_TIME_LIMIT);
        ck_assert_uint_eq(findings.found[i].topic_count, 2);
        ck_assert_str_eq(findings.found[i].topics[1].name, "b");
        ck_assert_ptr_nonnull(strstr(findings.found[i].topics[1].detail, "difference.max.ms"));
        ck_assert_ptr_nonnull(
            strstr(findings.found[i].topics[1].detail, i == 0 ? "ahead of" : "behind"));
    }
    findings_free(&findings);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("findings", test_every_kind_is_whole, test_lines_fit_and_commands_stay_whole,
                     test_skipped_is_no_finding_and_comes_last,
                     test_the_same_of_topics_is_one_finding, test_a_topic, test_times_of_records,
                     test_times_of_several_topics);
}
