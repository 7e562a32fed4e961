// SPDX-License-Identifier: Apache-2.0
//
// The wire table: topic, key, value and headers of each format and profile, and the faults that are
// judged before anything is sent.
// links: base model src/relay/envelope.c src/relay/metadata.c src/broker/topic_name.c
#include "outrider/relay/envelope.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ID     "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
#define PLENTY ((size_t)1000000)
#define ROWS   4

static char *allow_all[] = {(char *)"*"};
static struct envelope_settings settings;
static struct batch batch;
static struct row *row; // the first message's

static void
set_topic(const char *text)
{
    struct error err;
    template_free(&settings.topic);
    ck_assert(template_parse(text, &settings.topic, &err));
}

static void
setup(void)
{
    settings = (struct envelope_settings){
        .topics_allow = allow_all,
        .topics_allow_count = 1,
        .key = COLUMN_AGGREGATE_ID,
        .format = FORMAT_RAW,
        .headers = HEADERS_NATIVE,
    };
    set_topic("${event_type}");
    batch_init(&batch, ROWS, NULL, NULL);
    batch.count = ROWS;
    for (size_t i = 0; i < ROWS; i++) {
        batch.messages[i].row = (struct row){
            .id.bytes = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0,
                         0x4f, 0xd4, 0x30, 0xc8},
            .aggregate_type = bytes_from("order"),
            .aggregate_id = bytes_from("42"),
            .event_type = bytes_from("order.placed"),
            .payload = bytes_from("{\"total\": 12}"),
            .payload_bytes = 13,
            .created_at_us = INT64_C(1709251199123456),
            .taken = true,
        };
    }
    row = &batch.messages[0].row;
}

static void
teardown(void)
{
    batch_free(&batch);
    template_free(&settings.topic);
}

static struct message *
fill_within(size_t max_message_bytes)
{
    envelope_fill(&settings, &batch, &batch.messages[0], max_message_bytes);
    return &batch.messages[0];
}

static struct message *
fill(void)
{
    struct message *message = fill_within(PLENTY);
    ck_assert_msg(message->outcome.state == OUTCOME_NONE, "%s", message->outcome.code);
    return message;
}

static void
assert_text(struct bytes value, const char *expected)
{
    ck_assert_msg(bytes_equal(value, bytes_from(expected)), "\"%.*s\" is not \"%s\"",
                  (int)value.len, value.data == NULL ? "" : value.data,
                  expected == NULL ? "NULL" : expected);
}

// Names and values in their order, ending with a NULL name; a NULL value is a null value.
static void
assert_headers(const struct message *message, const char *const (*expected)[2])
{
    size_t n = 0;
    for (; expected[n][0] != NULL; n++) {
        ck_assert_msg(n < message->header_count, "%s is missing", expected[n][0]);
        assert_text(message->headers[n].name, expected[n][0]);
        assert_text(message->headers[n].value, expected[n][1]);
    }
    ck_assert_uint_eq(message->header_count, n);
}

#define HEADERS(...) assert_headers(fill(), (const char *const[][2]){__VA_ARGS__, {NULL, NULL}})

static void
assert_fails(const struct message *message, const char *code, bool permanent)
{
    ck_assert_int_eq(message->outcome.state, OUTCOME_FAILED);
    ck_assert_int_eq(message->outcome.fault, FAULT_MESSAGE);
    ck_assert_str_eq(message->outcome.code, code);
    ck_assert_int_eq(message->outcome.permanent, permanent);
    ck_assert(!message->outcome.possibly_persisted);
    ck_assert_uint_gt(strlen(message->outcome.text), 5);
}

// --- headers

START_TEST(test_native_headers)
{
    HEADERS({"message-id", ID}, {"event-type", "order.placed"}, {"aggregate-type", "order"},
            {"aggregate-id", "42"}, {"created-at", "2024-02-29T23:59:59.123456Z"});
}
END_TEST

START_TEST(test_native_tells_the_attempt_from_the_second_on)
{
    row->retry_count = 1;
    struct message *message = fill();
    ck_assert_uint_eq(message->header_count, 6);
    assert_text(message->headers[5].name, "relay-attempt");
    assert_text(message->headers[5].value, "2");
    row->retry_count = INT32_MAX;
    assert_text(fill()->headers[5].value, "2147483648");
}
END_TEST

