// SPDX-License-Identifier: Apache-2.0
//
// Sources become settings: defaults, precedence, every field in its place, and nothing on failure.
#include "outrider/config/settings.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/outrider-config-XXXXXX";
static struct settings settings;
static struct text errors, warnings;

// NULL yaml: an empty file, because the default one may exist on this machine.
static bool
load(const char *yaml, char *const *environment, const char *const *overrides, size_t count)
{
    strcpy(path, "/tmp/outrider-config-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    size_t len = yaml != NULL ? strlen(yaml) : 0;
    ck_assert_int_eq(write(fd, yaml != NULL ? yaml : "", len), (ssize_t)len);
    close(fd);
    struct config_sources sources = {
        .file = path, .environment = environment, .overrides = overrides, .override_count = count};
    bool ok = config_load(&sources, &settings, &errors, &warnings);
    unlink(path);
    return ok;
}

static void
finish(void)
{
    settings_free(&settings);
    text_free(&errors);
    text_free(&warnings);
}

START_TEST(test_defaults)
{
    ck_assert_msg(load(NULL, NULL, NULL, 0), "%s", text_str(&errors));
    ck_assert_str_eq(text_str(&warnings), "");
    ck_assert_str_eq(settings.store.dsn, "postgresql://outrider@/orders");
    ck_assert_ptr_null(settings.store.direct_dsn);
    ck_assert_str_eq(settings.store.application_name, "outrider");
    ck_assert_int_eq(settings.store.connect_timeout_ms, 5000);
    ck_assert_int_eq(settings.store.statement_timeout_ms, 20000);
    ck_assert_int_eq(settings.store.lock_timeout_ms, 1000);
    ck_assert_str_eq(settings.store.table, "outbox_messages");
    for (int i = 0; i < COLUMN_COUNT; i++)
        ck_assert_ptr_null(settings.store.columns[i]);
    ck_assert_int_eq(settings.store.ordering, ORDERING_KEY);
    ck_assert_int_eq(settings.store.on_published, ON_PUBLISHED_MARK);
    ck_assert_int_eq(settings.store.max_retries, 5);
    ck_assert_uint_eq(settings.producer.count, 0);
    ck_assert_str_eq(settings.producer.client_id, "outrider");
    const struct relay_settings *relay = &settings.relay;
    ck_assert_int_eq(relay->lanes, 1);
    ck_assert_int_eq(relay->batch_size, 1000);
    ck_assert_int_eq(relay->batch_bytes, 4 << 20);
    ck_assert_int_eq(relay->window_deadline_ms, 20000);
    ck_assert_int_eq(relay->poll_min_ms, 2);
    ck_assert_int_eq(relay->poll_max_ms, 125);
    ck_assert_int_eq(relay->max_retries, 5);
    ck_assert_int_eq(relay->retry_backoff_ms, 1000);
    ck_assert_int_eq(relay->retry_backoff_max_ms, 300000);
    ck_assert_int_eq(relay->stop_timeout_ms, 8000);
    ck_assert_uint_eq(relay->envelope.topic.count, 1);
    ck_assert_int_eq(relay->envelope.topic.parts[0].column, COLUMN_EVENT_TYPE);
    ck_assert_uint_eq(relay->envelope.topics_allow_count, 1);
    ck_assert_str_eq(relay->envelope.topics_allow[0], "*");
    ck_assert_int_eq(relay->envelope.key, COLUMN_AGGREGATE_ID);
    ck_assert_int_eq(relay->envelope.format, FORMAT_RAW);
    ck_assert_int_eq(relay->envelope.headers, HEADERS_NATIVE);
    ck_assert_ptr_null(relay->envelope.cloudevents_source);
    ck_assert_int_eq(settings.log_level, LOG_INFO);
    ck_assert_int_eq(settings.log_format, LOG_FORMAT_AUTO);
    finish();
}
END_TEST

START_TEST(test_every_field)
{
    ck_assert_msg(load("database: {dsn: host=a, direct_dsn: host=b, application_name: app,\n"
                       "  connect_timeout: 1s, statement_timeout: 2s, lock_timeout: 3ms}\n"
                       "outbox: {table: s.t, columns: {dead_at: deadAt}, ordering: none,\n"
                       "  lanes: 2, batch_size: 3, batch_bytes: 1MB, window_deadline: 4s,\n"
                       "  on_published: delete, poll_min: 5ms, poll_max: 6ms, max_retries: 7,\n"
                       "  retry_backoff: 8s, retry_backoff_max: 9s, retention: 365d}\n"
                       "message: {topic: 'x.${id}', topics_allow: [x.*, y], key: id,\n"
                       "  format: cloudevents, headers: debezium, cloudevents_source: /s}\n"
                       "kafka: {linger.ms: 3, client.id: c}\n"
                       "log: {level: debug, format: json}\n"
                       "stop_timeout: 10s\n",
                       NULL, NULL, 0),
                  "%s", text_str(&errors));
    ck_assert_str_eq(settings.store.dsn, "host=a");
    ck_assert_str_eq(settings.store.direct_dsn, "host=b");
    ck_assert_str_eq(settings.store.application_name, "app");
    ck_assert_int_eq(settings.store.connect_timeout_ms, 1000);
    ck_assert_int_eq(settings.store.statement_timeout_ms, 2000);
    ck_assert_int_eq(settings.store.lock_timeout_ms, 3);
    ck_assert_str_eq(settings.store.table, "s.t");
    ck_assert_str_eq(settings.store.columns[COLUMN_DEAD_AT], "deadAt");
    ck_assert_ptr_null(settings.store.columns[COLUMN_ID]);
    ck_assert_int_eq(settings.store.ordering, ORDERING_NONE);
    ck_assert_int_eq(settings.store.on_published, ON_PUBLISHED_DELETE);
    ck_assert_int_eq(settings.store.max_retries, 7);
    const struct relay_settings *relay = &settings.relay;
    ck_assert_int_eq(relay->lanes, 2);
    ck_assert_int_eq(relay->batch_size, 3);
    ck_assert_int_eq(relay->batch_bytes, 1000000);
    ck_assert_int_eq(relay->window_deadline_ms, 4000);
    ck_assert_int_eq(relay->poll_min_ms, 5);
    ck_assert_int_eq(relay->poll_max_ms, 6);
    ck_assert_int_eq(relay->max_retries, 7);
    ck_assert_int_eq(relay->retry_backoff_ms, 8000);
    ck_assert_int_eq(relay->retry_backoff_max_ms, 9000);
    ck_assert_int_eq(relay->retention_ms, INT64_C(31536000000));
    ck_assert_int_eq(relay->stop_timeout_ms, 10000);
    ck_assert_uint_eq(relay->envelope.topic.count, 2);
    ck_assert_uint_eq(relay->envelope.topics_allow_count, 2);
    ck_assert_str_eq(relay->envelope.topics_allow[1], "y");
    ck_assert_int_eq(relay->envelope.key, COLUMN_ID);
    ck_assert_int_eq(relay->envelope.format, FORMAT_CLOUDEVENTS);
    ck_assert_int_eq(relay->envelope.headers, HEADERS_DEBEZIUM);
    ck_assert_str_eq(relay->envelope.cloudevents_source, "/s");
    ck_assert_uint_eq(settings.producer.count, 2);
    ck_assert_str_eq(settings.producer.properties[0].name, "linger.ms");
    ck_assert_str_eq(settings.producer.properties[0].value, "3");
    ck_assert_int_eq(settings.log_level, LOG_DEBUG);
    ck_assert_int_eq(settings.log_format, LOG_FORMAT_JSON);
    finish();
}
END_TEST

START_TEST(test_precedence)
{
    char lanes[] = "OUTRIDER_OUTBOX_LANES=3", size[] = "OUTRIDER_OUTBOX_BATCH_SIZE=3";
    char property[] = "OUTRIDER_KAFKA_LINGER_MS=3", column[] = "OUTRIDER_OUTBOX_COLUMNS_SEQ=s3";
    char *environment[] = {lanes, size, property, column, NULL};
    const char *const overrides[] = {"outbox.lanes=4", "outbox.lanes=5", "kafka.linger.ms=5",
                                     "outbox.columns.seq=s5", "outbox.ordering=none"};
    ck_assert_msg(load("outbox: {lanes: 2, batch_size: 2, batch_bytes: 2MB, columns: {seq: s2}}\n"
                       "kafka: {linger.ms: 2}\n",
                       environment, overrides, 5),
                  "%s", text_str(&errors));
    ck_assert_int_eq(settings.relay.lanes, 5);
    ck_assert_int_eq(settings.relay.batch_size, 3);
    ck_assert_int_eq(settings.relay.batch_bytes, 2000000);
    ck_assert_str_eq(settings.store.columns[COLUMN_SEQ], "s5");
    ck_assert_uint_eq(settings.producer.count, 1);
    ck_assert_str_eq(settings.producer.properties[0].value, "5");
    finish();
}
END_TEST

// A reference that is overridden is not followed; one that counts is.
START_TEST(test_references)
{
    char topics[] = "TOPICS=a.*, b", dsn[] = "DSN=host=h password=${env:x}";
    char *environment[] = {topics, dsn, NULL};
    const char *const overrides[] = {"outbox.table=t", "database.dsn=${env:DSN}"};
    ck_assert_msg(load("outbox: {table: '${env:ABSENT}'}\n"
                       "message: {topics_allow: '${env:TOPICS}', topic: '${env:TOPICS}'}\n",
                       environment, overrides, 2) == false,
                  "a topic with a comma");
    ck_assert_ptr_nonnull(strstr(text_str(&errors), "message.topic: not a topic's name"));
    finish();
    ck_assert_msg(load("outbox: {table: '${env:ABSENT}'}\n"
                       "message: {topics_allow: '${env:TOPICS}'}\n",
                       environment, overrides, 2),
                  "%s", text_str(&errors));
    ck_assert_str_eq(settings.store.table, "t");
    ck_assert_str_eq(settings.store.dsn, "host=h password=${env:x}");
    ck_assert_uint_eq(settings.relay.envelope.topics_allow_count, 2);
    ck_assert_str_eq(settings.relay.envelope.topics_allow[1], "b");
    finish();
}
END_TEST

// All of them, in the order of sources and places; the settings are untouched.
START_TEST(test_failure)
{
    char level[] = "OUTRIDER_LOG_LEVEL=loud", strange[] = "OUTRIDER_LOG_LEVL=info";
    char *environment[] = {level, strange, NULL};
    const char *const overrides[] = {"outbox.lanes=0", "nonsense"};
    settings.relay.lanes = 77;
    ck_assert(!load("log: {levle: info}\noutbox: {lanes: many}\n", environment, overrides, 2));
    ck_assert_int_eq(settings.relay.lanes, 77);
    ck_assert_ptr_null(settings.origin);
    const char *const parts[] = {":1:7: log.levle:", ":2:17: outbox.lanes:", "OUTRIDER_LOG_LEVEL:",
                                 "-o outbox.lanes:", "-o: not a path"};
    const char *at = text_str(&errors);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        at = strstr(at, parts[i]);
        ck_assert_msg(at != NULL, "%s in %s", parts[i], text_str(&errors));
    }
    ck_assert_ptr_nonnull(strstr(text_str(&warnings), "OUTRIDER_LOG_LEVL"));
    text_free(&errors);
    text_free(&warnings);
}
END_TEST

