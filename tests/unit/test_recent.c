// SPDX-License-Identifier: Apache-2.0
//
// The last warnings and errors: kept whole enough, counted together, the newest first.
#include "src/monitor/recent.h"

#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct recent seen[RECENT_MAX];

static void
log_topic(const char *event, const char *topic, const char *error)
{
    LOG(LOG_WARN, event, LOG_STR("topic", topic), LOG_STR("code", "X"), LOG_STR("error", error));
}

static void
observe(void)
{
    log_set_fd(-1); // nobody reads it
    log_observe(recent_observe);
}

START_TEST(test_warnings_and_errors_only)
{
    observe();
    LOG(LOG_INFO, "info");
    LOG(LOG_DEBUG, "debug");
    ck_assert_uint_eq(recent_copy(seen), 0);
    log_configure(LOG_ERROR, LOG_FORMAT_JSON);
    LOG(LOG_WARN, "warn");
    LOG(LOG_ERROR, "error");
    ck_assert_uint_eq(recent_copy(seen), 2);
    ck_assert_str_eq(seen[0].event, "error");
    ck_assert_str_eq(seen[1].event, "warn");
    log_observe(NULL);
    LOG(LOG_ERROR, "unheard");
    ck_assert_uint_eq(recent_copy(seen), 2);
}
END_TEST

START_TEST(test_the_same_is_counted)
{
    observe();
    log_topic("failed", "a", "first");
    log_topic("failed", "b", "other");
    log_topic("failed", "a", "second");
    ck_assert_uint_eq(recent_copy(seen), 2);
    ck_assert_str_eq(seen[0].topic, "a");
    ck_assert_str_eq(seen[0].text, "second");
    ck_assert_uint_eq(seen[0].count, 2);
    ck_assert_int_le(seen[0].first_us, seen[0].last_us);
    ck_assert_str_eq(seen[1].topic, "b");
    ck_assert_uint_eq(seen[1].count, 1);
}
END_TEST

START_TEST(test_the_oldest_goes)
{
    observe();
    for (int i = 0; i < RECENT_MAX + 3; i++) {
        char topic[8];
        snprintf(topic, sizeof topic, "%d", i);
        log_topic("failed", topic, "x");
    }
    ck_assert_uint_eq(recent_copy(seen), RECENT_MAX);
    ck_assert_str_eq(seen[0].topic, "18");
    ck_assert_str_eq(seen[RECENT_MAX - 1].topic, "3");
}
END_TEST

// Without an error the fields tell it, but for what happens next.
START_TEST(test_fields_tell_it)
{
    observe();
    LOG(LOG_WARN, "rows_locked", LOG_INT("holder_pid", 42), LOG_STR("first_id", "a b"),
        LOG_STR("topic", NULL), LOG_STR("next", "they wait"));
    ck_assert_uint_eq(recent_copy(seen), 1);
    ck_assert_str_eq(seen[0].text, "holder_pid=42 first_id=\"a b\"");
    ck_assert_str_eq(seen[0].code, "");
    ck_assert_ptr_nonnull(recent_hint(&seen[0]));
}
END_TEST

START_TEST(test_what_is_long_is_cut_between_characters)
{
    char text[1001];
    observe();
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xBC", 2);
    text[1000] = '\0';
    log_topic("failed", NULL, text);
    ck_assert_uint_eq(recent_copy(seen), 1);
    const size_t len = strlen(seen[0].text);
    ck_assert_uint_ge(len, sizeof seen[0].text - 3);
    ck_assert_uint_eq(len % 2, 0);
    ck_assert_str_eq(seen[0].topic, "");
}
END_TEST

START_TEST(test_the_code_says_more_than_the_event)
{
    const struct recent both = {.event = "topic_blocked", .code = "UNKNOWN_TOPIC_OR_PART"};
    const struct recent event = {.event = "topic_blocked", .code = "WHATEVER"};
    const struct recent none = {.event = "whatever", .code = ""};
    ck_assert_str_eq(recent_hint(&both), "Make the topic; its rows go by themselves then.");
    ck_assert_ptr_nonnull(strstr(recent_hint(&event), "tried again"));
    ck_assert_ptr_null(recent_hint(&none));
    // Of warnings with a remedy of their own.
    static const char *const events[] = {"slot_taken",      "claim_slow",       "rows_locked",
                                         "refusal_doubted", "row_number_ahead", "rows_unnumbered"};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        struct recent warning = {.code = ""};
        snprintf(warning.event, sizeof warning.event, "%s", events[i]);
        ck_assert_msg(recent_hint(&warning) != NULL, "%s", events[i]);
    }
}
END_TEST

static void *
log_many(void *topic)
{
    for (int i = 0; i < 1000; i++)
        log_topic("failed", topic, "x");
    return NULL;
}

START_TEST(test_threads)
{
    static char topics[2][2] = {"a", "b"};
    pthread_t threads[2];
    observe();
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, log_many, topics[i]), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_uint_le(recent_copy(seen), 2);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(recent_copy(seen), 2);
    ck_assert_uint_eq(seen[0].count + seen[1].count, 2000);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("recent", test_warnings_and_errors_only, test_the_same_is_counted,
                     test_the_oldest_goes, test_fields_tell_it,
                     test_what_is_long_is_cut_between_characters,
                     test_the_code_says_more_than_the_event, test_threads);
}
