// SPDX-License-Identifier: Apache-2.0
//
// What status shows: the table, the object, a watched line and the view that fits a terminal.
// links: base src/cli/status_print.c src/cli/trend.c src/cli/format.c
#include "src/cli/status_print.h"

#include "src/cli/format.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define AT INT64_C(1700000000123456) // 2023-11-14T22:13:20.123Z

static struct backlog_topic topics[] = {
    {.topic = (char[]){"a.few"}, .messages = 2, .oldest_age_ms = 4200},
    {.topic = (char[]){"b.dead"}, .dead = 3, .oldest_age_ms = BACKLOG_AGELESS},
    {.topic = (char[]){"c.\x1b[2J"}, .messages = 1500, .oldest_age_ms = 90000},
};

static const struct status status = {
    .table = "outbox",
    .version = 2,
    .wall_us = AT,
    .relay = "",
    .backlog = {.topics = topics, .count = 3, .messages = 1502, .dead = 3, .oldest_age_ms = 90000},
};

static const struct status_view view = {
    .rows = 24, .columns = 80, .utf8 = true, .interval_ms = 2000};

static struct trend trend;
static struct text out;

static void
look(int64_t ms, int64_t messages)
{
    trend_add(&trend,
              (struct sample){.at = {ms * 1000000}, .messages = messages, .in = ms, .out = 2 * ms});
}

static const char *
text(void)
{
    return text_str(&out);
}

START_TEST(test_table)
{
    status_append_table(&out, &status);
    ck_assert_str_eq(text(), "table outbox, version 2\n\n"
                             "topic        messages  dead      oldest\n"
                             "a.few               2     0       4.2 s\n"
                             "b.dead              0     3           -\n"
                             "c.\\u001b[2J     1,500     0  1 min 30 s\n"
                             "all             1,502     3  1 min 30 s\n");
    text_free(&out);
}
END_TEST

START_TEST(test_json)
{
    status_append_json(&out, &status, NULL);
    ck_assert_str_eq(text(),
                     "{\"table\":\"outbox\",\"version\":2,\"messages\":1502,\"dead\":3,"
                     "\"oldest_age_ms\":90000,\"at_least\":false,\"topics\":["
                     "{\"topic\":\"a.few\",\"messages\":2,\"dead\":0,\"oldest_age_ms\":4200},"
                     "{\"topic\":\"b.dead\",\"messages\":0,\"dead\":3,\"oldest_age_ms\":null},"
                     "{\"topic\":\"c.\\u001b[2J\",\"messages\":1500,\"dead\":0,"
                     "\"oldest_age_ms\":90000}]}\n");
    text_free(&out);
}
END_TEST

// The members that only a watch has stand in front.
static void
expect_json(const struct status *shown, const char *beginning)
{
    text_clear(&out);
    status_append_json(&out, shown, &trend);
    ck_assert_msg(str_starts_with(text(), beginning), "%s", text());
}

START_TEST(test_json_watched)
{
    struct status capped = status;
    capped.backlog.capped = true;
    look(0, 2000);
    expect_json(&status, "{\"time\":\"2023-11-14T22:13:20.123Z\",\"in_per_second\":null,"
                         "\"out_per_second\":null,\"change_per_second\":null,\"eta_seconds\":null,"
                         "\"table\":\"outbox\",");
    look(2000, 1502);
    expect_json(&status, "{\"time\":\"2023-11-14T22:13:20.123Z\",\"in_per_second\":1000.0,"
                         "\"out_per_second\":2000.0,\"change_per_second\":-249.0,\"eta_seconds\":7,"
                         "\"table\"");
    expect_json(&capped,
                "{\"time\":\"2023-11-14T22:13:20.123Z\",\"in_per_second\":1000.0,"
                "\"out_per_second\":2000.0,\"change_per_second\":null,\"eta_seconds\":null,"
                "\"table\"");
    look(4000, 3000);
    expect_json(&status,
                "{\"time\":\"2023-11-14T22:13:20.123Z\",\"in_per_second\":1000.0,"
                "\"out_per_second\":2000.0,\"change_per_second\":250.0,\"eta_seconds\":null,"
                "\"table\"");
    text_free(&out);
}
END_TEST

