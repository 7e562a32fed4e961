// SPDX-License-Identifier: Apache-2.0
// Which of librdkafka's properties a user may set, and what is kept secret of them.
#include "outrider/broker/producer.h"

#include "tests/support/unit.h"

#include <string.h>

static void
assert_allowed(const char *name, const char *value)
{
    struct error error = {0};
    ck_assert_msg(producer_check_property(name, value, &error), "%s=%s: %s", name, value,
                  error.text);
}

// Refused, and the reason contains `reason`.
static void
assert_refused(const char *name, const char *value, const char *reason)
{
    struct error error = {0};
    ck_assert_msg(!producer_check_property(name, value, &error), "%s=%s", name, value);
    ck_assert_msg(strstr(error.text, reason), "%s=%s: %s", name, value, error.text);
}

START_TEST(test_ordinary_properties_pass)
{
    assert_allowed("bootstrap.servers", "a:1,b:2");
    assert_allowed("compression.type", "lz4");
    assert_allowed("linger.ms", "5");
    assert_allowed("sasl.username", "relay");
    assert_allowed("sasl.password", "geheim");
    assert_allowed("security.protocol", "sasl_ssl");
    assert_allowed("partitioner", "consistent_random");
    assert_allowed("message.max.bytes", "2000000");
    assert_allowed("request.timeout.ms", "3000");
}
END_TEST

START_TEST(test_the_safe_value_of_a_guarded_property_passes)
{
    assert_allowed("acks", "all");
    assert_allowed("acks", "-1");
    assert_allowed("request.required.acks", "all");
    assert_allowed("enable.idempotence", "true");
    assert_allowed("max.in.flight", "5");
    assert_allowed("max.in.flight.requests.per.connection", "1");
    assert_allowed("delivery.report.only.error", "false");
    assert_allowed("queuing.strategy", "fifo");
    assert_allowed("retries", "2147483647");
}
END_TEST

START_TEST(test_what_loses_or_reorders_is_refused_with_the_reason)
{
    assert_refused("acks", "1", "must be all");
    assert_refused("acks", "0", "must be all");
    assert_refused("request.required.acks", "1", "must be all");
    assert_refused("enable.idempotence", "false", "must be true");
    assert_refused("enable.idempotence", "f", "must be true");
    assert_refused("max.in.flight", "6", "1 to 5");
    assert_refused("max.in.flight.requests.per.connection", "1000000", "1 to 5");
    assert_refused("message.timeout.ms", "0", "window_deadline");
    assert_refused("message.timeout.ms", "300000", "window_deadline");
    assert_refused("delivery.timeout.ms", "120000", "window_deadline");
    assert_refused("retries", "3", "order");
    assert_refused("message.send.max.retries", "0", "order");
    assert_refused("partitioner", "random", "random");
    assert_refused("queuing.strategy", "lifo", "fifo");
    assert_refused("delivery.report.only.error", "true", "acknowledged");
    assert_refused("enable.gapless.guarantee", "true", "producer");
    assert_refused("transactional.id", "x", "transactions");
    assert_refused("test.mock.num.brokers", "3", "mock");
    assert_refused("test.mock.broker.rtt", "3", "mock");
}
END_TEST

START_TEST(test_what_would_do_nothing_is_refused)
{
    assert_refused("group.id", "g", "consumers");
    assert_refused("auto.offset.reset", "earliest", "consumers");
    assert_refused("enable.auto.commit", "true", "consumers");
    assert_refused("dr_cb", "x", "callback");
    assert_refused("error_cb", "x", "callback");
    assert_refused("opaque", "x", "callback");
    assert_refused("debug", "all", "log");
}
END_TEST

START_TEST(test_unknown_names_get_the_nearest)
{
    assert_refused("linger.m", "5", "did you mean linger.ms?");
    assert_refused("bootstrap.server", "a:1", "did you mean bootstrap.servers?");
    assert_refused("completely.different.thing.altogether", "5", "no such property");
    assert_refused("", "5", "no such property");
}
END_TEST

START_TEST(test_bad_values_say_why)
{
    assert_refused("security.protocol", "tls", "tls");
    assert_refused("linger.ms", "-1", "outside allowed range");
    assert_refused("compression.type", "rar", "compression");
}
END_TEST

