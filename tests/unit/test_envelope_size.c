// SPDX-License-Identifier: Apache-2.0
//
// The envelope judges sizes exactly as librdkafka does: what it lets through is taken, and one byte
// more would be refused. No broker is needed, librdkafka judges before it queues.
// links: base model broker src/relay/envelope.c src/relay/metadata.c
#include "outrider/broker/producer.h"
#include "outrider/relay/envelope.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT 20000

static char filler[LIMIT + 1];

static struct producer *
unreachable_producer(void)
{
    const struct property properties[] = {
        {"bootstrap.servers", "127.0.0.1:1"},
        {"message.max.bytes", "20000"},
    };
    const struct producer_settings settings = {
        .properties = properties,
        .count = sizeof properties / sizeof properties[0],
        .client_id = "test",
    };
    struct producer *producer;
    struct error err;
    ck_assert_msg(producer_open(&settings, &producer, &err), "%s", err.text);
    ck_assert_uint_eq(producer_max_message_bytes(producer), LIMIT);
    return producer;
}

// A message whose payload is `payload` bytes, with a header of its own of `header` bytes.
static struct message *
make(struct batch *batch, struct envelope_settings *settings, size_t payload, size_t header,
     size_t limit)
{
    struct header *own = batch_alloc(batch, sizeof *own);
    *own = (struct header){bytes_from("x"), {.data = filler, .len = header}};
    struct message *message = &batch->messages[batch->count++];
    *message = (struct message){0};
    message->row = (struct row){
        .aggregate_type = bytes_from("order"),
        .aggregate_id = bytes_from("42"),
        .event_type = bytes_from("order.placed"),
        .payload = {.data = filler, .len = payload},
        .headers = own,
        .header_count = 1,
        .retry_count = 1,
    };
    envelope_fill(settings, batch, message, limit);
    return message;
}

static const size_t header_bytes[] = {0, 62, 63, 64, 65, 127, 128, 8190, 8191, 8192, 16384};
#define CASES (sizeof header_bytes / sizeof header_bytes[0])

START_TEST(test_sizes_are_librdkafkas)
{
    static char *allow[] = {(char *)"*"};
    struct envelope_settings settings = {
        .topics_allow = allow,
        .topics_allow_count = 1,
        .key = COLUMN_AGGREGATE_ID,
        .headers = (enum header_profile)_i,
    };
    struct error err;
    ck_assert(template_parse("${event_type}", &settings.topic, &err));
    struct producer *producer = unreachable_producer();
    struct batch batch;
    batch_init(&batch, 2 * CASES, NULL, NULL);

    for (size_t i = 0; i < CASES; i++) {
        size_t payload = LIMIT - header_bytes[i];
        struct message *message = make(&batch, &settings, payload, header_bytes[i], LIMIT);
        while (message->outcome.state == OUTCOME_FAILED) {
            ck_assert_str_eq(message->outcome.code, "TOO_LARGE");
            batch.count--;
            message = make(&batch, &settings, --payload, header_bytes[i], LIMIT);
        }
        ck_assert(producer_send(producer, message));
        ck_assert_int_eq(message->outcome.state, OUTCOME_PENDING);

        message = make(&batch, &settings, payload + 1, header_bytes[i], SIZE_MAX);
        ck_assert_int_eq(message->outcome.state, OUTCOME_NONE);
        ck_assert(producer_send(producer, message));
        ck_assert_int_eq(message->outcome.state, OUTCOME_FAILED);
        ck_assert_str_eq(message->outcome.code, "MSG_SIZE_TOO_LARGE");
    }

    producer_close(producer);
    batch_free(&batch);
    template_free(&settings.topic);
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("envelope_size");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_sizes_are_librdkafkas, HEADERS_NATIVE, HEADERS_CLOUDEVENTS + 1);
    Suite *suite = suite_create("envelope_size");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