START_TEST(test_debezium_sends_the_id_and_nothing_else)
{
    settings.headers = HEADERS_DEBEZIUM;
    row->retry_count = 3;
    HEADERS({"id", ID});
}
END_TEST

START_TEST(test_debezium_keys_by_the_aggregate)
{
    settings.headers = HEADERS_DEBEZIUM;
    settings.key = COLUMN_EVENT_TYPE;
    assert_text(fill()->key, "42");
}
END_TEST

static void
assert_cloudevents(const struct message *message, const char *source)
{
    const char *const expected[][2] = {
        {"ce_id", ID},
        {"ce_source", source},
        {"ce_type", "order.placed"},
        {"ce_subject", "42"},
        {"ce_time", "2024-02-29T23:59:59.123456Z"},
        {"ce_specversion", "1.0"},
        {"content-type", "application/json"},
        {NULL, NULL},
    };
    assert_headers(message, expected);
}

START_TEST(test_cloudevents_headers)
{
    settings.headers = HEADERS_CLOUDEVENTS;
    row->retry_count = 3;
    assert_cloudevents(fill(), "/order");
}
END_TEST

START_TEST(test_format_cloudevents_implies_its_headers)
{
    settings.format = FORMAT_CLOUDEVENTS;
    settings.headers = HEADERS_DEBEZIUM;
    settings.key = COLUMN_EVENT_TYPE;
    assert_cloudevents(fill(), "/order");
    ck_assert_ptr_eq(batch.messages[0].value.data, row->payload.data);
    assert_text(batch.messages[0].key, "order.placed");
}
END_TEST

START_TEST(test_cloudevents_source_can_be_given)
{
    settings.headers = HEADERS_CLOUDEVENTS;
    settings.cloudevents_source = "https://shop.example/orders";
    assert_cloudevents(fill(), "https://shop.example/orders");
}
END_TEST

START_TEST(test_cloudevents_source_is_a_uri_reference)
{
    settings.headers = HEADERS_CLOUDEVENTS;
    row->aggregate_type = bytes_from("Shop::Order item/\xc3\xa9%?#[]-._~!$&'()*+,;=@");
    assert_text(fill()->headers[1].value,
                "/Shop::Order%20item%2F%C3%A9%25%3F%23%5B%5D-._~!$&'()*+,;=@");
    row->aggregate_type = bytes_from("");
    assert_text(fill()->headers[1].value, "/");
}
END_TEST