// A request's Host is compared without its port, so an item with one would match nothing.
START_TEST(test_names_of_hosts)
{
    static const char *const wrong[] = {"relay.example.org:8467", "*:8467", "[2001:db8::1]",
                                        "http://relay.example.org", "relay.example.org/metrics"};
    char yaml[128];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(yaml, sizeof yaml, "http: {hosts: [good.example.org, '%s']}\n", wrong[i]);
        ck_assert_msg(!load(yaml, NULL, NULL, 0), "%s", yaml);
        ck_assert_ptr_nonnull(strstr(text_str(&errors), wrong[i]));
        ck_assert_ptr_nonnull(strstr(text_str(&errors), "without scheme and port"));
        finish();
    }
    ck_assert_msg(
        load("http: {hosts: ['*.example.org', '[a-c].example.net', relay]}\n", NULL, NULL, 0), "%s",
        text_str(&errors));
    ck_assert_uint_eq(settings.http_hosts_count, 3);
    finish();
}
END_TEST

// No text that comes out holds the password, whatever is wrong with it.
START_TEST(test_secrets)
{
    const char *const yamls[] = {
        "database: {dsn: 'postgresql://u:hunter2@h:port/db'}\n",
        "database: {dsn: 'postgresql://u:hunter2/x@h/db'}\n",
        "database: {dsn: 'password=hunter2 nonsense'}\n",
        "database: postgresql://u:hunter2@h/db\n",
        "database: {dns: 'postgresql://u:hunter2@h/db'}\n",
        "database: {dsn: 'postgresql://u:${env:hunter}hunter2@h/db'}\n",
        "kafka: {sasl.pasword: hunter2}\n",
        "kafka: {sasl.password: [hunter2]}\n",
        "postgresql://u:hunter2@h/db: x\n",
        "kafka: {'postgresql://u:hunter2@h/db': [a]}\n",
        "outbox: {lanes: 'postgresql://u:hunter2@h/db'}\n",
    };
    for (size_t i = 0; i < sizeof yamls / sizeof *yamls; i++) {
        ck_assert_msg(!load(yamls[i], NULL, NULL, 0), "%s", yamls[i]);
        ck_assert_msg(strstr(text_str(&errors), "hunter2") == NULL, "%s", text_str(&errors));
        finish();
    }
    const char *const overrides[] = {"database.dsn=postgresql://u:hunter2@h/db",
                                     "kafka.sasl.password=hunter2", "kafka.sasl.pasword=hunter2",
                                     "database.dns=host=h password=hunter2"};
    ck_assert(!load(NULL, NULL, overrides, 4));
    ck_assert_msg(strstr(text_str(&errors), "hunter2") == NULL, "%s", text_str(&errors));
    finish();
}
END_TEST

