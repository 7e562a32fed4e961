// SPDX-License-Identifier: Apache-2.0
// THE table of what can be configured.
//
// A row says everything about a key: where it is written, what it may hold, where it goes in struct
// settings and what it is for. Adding a key is adding a row (and the place it goes to); parsing,
// the name of its environment variable, -o, both printers and the documentation follow from it.
//
// Bounds are what the relay can honour, not what a number can hold: a window must end 5 s before
// the server ends an idle transaction (30 s), so that what was acknowledged can still be marked.
#include "keys.h"

#include "outrider/base/text.h"
#include "outrider/config/settings.h"

#include <assert.h>
#include <string.h>

// Enumerations are stored through an int, whatever a compiler would choose for them.
static_assert(sizeof(enum ordering) == sizeof(int), "ordering");
static_assert(sizeof(enum on_published) == sizeof(int), "on_published");
static_assert(sizeof(enum column) == sizeof(int), "column");
static_assert(sizeof(enum message_format) == sizeof(int), "message_format");
static_assert(sizeof(enum header_profile) == sizeof(int), "header_profile");
static_assert(sizeof(enum log_level) == sizeof(int), "log_level");
static_assert(sizeof(enum log_format) == sizeof(int), "log_format");

#define KIB              (INT64_C(1) << 10)
#define MIB              (INT64_C(1) << 20)
#define SECOND           INT64_C(1000)
#define MINUTE           (60 * SECOND)
#define HOUR             (60 * MINUTE)
#define DAY              (24 * HOUR)
#define AT(member)       .offset = offsetof(struct settings, member)
#define COUNT_AT(member) .count_offset = offsetof(struct settings, member)
#define WORDS(array)     .words = (array), .word_count = sizeof(array) / sizeof((array)[0])

// The words of each enumeration at the index of its value.
static const char *const ordering_words[] = {
    [ORDERING_KEY] = "key",
    [ORDERING_NONE] = "none",
};

static const char *const on_published_words[] = {
    [ON_PUBLISHED_MARK] = "mark",
    [ON_PUBLISHED_DELETE] = "delete",
};

static const char *const boolean_words[] = {"false", "true"};

// The columns that are text; the first of enum column, so that the indices have no holes.
static const char *const key_words[] = {
    [COLUMN_ID] = "id",
    [COLUMN_AGGREGATE_TYPE] = "aggregate_type",
    [COLUMN_AGGREGATE_ID] = "aggregate_id",
    [COLUMN_EVENT_TYPE] = "event_type",
};

static const char *const format_words[] = {
    [FORMAT_RAW] = "raw",
    [FORMAT_METADATA] = "metadata",
    [FORMAT_CLOUDEVENTS] = "cloudevents",
};

static const char *const header_words[] = {
    [HEADERS_NATIVE] = "native",
    [HEADERS_DEBEZIUM] = "debezium",
    [HEADERS_CLOUDEVENTS] = "cloudevents",
};

// In the order in which they are printed; every key that has a dot lives in one of them.
const struct section keys_sections[] = {
    {"database", "The PostgreSQL database that holds the outbox table."},
    {"outbox", "The outbox table and how its rows are claimed."},
    {"message", "What a row becomes in Kafka."},
    {"kafka", "The Kafka producer: librdkafka's own properties, passed through."},
    {"http", "Metrics, health and the status page of a running relay."},
    {"log", "What is logged, and how."},
};
const size_t keys_section_count = sizeof(keys_sections) / sizeof(keys_sections[0]);