START_TEST(test_cloudevents_leaves_out_what_may_not_be_empty)
{
    settings.headers = HEADERS_CLOUDEVENTS;
    row->aggregate_id = bytes_from("");
    row->created_at_us = INT64_MIN;
    HEADERS({"ce_id", ID}, {"ce_source", "/order"}, {"ce_type", "order.placed"},
            {"ce_specversion", "1.0"}, {"content-type", "application/json"});
    row->created_at_us = INT64_C(253402300800000000); // the year 10000
    ck_assert_uint_eq(fill()->header_count, 5);
    row->created_at_us--;
    assert_text(fill()->headers[3].value, "9999-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(test_a_rows_headers_follow_unchanged)
{
    struct header own[] = {
        {bytes_from("traceparent"), bytes_from("00-ab-cd-01")},
        {bytes_from("empty"), bytes_from("")},
        {bytes_from("null"), {0}},
        {bytes_from("Message-Id"), bytes_from("case differs")},
        {bytes_from("ce_id"), bytes_from("not of this profile")},
    };
    row->headers = own;
    row->header_count = sizeof own / sizeof own[0];
    HEADERS({"message-id", ID}, {"event-type", "order.placed"}, {"aggregate-type", "order"},
            {"aggregate-id", "42"}, {"created-at", "2024-02-29T23:59:59.123456Z"},
            {"traceparent", "00-ab-cd-01"}, {"empty", ""}, {"null", NULL},
            {"Message-Id", "case differs"}, {"ce_id", "not of this profile"});
}
END_TEST

START_TEST(test_a_rows_header_replaces_what_its_columns_say)
{
    struct header own[] = {
        {bytes_from("event-type"), bytes_from("mine")},
        {bytes_from("aggregate-type"), bytes_from("my")},
        {bytes_from("aggregate-id"), bytes_from("43")},
        {bytes_from("created-at"), bytes_from("then")},
    };
    row->headers = own;
    row->header_count = sizeof own / sizeof own[0];
    HEADERS({"message-id", ID}, {"event-type", "mine"}, {"aggregate-type", "my"},
            {"aggregate-id", "43"}, {"created-at", "then"});
}
END_TEST

// Not what outrider says of its own work: the message id, and which attempt it is.
START_TEST(test_a_rows_header_replaces_nothing_that_is_outriders)
{
    struct header own[] = {
        {bytes_from("message-id"), bytes_from("forged")},
        {bytes_from("relay-attempt"), bytes_from("many")},
    };
    row->headers = own;
    row->header_count = 2;
    HEADERS({"message-id", ID}, {"event-type", "order.placed"}, {"aggregate-type", "order"},
            {"aggregate-id", "42"}, {"created-at", "2024-02-29T23:59:59.123456Z"});
    row->retry_count = 1;
    HEADERS({"message-id", ID}, {"event-type", "order.placed"}, {"aggregate-type", "order"},
            {"aggregate-id", "42"}, {"created-at", "2024-02-29T23:59:59.123456Z"},
            {"relay-attempt", "2"});
    settings.headers = HEADERS_DEBEZIUM;
    HEADERS({"id", ID}, {"message-id", "forged"}, {"relay-attempt", "many"});
}
END_TEST

START_TEST(test_a_rows_header_cannot_change_the_events_version)
{
    struct header own[] = {
        {bytes_from("ce_specversion"), bytes_from("0.3")},
        {bytes_from("ce_source"), bytes_from("/mine")},
    };
    row->headers = own;
    row->header_count = 2;
    settings.headers = HEADERS_CLOUDEVENTS;
    HEADERS({"ce_id", ID}, {"ce_type", "order.placed"}, {"ce_subject", "42"},
            {"ce_time", "2024-02-29T23:59:59.123456Z"}, {"ce_specversion", "1.0"},
            {"content-type", "application/json"}, {"ce_source", "/mine"});
}
END_TEST

START_TEST(test_names_with_control_characters_fail_for_good)
{
    static const char *const bad[] = {"", "a\nb", "\r", "a\tb", "a\x7f", "\x1b[2J", "a\xc2\x85"};
    static const char *const good[] = {"a b", "\xc3\xa4", "\xc2\xa0", "\xe2\x82\xac", ":", "A"};
    struct header own[] = {{bytes_from("fine"), bytes_from("1")}, {bytes_from(""), bytes_from("")}};
    row->headers = own;
    row->header_count = 2;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        own[1].name = (struct bytes){bad[i], strlen(bad[i])};
        assert_fails(fill_within(PLENTY), "HEADERS", true);
        ck_assert_ptr_nonnull(strstr(batch.messages[0].outcome.text, "control character"));
    }
    batch.messages[0].outcome = (struct outcome){0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        own[1].name = bytes_from(good[i]);
        ck_assert_int_eq(fill_within(PLENTY)->outcome.state, OUTCOME_NONE);
    }
    own[1].name = bytes_from("a line feed in a value is data");
    own[1].value = bytes_from("a\nb");
    ck_assert_int_eq(fill_within(PLENTY)->outcome.state, OUTCOME_NONE);
}
END_TEST

START_TEST(test_each_profile_guards_its_own_message_id)
{
    struct header own[] = {
        {bytes_from("id"), bytes_from("forged")},
        {bytes_from("ce_id"), bytes_from("forged")},
        {bytes_from("content-type"), bytes_from("text/plain")},
    };
    row->headers = own;
    row->header_count = 3;
    settings.headers = HEADERS_DEBEZIUM;
    HEADERS({"id", ID}, {"ce_id", "forged"}, {"content-type", "text/plain"});
    settings.headers = HEADERS_CLOUDEVENTS;
    HEADERS({"ce_id", ID}, {"ce_source", "/order"}, {"ce_type", "order.placed"},
            {"ce_subject", "42"}, {"ce_time", "2024-02-29T23:59:59.123456Z"},
            {"ce_specversion", "1.0"}, {"id", "forged"}, {"content-type", "text/plain"});
}
END_TEST

START_TEST(test_malformed_headers_fail_for_good)
{
    row->headers_malformed = true;
    assert_fails(fill_within(PLENTY), "HEADERS", true);
}
END_TEST

// --- key

START_TEST(test_key_is_the_column)
{
    static const struct {
        enum column column;
        const char *text;
    } keys[] = {
        {COLUMN_AGGREGATE_ID, "42"},
        {COLUMN_AGGREGATE_TYPE, "order"},
        {COLUMN_EVENT_TYPE, "order.placed"},
        {COLUMN_ID, ID},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        settings.key = keys[i].column;
        assert_text(fill()->key, keys[i].text);
    }
}
END_TEST

START_TEST(test_a_null_key_is_no_key_and_an_empty_one_is_a_key)
{
    row->aggregate_id = (struct bytes){0};
    ck_assert_ptr_null(fill()->key.data);
    row->aggregate_id = bytes_from("");
    ck_assert_ptr_nonnull(fill()->key.data);
    ck_assert_uint_eq(batch.messages[0].key.len, 0);
}
END_TEST

// --- value

START_TEST(test_raw_is_the_payload_itself)
{
    struct message *message = fill();
    ck_assert_ptr_eq(message->value.data, row->payload.data);
    ck_assert_uint_eq(message->value.len, 13);
}
END_TEST

START_TEST(test_null_is_a_tombstone_in_every_format)
{
    static const enum message_format formats[] = {FORMAT_RAW, FORMAT_METADATA, FORMAT_CLOUDEVENTS};
    row->payload = (struct bytes){0};
    row->payload_bytes = 0;
    settings.format = formats[_i];
    ck_assert_ptr_null(fill()->value.data);
    ck_assert_uint_eq(batch.messages[0].value.len, 0);
}
END_TEST

START_TEST(test_an_empty_payload_is_no_tombstone)
{
    row->payload = bytes_from("");
    ck_assert_ptr_nonnull(fill()->value.data);
    ck_assert_uint_eq(batch.messages[0].value.len, 0);
    settings.format = FORMAT_METADATA;
    assert_fails(fill_within(PLENTY), "NOT_AN_OBJECT", true);
}
END_TEST

START_TEST(test_metadata_value)
{
    settings.format = FORMAT_METADATA;
    assert_text(fill()->value,
                "{\"total\": 12, \"_metadata\": {\"messageId\": \"" ID "\", \"aggregateType\": "
                "\"order\", \"aggregateId\": \"42\", \"timestamp\": "
                "\"2024-02-29T23:59:59.123Z\"}}");
    HEADERS({"message-id", ID}, {"event-type", "order.placed"}, {"aggregate-type", "order"},
            {"aggregate-id", "42"}, {"created-at", "2024-02-29T23:59:59.123456Z"});
}
END_TEST

START_TEST(test_metadata_needs_an_object)
{
    settings.format = FORMAT_METADATA;
    row->payload = bytes_from("[1, 2]");
    assert_fails(fill_within(PLENTY), "NOT_AN_OBJECT", true);
}
END_TEST

// --- topic

START_TEST(test_topic_is_rendered)
{
    set_topic("outbox.event.${aggregate_type}");
    ck_assert_str_eq(fill()->topic, "outbox.event.order");
}
END_TEST

START_TEST(test_equal_topics_are_stored_once)
{
    batch.messages[2].row.event_type = bytes_from("order.paid");
    for (size_t i = 0; i < ROWS; i++)
        envelope_fill(&settings, &batch, &batch.messages[i], PLENTY);
    ck_assert_ptr_eq(batch.messages[1].topic, batch.messages[0].topic);
    ck_assert_str_eq(batch.messages[2].topic, "order.paid");
    ck_assert_str_eq(batch.messages[3].topic, "order.placed");
}
END_TEST

static const char *const bad_topics[] = {"",        ".", "..", "bad topic!", "__consumer_offsets",
                                         "\xc3\xa9"};

START_TEST(test_an_impossible_topic_fails_for_good)
{
    row->event_type = bytes_from(bad_topics[_i]);
    assert_fails(fill_within(PLENTY), "TOPIC_NAME", true);
    ck_assert_str_eq(batch.messages[0].topic, bad_topics[_i]);
}
END_TEST

START_TEST(test_topic_length)
{
    enum { LONG = 300 };
    static char name[LONG];
    memset(name, 't', LONG);
    row->event_type = (struct bytes){.data = name, .len = 249};
    ck_assert_uint_eq(strlen(fill()->topic), 249);
    for (size_t len = 250; len <= LONG; len += 5) {
        batch.messages[0].topic = NULL;
        row->event_type.len = len;
        assert_fails(fill_within(PLENTY), "TOPIC_NAME", true);
        ck_assert_msg(strstr(batch.messages[0].outcome.text, "249") != NULL, "%s",
                      batch.messages[0].outcome.text);
    }
}
END_TEST

START_TEST(test_topics_must_be_allowed)
{
    char *allow[] = {(char *)"payment.*", (char *)"order.pla?ed"};
    settings.topics_allow = allow;
    settings.topics_allow_count = 2;
    ck_assert_str_eq(fill()->topic, "order.placed");
    row->event_type = bytes_from("order.paid");
    assert_fails(fill_within(PLENTY), "TOPIC_NOT_ALLOWED", false);
    ck_assert_str_eq(batch.messages[0].topic, "order.paid");
}
END_TEST

// The previous message's verdict is this one's when the topic is the same, and only then.
START_TEST(test_a_refused_topic_is_refused_again)
{
    char *allow[] = {(char *)"order.placed"};
    settings.topics_allow = allow;
    batch.messages[1].row.event_type = bytes_from("order.paid");
    batch.messages[2].row.event_type = bytes_from("order.paid");
    for (size_t i = 0; i < ROWS; i++)
        envelope_fill(&settings, &batch, &batch.messages[i], PLENTY);
    ck_assert_int_eq(batch.messages[0].outcome.state, OUTCOME_NONE);
    assert_fails(&batch.messages[1], "TOPIC_NOT_ALLOWED", false);
    assert_fails(&batch.messages[2], "TOPIC_NOT_ALLOWED", false);
    ck_assert_ptr_eq(batch.messages[2].topic, batch.messages[1].topic);
    ck_assert_int_eq(batch.messages[3].outcome.state, OUTCOME_NONE);
}
END_TEST

// What failed for another reason, here or at the broker, does not speak against its topic.
START_TEST(test_other_failures_do_not_spread)
{
    row->withheld = true;
    envelope_fill(&settings, &batch, &batch.messages[0], PLENTY);
    envelope_fill(&settings, &batch, &batch.messages[1], PLENTY);
    assert_fails(&batch.messages[0], "TOO_LARGE", true);
    ck_assert_int_eq(batch.messages[1].outcome.state, OUTCOME_NONE);
    batch.messages[1].outcome =
        (struct outcome){.state = OUTCOME_FAILED, .fault = FAULT_TOPIC, .code = "UNKNOWN_TOPIC"};
    envelope_fill(&settings, &batch, &batch.messages[2], PLENTY);
    ck_assert_int_eq(batch.messages[2].outcome.state, OUTCOME_NONE);
    ck_assert_ptr_eq(batch.messages[2].topic, batch.messages[0].topic);
}
END_TEST

// A message that was held back has no topic to compare with.
START_TEST(test_a_held_message_before_is_no_matter)
{
    batch.messages[0].outcome.state = OUTCOME_HELD;
    envelope_fill(&settings, &batch, &batch.messages[1], PLENTY);
    ck_assert_str_eq(batch.messages[1].topic, "order.placed");
}
END_TEST

// --- size

// Records have 36 bytes of overhead; a header has its name, its value, and their lengths as zig-zag
// varints: one byte up to 63, two up to 8191.
START_TEST(test_size_counts_key_value_and_headers)
{
    settings.headers = HEADERS_DEBEZIUM;
    size_t bytes = 36 + strlen("42") + row->payload.len + (1 + 2) + (1 + 36);
    ck_assert_int_eq(fill_within(bytes)->outcome.state, OUTCOME_NONE);
    assert_fails(fill_within(bytes - 1), "TOO_LARGE", true);
}
END_TEST

START_TEST(test_size_counts_the_lengths_of_header_lengths)
{
    static const size_t lengths[][2] = {{0, 1}, {63, 1}, {64, 2}, {8191, 2}, {8192, 3}};
    static char value[8192];
    memset(value, 'v', sizeof value);
    settings.headers = HEADERS_DEBEZIUM;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct header own = {bytes_from("x"), {.data = value, .len = lengths[i][0]}};
        row->headers = &own;
        row->header_count = 1;
        size_t bytes = 36 + strlen("42") + row->payload.len + (1 + 2) + (1 + 36) + (1 + 1) +
                       lengths[i][1] + lengths[i][0];
        batch.messages[0].outcome.state = OUTCOME_NONE;
        ck_assert_int_eq(fill_within(bytes)->outcome.state, OUTCOME_NONE);
        assert_fails(fill_within(bytes - 1), "TOO_LARGE", true);
    }
}
END_TEST