static char *
print(void)
{
    char *out = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&out, &len);
    ck_assert_ptr_nonnull(stream);
    config_print(&settings, stream);
    fclose(stream);
    return out;
}

START_TEST(test_print_masks)
{
    char password[] = "PW=hunter2";
    char *environment[] = {password, NULL};
    ck_assert_msg(load("database: {dsn: 'postgresql://u:hunter2@h/db',\n"
                       "  direct_dsn: 'host=h password=hunter2'}\n"
                       "kafka: {sasl.password: '${env:PW}', sasl.username: u}\n",
                       environment, NULL, 0),
                  "%s", text_str(&errors));
    char *out = print();
    ck_assert_ptr_null(strstr(out, "hunter2"));
    ck_assert_ptr_nonnull(strstr(out, "  dsn: postgresql://u:***@h/db "));
    ck_assert_ptr_nonnull(strstr(out, "sasl.password: \"***\""));
    ck_assert_ptr_nonnull(strstr(out, ":3, ${env:PW}"));
    free(out);
    finish();
}
END_TEST

// A printed configuration reads back and prints the same values.
START_TEST(test_print_reads_back)
{
    char strange[] = "S=a\nb: ${env:x} # \"\\";
    char *environment[] = {strange, NULL};
    ck_assert_msg(load("database: {application_name: '${env:S}', dsn: \"host='a b' user=x\"}\n"
                       "message: {topics_allow: ['a, b', '[x]*'], cloudevents_source: 'null'}\n"
                       "kafka: {sasl.username: '*x', ssl.ca.pem: \"a\\nb\\n\"}\n",
                       environment, NULL, 0),
                  "%s", text_str(&errors));
    char *first = print();
    settings_free(&settings);
    ck_assert_msg(load(first, environment, NULL, 0), "%s\n%s", text_str(&errors), first);
    ck_assert_str_eq(settings.store.application_name, "a\nb: ${env:x} # \"\\");
    ck_assert_str_eq(settings.store.dsn, "host='a b' user=x");
    ck_assert_str_eq(settings.relay.envelope.topics_allow[0], "a, b");
    ck_assert_str_eq(settings.relay.envelope.cloudevents_source, "null");
    char *second = print();
    char *a = first, *b = second, *left, *right;
    while ((left = strsep(&a, "\n")) != NULL && (right = strsep(&b, "\n")) != NULL) {
        size_t len = strlen(left) - strlen(strrchr(left, '#') != NULL ? strrchr(left, '#') : "");
        ck_assert_msg(strncmp(left, right, len) == 0, "%s\n%s", left, right);
    }
    free(first);
    free(second);
    finish();
}
END_TEST

