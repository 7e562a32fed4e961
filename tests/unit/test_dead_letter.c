// SPDX-License-Identifier: Apache-2.0
//
// The copy of a dead message: what it holds, and what it leaves out when there is no room.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c
#include "src/relay/dead_letter.h"

#include "tests/support/unit.h"

#include <string.h>

static struct batch batch;
static struct header row_headers[] = {
    {{"traceparent", 11}, {"00-1-2", 6}},
    {{"dead-code", 9}, {"mine", 4}},
    {{"relay-attempt", 13}, {"9", 1}},
    {{"line\nfeed", 9}, {"why it is dead", 14}},
};

static struct message *
dead(void)
{
    batch_init(&batch, 1, NULL, NULL);
    batch.count = 1;
    batch.messages[0] = (struct message){
        .row = {.aggregate_type = {"order", 5},
                .aggregate_id = {"42", 2},
                .event_type = {"placed", 6},
                .payload = {"{\"a\": 1}", 8},
                .payload_bytes = 8,
                .created_at_us = 0,
                .retry_count = 4,
                .headers = row_headers,
                .header_count = sizeof row_headers / sizeof row_headers[0]},
        .topic = "orders",
        .outcome = {.state = OUTCOME_FAILED, .code = "INVALID_RECORD", .text = "refused"},
    };
    return &batch.messages[0];
}

// The header's value; NULL data when the message has none of that name. Each name stands once.
static struct bytes
header(const struct message *message, const char *name)
{
    struct bytes found = {0};
    for (size_t i = 0; i < message->header_count; i++) {
        if (!bytes_equal(message->headers[i].name, bytes_from(name)))
            continue;
        ck_assert_ptr_null(found.data);
        found = message->headers[i].value;
    }
    return found;
}

#define ASSERT_HEADER(message, name, expected)                                                     \
    ck_assert_msg(bytes_equal(header((message), (name)), bytes_from(expected)), "%s", (name))

START_TEST(test_it_says_what_and_why)
{
    struct message *copy = dead_letter(&batch, dead(), 5, "graveyard", 1000000);
    ck_assert_str_eq(copy->topic, "graveyard");
    ck_assert(bytes_equal(copy->key, bytes_from("42")));
    ck_assert(bytes_equal(copy->value, bytes_from("{\"a\": 1}")));
    ASSERT_HEADER(copy, "message-id", "00000000-0000-0000-0000-000000000000");
    ASSERT_HEADER(copy, "event-type", "placed");
    ASSERT_HEADER(copy, "aggregate-type", "order");
    ASSERT_HEADER(copy, "aggregate-id", "42");
    ASSERT_HEADER(copy, "created-at", "1970-01-01T00:00:00.000000Z");
    ASSERT_HEADER(copy, "dead-topic", "orders");
    ASSERT_HEADER(copy, "dead-code", "INVALID_RECORD");
    ck_assert_ptr_null(header(copy, "relay-attempt").data);
    ck_assert_ptr_null(header(copy, "line\nfeed").data);
    ASSERT_HEADER(copy, "dead-error", "refused");
    ASSERT_HEADER(copy, "dead-attempts", "5");
    ck_assert_ptr_nonnull(header(copy, "dead-at").data);
    ASSERT_HEADER(copy, "traceparent", "00-1-2");
    ASSERT_HEADER(copy, "dead-payload-bytes", NULL);
    ck_assert_int_eq(copy->outcome.state, OUTCOME_NONE);
    batch_free(&batch);
}
END_TEST

// A payload that did not travel is no tombstone: the copy says how large it is.
START_TEST(test_a_withheld_payload_is_named)
{
    struct message *message = dead();
    message->row.payload = (struct bytes){0};
    message->row.withheld = true;
    message->row.payload_bytes = 2000000;
    struct message *copy = dead_letter(&batch, message, 7, "graveyard", 1000000);
    ck_assert_ptr_null(copy->value.data);
    ASSERT_HEADER(copy, "dead-payload-bytes", "2000000");
    ASSERT_HEADER(copy, "dead-attempts", "7");
    ASSERT_HEADER(copy, "traceparent", "00-1-2");
    batch_free(&batch);
}
END_TEST

// Of a row that PostgreSQL cannot read no size is known.
START_TEST(test_an_unreadable_payload_has_no_size)
{
    struct message *message = dead();
    message->row = (struct row){.unreadable = true};
    struct message *copy = dead_letter(&batch, message, 1, "graveyard", 1000000);
    ck_assert_ptr_null(copy->value.data);
    ASSERT_HEADER(copy, "dead-payload-bytes", NULL);
    batch_free(&batch);
}
END_TEST

START_TEST(test_what_does_not_fit_is_left_out)
{
    static char large[2000];
    struct message *message = dead();
    message->row.payload = (struct bytes){large, sizeof large};
    message->row.payload_bytes = sizeof large;
    struct message *copy = dead_letter(&batch, message, 7, "graveyard", 1500);
    ck_assert_ptr_null(copy->value.data);
    ASSERT_HEADER(copy, "dead-payload-bytes", "2000");
    ck_assert(bytes_equal(copy->key, bytes_from("42")));
    batch_free(&batch);

    message = dead();
    message->row.aggregate_id = (struct bytes){large, sizeof large};
    copy = dead_letter(&batch, message, 7, "graveyard", 1500);
    ck_assert_ptr_null(copy->key.data);
    ASSERT_HEADER(copy, "traceparent", NULL);
    ASSERT_HEADER(copy, "aggregate-id", NULL);
    ASSERT_HEADER(copy, "dead-code", "INVALID_RECORD");
    batch_free(&batch);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("dead_letter", test_it_says_what_and_why, test_a_withheld_payload_is_named,
                     test_an_unreadable_payload_has_no_size, test_what_does_not_fit_is_left_out);
}