START_TEST(test_size_counts_the_metadata)
{
    settings.format = FORMAT_METADATA;
    settings.headers = HEADERS_DEBEZIUM;
    size_t value = fill()->value.len;
    ck_assert_uint_gt(value, 100);
    size_t bytes = 36 + strlen("42") + value + (1 + 2) + (1 + 36);
    ck_assert_int_eq(fill_within(bytes)->outcome.state, OUTCOME_NONE);
    assert_fails(fill_within(bytes - 1), "TOO_LARGE", true);
}
END_TEST

START_TEST(test_a_withheld_payload_is_too_large_and_no_tombstone)
{
    static const enum message_format formats[] = {FORMAT_RAW, FORMAT_METADATA, FORMAT_CLOUDEVENTS};
    row->payload = (struct bytes){0};
    row->payload_bytes = 2000000;
    row->withheld = true;
    settings.format = formats[_i];
    assert_fails(fill_within(PLENTY), "TOO_LARGE", true);
    ck_assert_str_eq(batch.messages[0].topic, "order.placed");
}
END_TEST

static TCase *
headers_tests(void)
{
    TCase *tests = tcase_create("headers");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_native_headers);
    tcase_add_test(tests, test_native_tells_the_attempt_from_the_second_on);
    tcase_add_test(tests, test_debezium_sends_the_id_and_nothing_else);
    tcase_add_test(tests, test_debezium_keys_by_the_aggregate);
    tcase_add_test(tests, test_cloudevents_headers);
    tcase_add_test(tests, test_format_cloudevents_implies_its_headers);
    tcase_add_test(tests, test_cloudevents_source_can_be_given);
    tcase_add_test(tests, test_cloudevents_source_is_a_uri_reference);
    tcase_add_test(tests, test_cloudevents_leaves_out_what_may_not_be_empty);
    tcase_add_test(tests, test_a_rows_headers_follow_unchanged);
    tcase_add_test(tests, test_a_rows_header_replaces_what_its_columns_say);
    tcase_add_test(tests, test_a_rows_header_replaces_nothing_that_is_outriders);
    tcase_add_test(tests, test_a_rows_header_cannot_change_the_events_version);
    tcase_add_test(tests, test_names_with_control_characters_fail_for_good);
    tcase_add_test(tests, test_each_profile_guards_its_own_message_id);
    tcase_add_test(tests, test_malformed_headers_fail_for_good);
    return tests;
}