// A service called outrider-kafka makes Kubernetes set these.
START_TEST(test_strange_kafka_variables)
{
    char host[] = "OUTRIDER_KAFKA_SERVICE_HOST=10.0.0.1", port[] = "OUTRIDER_KAFKA_PORT=tcp://x:1";
    char *environment[] = {host, port, NULL};
    ck_assert_msg(load(NULL, environment, NULL, 0), "%s", text_str(&errors));
    ck_assert_uint_eq(settings.producer.count, 0);
    ck_assert_ptr_nonnull(strstr(text_str(&warnings), "OUTRIDER_KAFKA_PORT"));
    ck_assert_ptr_nonnull(strstr(text_str(&warnings), "OUTRIDER_KAFKA_SERVICE_HOST"));
    finish();
}
END_TEST

// What two files differ in.
static void
expect_differences(const char *before, const char *after, const char *want)
{
    __attribute__((cleanup(text_free))) struct text got = {0};
    struct settings first;
    ck_assert_msg(load(before, NULL, NULL, 0), "%s", text_str(&errors));
    first = settings;
    ck_assert_msg(load(after, NULL, NULL, 0), "%s", text_str(&errors));
    settings_append_differences(&got, &first, &settings);
    ck_assert_str_eq(text_str(&got), want);
    settings_free(&first);
    finish();
}

