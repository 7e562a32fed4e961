// SPDX-License-Identifier: Apache-2.0
// What outrider makes of librdkafka's properties: defaults, refusals, secrets.
//
// librdkafka's names pass through, so that everything written about it holds here. Which names
// exist, which are for consumers and which are callbacks is asked of the library itself
// (rd_kafka_conf_properties_show prints CONFIGURATION.md), so that every version is served. Only
// what would lose or reorder messages, or would silently do nothing, is refused by a table of our
// own.
//
// No error text holds the value of a secret, and none holds a value of a name that is not known:
// a misspelt sasl.password has a password behind it too.
#include "properties.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Why each:
// - enable.idempotence, acks: nothing is lost or doubled by librdkafka's own retries;
// - partitioner: the Java client's, so that a key keeps its partition when a producer moves here;
// - message.timeout.ms: the relay keeps its own deadline; librdkafka's would fail the first
// messages
//   of a key and still deliver the later ones;
// - topic.metadata.propagation.max.ms: how long a missing topic is waited for, by default 30 s;
// - linger.ms: while requests are under way the next batches form by themselves; waiting for more
//   cost a lone message 2 ms instead of 0.7 and made no full batch faster.
static const struct property defaults[] = {
    {"bootstrap.servers", "localhost:9092"},
    {"client.id", "outrider"},
    {"enable.idempotence", "true"},
    {"acks", "all"},
    {"partitioner", "murmur2_random"},
    {"message.timeout.ms", "0"},
    {"topic.metadata.propagation.max.ms", "5000"},
    {"linger.ms", "0"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
};

// A refusal of every value, but for what one of `allowed`, `forbidden` and `most` says. Values are
// compared as librdkafka prints them back: "all" is "-1", "1" is "true".
struct rule {
    const char *name;      // a shell pattern
    const char *allowed;   // this value only
    const char *forbidden; // any value but this
    int most;              // any number up to this
    const char *reason;
};

#define ACKS_REASON                                                                                \
    "must be all: with fewer acknowledgements a message is lost when its broker fails"
#define TIMEOUT_REASON                                                                             \
    "cannot be set: a message given up while later ones of its key go on breaks their order; "     \
    "outrider keeps the deadline itself (outbox.window_deadline)"
#define RETRIES_REASON                                                                             \
    "cannot be lowered: a message given up while later ones of its key go on breaks their order"
#define IN_FLIGHT_REASON   "must be 1 to 5: with more requests in flight a retry reorders messages"
#define TRANSACTION_REASON "cannot be set: outrider does not use Kafka's transactions"
#define LOG_REASON                                                                                 \
    "cannot be set: outrider reports errors itself and does not show librdkafka's log"

static const struct rule rules[] = {
    {"acks", .allowed = "-1", .reason = ACKS_REASON},
    {"request.required.acks", .allowed = "-1", .reason = ACKS_REASON},
    {"enable.idempotence", .allowed = "true",
     .reason = "must be true: without it a retry doubles and reorders messages"},
    {"max.in.flight", .most = 5, .reason = IN_FLIGHT_REASON},
    {"max.in.flight.requests.per.connection", .most = 5, .reason = IN_FLIGHT_REASON},
    {"message.timeout.ms", .reason = TIMEOUT_REASON},
    {"delivery.timeout.ms", .reason = TIMEOUT_REASON},
    {"retries", .allowed = "2147483647", .reason = RETRIES_REASON},
    {"message.send.max.retries", .allowed = "2147483647", .reason = RETRIES_REASON},
    {"partitioner", .forbidden = "random",
     .reason = "must not be random: a key must stay on its partition to keep its order"},
    {"queuing.strategy", .allowed = "fifo", .reason = "must be fifo: lifo reorders messages"},
    {"queue.buffering.backpressure.threshold", .most = 1,
     .reason = "must be 1 with an idempotent producer"},
    {"enable.gapless.guarantee", .allowed = "false",
     .reason = "must be false: one rejected message would stop the whole producer"},
    {"delivery.report.only.error", .allowed = "false",
     .reason = "must be false: a row is marked only after its message was acknowledged"},
    {"transactional.id", .reason = TRANSACTION_REASON},
    {"transaction.timeout.ms", .reason = TRANSACTION_REASON},
    {"test.*",
     .reason = "cannot be set: rows acknowledged by a mock inside outrider would be lost"},
    {"debug", .reason = LOG_REASON},
    {"log_level", .reason = LOG_REASON},
    {"log.queue", .reason = LOG_REASON},
    {"enabled_events", .reason = "cannot be set: outrider takes its events by callbacks"},
    {"internal.termination.signal", .reason = "cannot be set: outrider handles signals itself"},
};

// The first pattern that fits decides; case does not count.
static const struct {
    const char *pattern;
    bool secret;
} secrecy[] = {
    {"*.location", false},
    {"*.file", false},
    {"sasl.kerberos.keytab", false},
    {"*password*", true},
    {"*passphrase*", true},
    {"*secret*", true},
    {"*credential*", true},
    {"*token*", true},
    {"*jaas*", true},
    {"*key*", true},
    {"sasl.oauthbearer.config", true},
    {"sasl.oauthbearer.extensions", true},
};

const struct property *
producer_defaults(size_t *ret_count)
{
    *ret_count = sizeof defaults / sizeof *defaults;
    return defaults;
}

bool
producer_property_secret(const char *name)
{
    char lower[128];
    size_t length = strnlen(name, sizeof lower - 1);
    for (size_t i = 0; i < length; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    lower[length] = '\0';
    for (size_t i = 0; i < sizeof secrecy / sizeof *secrecy; i++) {
        if (glob_match(secrecy[i].pattern, lower))
            return secrecy[i].secret;
    }
    return false;
}

static const struct rule *
find_rule(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (glob_match(rules[i].name, name))
            return &rules[i];
    }
    return NULL;
}

static bool
refused_outright(const struct rule *rule)
{
    return rule && !rule->allowed && !rule->forbidden && rule->most == 0;
}

// One line of librdkafka's own reference, "name | C/P | range | default | importance |
// description", is cut down to its name; false when it is not a property at all. Not usable: for
// consumers only (C), a callback or a pointer ("see dedicated API"), or refused by our own table.
static bool
cut_name(char *line, bool *ret_usable)
{
    char *bar = strchr(line, '|');
    if (!bar || line[0] == ' ' || line[0] == '-' || str_starts_with(bar, "| C/P"))
        return false;
    bool theirs = str_starts_with(bar, "|  C ") || strstr(bar, "*Type: see dedicated API*");
    line[strcspn(line, " ")] = '\0';
    *ret_usable = !theirs && !refused_outright(find_rule(line));
    return true;
}

// Every property that librdkafka has: usable names from the front of the array, others from its
// end.
struct reference {
    char *text; // librdkafka's reference, lines cut to names
    const char **names;
    size_t usable;
    size_t others;
    size_t capacity;
};

static void
reference_free(struct reference *reference)
{
    free(reference->text);
    free(reference->names);
}

static void
reference_load(struct reference *ret)
{
    size_t size;
    FILE *memory = open_memstream(&ret->text, &size);
    if (!memory)
        abort(); // only for want of memory
    rd_kafka_conf_properties_show(memory);
    fclose(memory);
    for (const char *c = ret->text; *c; c++)
        ret->capacity += *c == '\n';
    ret->names = xcalloc(ret->capacity, sizeof *ret->names);
    char *rest = ret->text;
    for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n")) {
        bool usable;
        if (!cut_name(line, &usable))
            continue;
        if (usable)
            ret->names[ret->usable++] = line;
        else
            ret->names[ret->capacity - ++ret->others] = line;
    }
}