// Keys of a section stand together, in the order in which they are printed.
const struct key keys_table[] = {
    {
        .path = "database.dsn",
        .type = KEY_DSN,
        AT(store.dsn),
        .fallback = "postgresql://outrider@/orders",
        .doc = "The database, as any libpq connection string or URI: many hosts, TLS, service, "
               "passfile.",
    },
    {
        .path = "database.direct_dsn",
        .type = KEY_DSN,
        AT(store.direct_dsn),
        .doc = "A way round the pooler for schema commands and outbox.listen, when dsn leads to a "
               "pooler.",
    },
    {
        .path = "database.application_name",
        .type = KEY_STRING,
        AT(store.application_name),
        .fallback = "outrider",
        // PostgreSQL cuts a longer one (NAMEDATALEN).
        .least = 1,
        .most = 63,
        .doc = "What pg_stat_activity shows; also the producer's client.id unless kafka sets one.",
    },
    {
        .path = "database.connect_timeout",
        .type = KEY_DURATION,
        AT(store.connect_timeout_ms),
        .fallback = "5s",
        // A second is the least that a far server with TLS needs.
        .least = SECOND,
        .most = 5 * MINUTE,
        .doc = "How long one attempt to connect may take; several hosts share it.",
    },
    {
        .path = "database.statement_timeout",
        .type = KEY_DURATION,
        AT(store.statement_timeout_ms),
        .fallback = "20s",
        .least = 100,
        .most = HOUR,
        .doc = "How long one statement may take, kept by the server and by outrider.",
    },
    {
        .path = "database.lock_timeout",
        .type = KEY_DURATION,
        AT(store.lock_timeout_ms),
        .fallback = "1s",
        .least = 1,
        .most = 10 * MINUTE,
        .doc = "How long a statement may wait for a lock.",
    },
    {
        .path = "outbox.table",
        .type = KEY_TABLE,
        AT(store.table),
        .fallback = "outbox_messages",
        .doc = "The table: name or schema.name, each part bare or in double quotes; case is kept.",
    },
    {
        .path = "outbox.columns",
        .type = KEY_COLUMNS,
        AT(store.columns),
        // PostgreSQL's identifiers have at most 63 bytes.
        .least = 1,
        .most = 63,
        .doc = "Your names for outrider's columns, e.g. aggregate_type: aggregateType.",
    },
    {
        .path = "outbox.ordering",
        .type = KEY_ENUM,
        AT(store.ordering),
        .fallback = "key",
        WORDS(ordering_words),
        .doc =
            "key: first deliveries of a key in row order, one sender a slot of the table; none: no "
            "order, lanes and relays share the work.",
    },
    {
        .path = "outbox.lanes",
        .type = KEY_INT,
        AT(relay.lanes),
        .fallback = "1",
        .least = 1,
        .most = 64,
        .doc = "Threads, each with a database connection and a producer of its own. With ordering "
               "key as many work at a time, of all relays, as the table has slots.",
    },
    {
        .path = "outbox.batch_size",
        .type = KEY_INT,
        AT(relay.batch_size),
        .fallback = "1000",
        // Two batches are in hand at a time, and librdkafka's queue takes 100,000 messages.
        .least = 1,
        .most = 50000,
        .doc = "Rows claimed at a time.",
    },
    {
        .path = "outbox.batch_bytes",
        .type = KEY_SIZE,
        AT(relay.batch_bytes),
        .fallback = "4MiB",
        // A result lies in memory as a whole, and a PGresult's field cannot pass 1 GiB.
        .least = KIB,
        .most = 512 * MIB,
        .doc = "Bytes of payloads, headers and names claimed at a time; a single larger row still "
               "travels.",
    },
    {
        .path = "outbox.window_deadline",
        .type = KEY_DURATION,
        AT(relay.window_deadline_ms),
        .fallback = "20s",
        // The transaction is idle meanwhile; more than 5 s are left to give up and settle.
        .least = SECOND,
        .most = STORE_IDLE_IN_TRANSACTION_MS - 6 * SECOND,
        .doc = "How long a transaction waits for Kafka; what is acknowledged by then is kept.",
    },
    {
        .path = "outbox.on_published",
        .type = KEY_ENUM,
        AT(store.on_published),
        .fallback = "mark",
        WORDS(on_published_words),
        .doc = "What becomes of an acknowledged row: marked as published, or deleted.",
    },
    {
        .path = "outbox.poll_min",
        .type = KEY_DURATION,
        AT(relay.poll_min_ms),
        .fallback = "2ms",
        .least = 1,
        .most = MINUTE,
        .doc = "The least time between two claims that are not full; after an empty one it doubles "
               "to poll_max.",
    },
    {
        .path = "outbox.poll_max",
        .type = KEY_DURATION,
        AT(relay.poll_max_ms),
        .fallback = "125ms",
        .least = 1,
        .most = MINUTE,
        .doc = "The longest wait between two looks at an empty table.",
    },
    {
        .path = "outbox.listen",
        .type = KEY_ENUM,
        AT(relay.listen),
        .fallback = "false",
        WORDS(boolean_words),
        .doc = "Wake-up by NOTIFY on the channel that is named like the table, over direct_dsn; "
               "needs a trigger, see docs/running.md.",
    },
    {
        .path = "outbox.max_retries",
        .type = KEY_INT,
        AT(relay.max_retries),
        .fallback = "5",
        // 0 would make every row dead before its first attempt.
        .least = 1,
        .most = 10000,
        .doc = "Failed attempts, by the message's own fault, after which a row is left alone.",
    },
    {
        .path = "outbox.retry_backoff",
        .type = KEY_DURATION,
        AT(relay.retry_backoff_ms),
        .fallback = "1s",
        .least = 1,
        .most = DAY,
        .doc = "The wait before a failed row's second attempt; it doubles, with jitter.",
    },
    {
        .path = "outbox.retry_backoff_max",
        .type = KEY_DURATION,
        AT(relay.retry_backoff_max_ms),
        .fallback = "5m",
        .least = 1,
        .most = 7 * DAY,
        .doc = "The longest wait before a failed row's next attempt.",
    },
    {
        .path = "outbox.dead_topic",
        .type = KEY_TOPIC,
        AT(relay.dead_topic),
        .doc = "A topic to which a dead message is copied, with the reason in its headers; null: "
               "none.",
    },
    {
        .path = "outbox.topic_retry",
        .type = KEY_DURATION,
        AT(relay.topic_retry_ms),
        .fallback = "5s",
        .least = 10,
        .most = 5 * MINUTE,
        .doc = "How long a topic that refused a message is left alone before it is asked about; a "
               "row tries it after up to four times that.",
    },
    {
        .path = "outbox.retention",
        .type = KEY_PERIOD,
        AT(relay.retention_ms),
        .least = SECOND,
        .most = 36500 * DAY,
        .doc = "How long published rows are kept: run purges older ones, in short transactions "
               "beside the lanes; null: nobody does.",
    },
    {
        .path = "message.topic",
        .type = KEY_TEMPLATE,
        AT(relay.envelope.topic),
        .fallback = "${event_type}",
        .doc = "The topic, a template over id, aggregate_type, aggregate_id and event_type.",
    },
    {
        .path = "message.topics_allow",
        .type = KEY_LIST,
        AT(relay.envelope.topics_allow),
        COUNT_AT(relay.envelope.topics_allow_count),
        .fallback = "*",
        .doc = "Shell patterns; a row whose topic matches none of them is not sent.",
    },
    {
        .path = "message.key",
        .type = KEY_ENUM,
        AT(relay.envelope.key),
        .fallback = "aggregate_id",
        WORDS(key_words),
        .doc = "The column that is the message's key.",
    },
    {
        .path = "message.format",
        .type = KEY_ENUM,
        AT(relay.envelope.format),
        .fallback = "raw",
        WORDS(format_words),
        .doc = "The value: the payload as it is, with _metadata put in, or a CloudEvent in binary "
               "mode.",
    },
    {
        .path = "message.headers",
        .type = KEY_ENUM,
        AT(relay.envelope.headers),
        .fallback = "native",
        WORDS(header_words),
        .doc = "Whose header names a message carries.",
    },
    {
        .path = "message.cloudevents_source",
        .type = KEY_STRING,
        AT(relay.envelope.cloudevents_source),
        .least = 1,
        .most = 1024,
        .doc = "The CloudEvents attribute source; null: \"/\" and the aggregate type.",
    },
    {
        .path = "kafka",
        .type = KEY_PROPERTIES,
        AT(producer.properties),
        COUNT_AT(producer.count),
        .doc = "A property by librdkafka's own name; what would lose or reorder messages is "
               "refused.",
    },
    {
        .path = "http.listen",
        .type = KEY_ADDRESS,
        AT(http_listen),
        .fallback = "127.0.0.1:8467",
        .doc = "Where `outrider run` serves them, as host:port; port 0 is any free one; null "
               "or empty: nowhere.",
    },
    {
        .path = "http.hosts",
        .type = KEY_LIST,
        AT(http_hosts),
        COUNT_AT(http_hosts_count),
        .only_names = true,
        .reload = RELOAD_AT_ONCE,
        .doc = "Names, as shell patterns, under which clients may ask, beside addresses, names "
               "without a dot and those below localhost, local, internal and svc. A client that "
               "sends any other name gets 421, be it a browser, a proxy, Prometheus or curl; null: "
               "no others.",
    },
    {
        .path = "log.level",
        .type = KEY_ENUM,
        AT(log_level),
        .fallback = "info",
        .words = log_level_names,
        .word_count = LOG_LEVELS,
        .reload = RELOAD_AT_ONCE,
        .doc = "The least severe level that is logged.",
    },
    {
        .path = "log.format",
        .type = KEY_ENUM,
        AT(log_format),
        .fallback = "auto",
        .words = log_format_names,
        .word_count = LOG_FORMATS,
        .reload = RELOAD_AT_ONCE,
        .doc = "auto is logfmt, with priorities under the systemd journal.",
    },
    {
        .path = "stop_timeout",
        .type = KEY_DURATION,
        AT(relay.stop_timeout_ms),
        .fallback = "8s",
        .least = 100,
        .most = HOUR,
        .reload = RELOAD_AT_ONCE,
        .doc = "How long a stop waits for what is in flight; docker stop kills after 10 s.",
    },
};
const size_t keys_count = sizeof(keys_table) / sizeof(keys_table[0]);