static TCase *
key_and_value_tests(void)
{
    TCase *tests = tcase_create("key and value");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_key_is_the_column);
    tcase_add_test(tests, test_a_null_key_is_no_key_and_an_empty_one_is_a_key);
    tcase_add_test(tests, test_raw_is_the_payload_itself);
    tcase_add_loop_test(tests, test_null_is_a_tombstone_in_every_format, 0, 3);
    tcase_add_test(tests, test_an_empty_payload_is_no_tombstone);
    tcase_add_test(tests, test_metadata_value);
    tcase_add_test(tests, test_metadata_needs_an_object);
    return tests;
}

static TCase *
topic_tests(void)
{
    TCase *tests = tcase_create("topic");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_topic_is_rendered);
    tcase_add_test(tests, test_equal_topics_are_stored_once);
    tcase_add_loop_test(tests, test_an_impossible_topic_fails_for_good, 0,
                        sizeof bad_topics / sizeof bad_topics[0]);
    tcase_add_test(tests, test_topic_length);
    tcase_add_test(tests, test_topics_must_be_allowed);
    tcase_add_test(tests, test_a_refused_topic_is_refused_again);
    tcase_add_test(tests, test_other_failures_do_not_spread);
    tcase_add_test(tests, test_a_held_message_before_is_no_matter);
    return tests;
}

static TCase *
size_tests(void)
{
    TCase *tests = tcase_create("size");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_size_counts_key_value_and_headers);
    tcase_add_test(tests, test_size_counts_the_lengths_of_header_lengths);
    tcase_add_test(tests, test_size_counts_the_metadata);
    tcase_add_loop_test(tests, test_a_withheld_payload_is_too_large_and_no_tombstone, 0, 3);
    return tests;
}

int
main(void)
{
    Suite *suite = suite_create("envelope");
    suite_add_tcase(suite, headers_tests());
    suite_add_tcase(suite, key_and_value_tests());
    suite_add_tcase(suite, topic_tests());
    suite_add_tcase(suite, size_tests());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