static void
expect_lanes(const char *before, const char *after, bool want)
{
    __attribute__((cleanup(text_free))) struct text got = {0};
    struct settings first;
    ck_assert_msg(load(before, NULL, NULL, 0), "%s", text_str(&errors));
    first = settings;
    ck_assert_msg(load(after, NULL, NULL, 0), "%s", text_str(&errors));
    ck_assert(settings_append_differences(&got, &first, &settings) == want);
    settings_free(&first);
    finish();
}

START_TEST(test_differences_that_lanes_go_by)
{
    const char *const quiet = "log: {level: debug, format: json}\nstop_timeout: 1s\n";
    expect_lanes(NULL, NULL, false);
    expect_lanes(NULL, quiet, false);
    expect_lanes(quiet, NULL, false);
    expect_lanes("outbox: {lanes: 2}\n", "log: {level: debug}\n", true);
    expect_lanes("log: {level: debug}\n", "outbox: {lanes: 2}\n", true);
    expect_lanes("kafka: {linger.ms: 5}\n", "kafka: {linger.ms: 6}\nlog: {level: debug}\n", true);
}
END_TEST

// The first and the second configuration are read beside the same variable and override.
static void
expect_shadowed(const char *before, const char *after, const char *want)
{
    __attribute__((cleanup(text_free))) struct text got = {0};
    char *environment[] = {(char[]){"OUTRIDER_OUTBOX_LANES=3"}, NULL};
    const char *const overrides[] = {"kafka.linger.ms=7"};
    struct settings first;
    ck_assert_msg(load(before, environment, overrides, 1), "%s", text_str(&errors));
    first = settings;
    ck_assert_msg(load(after, environment, overrides, 1), "%s", text_str(&errors));
    settings_append_shadowed(&got, &first, &settings);
    ck_assert_str_eq(text_str(&got), want);
    settings_free(&first);
    finish();
}

START_TEST(test_what_the_file_says_in_vain)
{
    expect_shadowed(NULL, "log: {level: debug}\n", "");
    expect_shadowed(NULL, "outbox: {lanes: 5}\nkafka: {linger.ms: 1}\n",
                    "outbox.lanes, kafka.linger.ms");
    expect_shadowed("outbox: {lanes: 5}\n", "outbox: {lanes: 5}\n", "");
    expect_shadowed("outbox: {lanes: 5}\n", "outbox: {lanes: 3}\n", "outbox.lanes");
    expect_shadowed("outbox: {lanes: 5}\n", NULL, "");
}
END_TEST

START_TEST(test_differences)
{
    expect_differences(NULL, NULL, "");
    // Neither the place nor a default that is written down is a difference.
    expect_differences(NULL, "# a comment\nlog:\n  level: info\n", "");
    expect_differences("log: {level: debug}\n", "\n\nlog:\n  level: debug\n", "");
    expect_differences("log: {level: debug}\n", NULL, "log.level");
    expect_differences(NULL, "outbox: {lanes: 2, ordering: none}\nlog: {level: debug}\n",
                       "outbox.lanes, outbox.ordering, log.level");
    expect_differences("message: {topics_allow: [a, b]}\n", "message: {topics_allow: [a]}\n",
                       "message.topics_allow");
    expect_differences("outbox: {columns: {id: uuid}}\nkafka: {linger.ms: 5}\n",
                       "kafka: {linger.ms: 6, client.id: x}\n",
                       "kafka.linger.ms, kafka.client.id, outbox.columns.id");
    expect_differences("database: {dsn: 'host=a password=one'}\n",
                       "database: {dsn: 'host=a password=two'}\n", "database.dsn");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("config", test_defaults, test_every_field, test_precedence, test_references,
                     test_failure, test_names_of_hosts, test_secrets, test_print_masks,
                     test_print_reads_back, test_strange_kafka_variables, test_differences,
                     test_differences_that_lanes_go_by, test_what_the_file_says_in_vain);
}