static bool
contains(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(names[i], name))
            return true;
    }
    return false;
}

static bool
check_name(const char *name, struct error *err)
{
    __attribute__((cleanup(reference_free))) struct reference reference = {0};
    reference_load(&reference);
    if (contains(reference.names, reference.usable, name))
        return true;
    if (contains(reference.names + reference.capacity - reference.others, reference.others, name))
        return error_set(err, FAULT_CLUSTER, "PROPERTY",
                         "cannot be set: it is for consumers, or a callback of outrider's own");
    const char *near = nearest(name, reference.names, reference.usable);
    if (!near)
        return error_set(err, FAULT_CLUSTER, "UNKNOWN_PROPERTY",
                         "librdkafka %s has no such property for producers",
                         rd_kafka_version_str());
    return error_set(err, FAULT_CLUSTER, "UNKNOWN_PROPERTY",
                     "librdkafka %s has no such property for producers; did you mean %s?",
                     rd_kafka_version_str(), near);
}

static bool
value_allowed(const struct rule *rule, const rd_kafka_conf_t *conf)
{
    char value[64] = "";
    size_t size = sizeof value;
    if (rd_kafka_conf_get(conf, rule->name, value, &size) != RD_KAFKA_CONF_OK)
        return false;
    if (rule->allowed)
        return str_equal(value, rule->allowed);
    if (rule->forbidden)
        return !str_equal(value, rule->forbidden);
    return atoi(value) <= rule->most;
}

static bool
set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
    char reason[400];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK)
        return true;
    if (producer_property_secret(name))
        return error_set(err, FAULT_CLUSTER, "PROPERTY", "librdkafka does not take this value");
    return error_set(err, FAULT_CLUSTER, "PROPERTY", "%s", reason);
}

static bool
check_value(const char *name, const char *value, const struct rule *rule, struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool ok = set(conf, name, value, err);
    if (ok && rule && !value_allowed(rule, conf))
        ok = error_set(err, FAULT_CLUSTER, "PROPERTY", "%s", rule->reason);
    rd_kafka_conf_destroy(conf);
    return ok;
}

bool
producer_check_property(const char *name, const char *value, struct error *err)
{
    const struct rule *rule = find_rule(name);
    if (refused_outright(rule))
        return error_set(err, FAULT_CLUSTER, "PROPERTY", "%s", rule->reason);
    return check_name(name, err) && check_value(name, value, rule, err);
}

static bool
apply_user(const struct producer_settings *settings, rd_kafka_conf_t *conf, struct error *err)
{
    for (size_t i = 0; i < settings->count; i++) {
        const struct property *property = &settings->properties[i];
        if (!producer_check_property(property->name, property->value, err) ||
            !set(conf, property->name, property->value, err))
            return error_prefix(err, "kafka.%s", property->name);
    }
    return true;
}

bool
properties_apply(const struct producer_settings *settings, rd_kafka_conf_t **ret_conf,
                 struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof defaults / sizeof *defaults; i++)
        ok = set(conf, defaults[i].name, defaults[i].value, err);
    if (ok && settings->client_id)
        ok = set(conf, "client.id", settings->client_id, err);
    if (ok)
        ok = apply_user(settings, conf, err);
    if (!ok) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    *ret_conf = conf;
    return true;
}