START_TEST(test_line)
{
    look(0, 2000);
    status_append_line(&out, &status, &trend);
    look(2000, 1502);
    status_append_line(&out, &status, &trend);
    look(4000, 3000);
    status_append_line(&out, &status, &trend);
    ck_assert_str_eq(text(), "2023-11-14T22:13:20.123Z  1,502 messages, 3 dead, oldest 1 min 30 s, "
                             "in -, out -\n"
                             "2023-11-14T22:13:20.123Z  1,502 messages, 3 dead, oldest 1 min 30 s, "
                             "in 1,000/s, out 2,000/s, falling 249/s, empty in 0:07\n"
                             "2023-11-14T22:13:20.123Z  1,502 messages, 3 dead, oldest 1 min 30 s, "
                             "in 1,000/s, out 2,000/s, rising 250/s\n");
    text_free(&out);
}
END_TEST

START_TEST(test_view)
{
    look(0, 0);
    look(2000, 1502);
    status_append_view(&out, &status, &trend, &view);
    ck_assert_str_eq(text(), "22:13:20Z  table outbox, version 2, every 2.0 s\n\n"
                             "topic        messages  dead      oldest\n"
                             "a.few               2     0       4.2 s\n"
                             "b.dead              0     3           -\n"
                             "c.\\u001b[2J     1,500     0  1 min 30 s\n"
                             "all             1,502     3  1 min 30 s\n\n"
                             "in 1,000/s, out 2,000/s, rising 751/s\n"
                             "\u2581\u2588\n");
    text_free(&out);
}
END_TEST

START_TEST(test_what_the_relay_says)
{
    struct status shown = status;
    shown.relay = "relay at :1: Paused. Rows wait, nothing is lost.";
    status_append_table(&out, &shown);
    ck_assert_ptr_nonnull(
        strstr(text(), "30 s\n\nrelay at :1: Paused. Rows wait, nothing is lost.\n"));
    text_clear(&out);
    look(0, 0);
    status_append_view(&out, &shown, &trend, &view);
    ck_assert_ptr_nonnull(
        strstr(text(), "out -\nrelay at :1: Paused. Rows wait, nothing is lost.\n"));
    text_free(&out);
}
END_TEST

START_TEST(test_view_without_an_answer)
{
    struct status_view lost = view;
    look(0, 0);
    lost.trouble = "gone\x1b[2J";
    lost.utf8 = false;
    status_append_view(&out, &status, &trend, &lost);
    ck_assert_ptr_nonnull(strstr(text(), "\n\nno answer, asking again: gone\\u001b[2J\n\n"));
    text_free(&out);
}
END_TEST

static void
assert_fits(size_t rows, size_t columns)
{
    size_t lines = 0;
    for (const char *line = text(); *line != '\0'; lines++) {
        char one[512];
        const size_t len = strcspn(line, "\n");
        snprintf(one, sizeof one, "%.*s", (int)len, line);
        ck_assert_uint_le(format_width(one), columns);
        line += len + 1;
    }
    ck_assert_uint_lt(lines, rows);
}

// However many topics there are, and however small the terminal is.
START_TEST(test_view_fits)
{
    static struct backlog_topic many[500];
    static char names[500][80];
    struct status shown = status;
    for (int i = 0; i < 500; i++) {
        snprintf(names[i], sizeof names[i], "topic.%03d.with.a.name.that.is.as.long.as.they.get",
                 i);
        many[i] = (struct backlog_topic){.topic = names[i], .messages = i};
    }
    shown.backlog.topics = many;
    shown.backlog.count = 500;
    shown.relay = "relay at :1: All is well.";
    for (int i = 0; i < 100; i++)
        look(i * 1000, i % 7);
    for (size_t rows = 10; rows < 60; rows += 7)
        for (size_t columns = 20; columns < 200; columns += 13) {
            struct status_view small = view;
            small.rows = rows;
            small.columns = columns;
            text_clear(&out);
            status_append_view(&out, &shown, &trend, &small);
            assert_fits(rows, columns);
        }
    struct status_view wide = view;
    wide.rows = 13;
    text_clear(&out);
    status_append_view(&out, &shown, &trend, &wide);
    ck_assert_ptr_nonnull(strstr(text(), "topic.499."));
    ck_assert_ptr_nonnull(strstr(text(), "topic.497."));
    ck_assert_ptr_null(strstr(text(), "topic.496."));
    ck_assert_ptr_nonnull(strstr(text(), "and 497 topics with fewer messages\n"));
    text_free(&out);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("status_print", test_table, test_json, test_json_watched, test_line, test_view,
                     test_what_the_relay_says, test_view_without_an_answer, test_view_fits);
}