const struct key *
keys_find(const char *path)
{
    for (size_t i = 0; i < keys_count; i++)
        if (str_equal(keys_table[i].path, path))
            return &keys_table[i];
    return NULL;
}

const struct key *
keys_find_entry(const char *path, const char **ret_name)
{
    *ret_name = NULL;
    const struct key *key = keys_find(path);
    for (size_t i = 0; key == NULL && i < keys_count; i++) {
        size_t len = strlen(keys_table[i].path);
        if (!keys_is_map(&keys_table[i]) || strncmp(path, keys_table[i].path, len) != 0 ||
            path[len] != '.' || path[len + 1] == '\0')
            continue;
        key = &keys_table[i];
        *ret_name = path + len + 1;
    }
    return key;
}

bool
keys_is_section(const char *path)
{
    size_t len = strlen(path);
    for (size_t i = 0; i < keys_count; i++)
        if (strncmp(keys_table[i].path, path, len) == 0 && keys_table[i].path[len] == '.')
            return true;
    return false;
}

bool
keys_is_map(const struct key *key)
{
    return key->type == KEY_COLUMNS || key->type == KEY_PROPERTIES;
}

// An address that is not wanted is null although it has a default.
bool
keys_may_be_null(const struct key *key)
{
    return !keys_is_map(key) && (key->fallback == NULL || key->type == KEY_ADDRESS);
}