START_TEST(test_no_error_quotes_a_secret)
{
    struct error error = {0};
    ck_assert(!producer_check_property("sasl.pasword", "geheim", &error));
    ck_assert_ptr_null(strstr(error.text, "geheim"));
    ck_assert_ptr_nonnull(strstr(error.text, "sasl.password"));
    struct property property = {"sasl.oauthbearer.config", "geheim"};
    struct property more[] = {{"security.protocol", "sasl_plaintext"},
                              {"sasl.mechanisms", "OAUTHBEARER"},
                              {"enable.sasl.oauthbearer.unsecure.jwt", "true"},
                              property};
    struct producer_settings settings = {.properties = more, .count = 4};
    struct producer *producer;
    ck_assert(producer_open(&settings, &producer, &error));
    bool fatal;
    for (int i = 0; i < 200 && (producer_last_error(producer, &error, &fatal), !error.text[0]); i++)
        producer_poll(producer, 100);
    ck_assert_ptr_nonnull(strstr(error.text, "sasl.oauthbearer.config"));
    ck_assert_ptr_null(strstr(error.text, "geheim"));
    producer_close(producer);
}
END_TEST

START_TEST(test_secret_names)
{
    static const char *const secret[] = {"sasl.password",
                                         "ssl.key.password",
                                         "ssl.key.pem",
                                         "ssl_key",
                                         "ssl.keystore.password",
                                         "SASL.Password",
                                         "sasl.oauthbearer.client.secret",
                                         "sasl.oauthbearer.config",
                                         "sasl.jaas.config"};
    static const char *const open[] = {"sasl.username",
                                       "ssl.key.location",
                                       "ssl.keystore.location",
                                       "bootstrap.servers",
                                       "sasl.kerberos.keytab",
                                       "ssl.ca.pem",
                                       "ssl.certificate.pem",
                                       "client.id",
                                       ""};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        ck_assert_msg(producer_property_secret(secret[i]), "%s", secret[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        ck_assert_msg(!producer_property_secret(open[i]), "%s", open[i]);
}
END_TEST

START_TEST(test_defaults)
{
    static const struct property promised[] = {
        {"enable.idempotence", "true"},    {"acks", "all"},
        {"partitioner", "murmur2_random"}, {"socket.nagle.disable", "true"},
        {"message.timeout.ms", "0"},       {"topic.metadata.propagation.max.ms", "5000"},
        {"client.id", "outrider"},
    };
    size_t count;
    const struct property *defaults = producer_defaults(&count);
    for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
        size_t at = 0;
        while (at < count && strcmp(defaults[at].name, promised[i].name) != 0)
            at++;
        ck_assert_msg(at < count, "%s", promised[i].name);
        ck_assert_str_eq(defaults[at].value, promised[i].value);
    }
}
END_TEST

START_TEST(test_open_names_the_property)
{
    struct property property = {"acks", "1"};
    struct producer_settings settings = {.properties = &property, .count = 1};
    struct producer *producer = NULL;
    struct error error = {0};
    ck_assert(!producer_open(&settings, &producer, &error));
    ck_assert_ptr_null(producer);
    ck_assert_ptr_nonnull(strstr(error.text, "kafka.acks"));
}
END_TEST

START_TEST(test_open_passes_on_what_librdkafka_refuses)
{
    struct property properties[] = {{"security.protocol", "ssl"},
                                    {"ssl.ca.location", "/nowhere/ca.pem"}};
    struct producer_settings settings = {.properties = properties, .count = 2};
    struct producer *producer = NULL;
    struct error error = {0};
    ck_assert(!producer_open(&settings, &producer, &error));
    ck_assert_str_eq(error.code, "PRODUCER");
    ck_assert_ptr_nonnull(strstr(error.text, "ssl.ca.location"));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("properties", test_ordinary_properties_pass,
                     test_the_safe_value_of_a_guarded_property_passes,
                     test_what_loses_or_reorders_is_refused_with_the_reason,
                     test_what_would_do_nothing_is_refused, test_unknown_names_get_the_nearest,
                     test_bad_values_say_why, test_no_error_quotes_a_secret, test_secret_names,
                     test_defaults, test_open_names_the_property,
                     test_open_passes_on_what_librdkafka_refuses);
}
