// SPDX-License-Identifier: Apache-2.0
// links: base model broker tests/bench/bench.c tests/bench/kafka.c
// The relay that is written first: 100 rows a poll by created_at, one message at a time with a wait
// for its acknowledgement, one UPDATE a row with a COMMIT of its own, a second's sleep between
// polls.
//
// Its rate does not depend on how much is left, so it is measured over so many seconds, or
// messages. sleep_ms=0: it polls again at once when it found rows, and after 10 ms when it found
// none.
//
// Usage: naive dsn=URI bootstrap=HOST:PORT topic=NAME seconds=S [messages=N] [sleep_ms=1000]
#include "bench.h"
#include "kafka.h"

#include "outrider/base/clock.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACKNOWLEDGE_MS = 10000, EMPTY_MS = 10 };

static const char poll_sql[] =
    "SELECT id, aggregate_id, payload::text, "
    "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') "
    "FROM outbox_messages WHERE NOT published ORDER BY created_at LIMIT 100";
static const char mark_sql[] =
    "UPDATE outbox_messages SET published = true, published_at = now() WHERE id = $1";

struct naive {
    PGconn *connection;
    rd_kafka_t *kafka;
    rd_kafka_topic_t *topic;
    const char *topic_name;
    struct mono until;
    int64_t most;
    int64_t messages;
};

static void
on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *report, void *opaque)
{
    (void)kafka;
    (void)opaque;
    *(bool *)report->_private = !report->err;
}

static PGresult *
ask(struct naive *naive, const char *sql, int count, const char *const *values,
    ExecStatusType expected)
{
    PGresult *result = PQexecParams(naive->connection, sql, count, NULL, values, NULL, NULL, 0);

    if (PQresultStatus(result) != expected)
        fail("PostgreSQL", PQerrorMessage(naive->connection));
    return result;
}

static void
publish(struct naive *naive, const PGresult *rows, int row)
{
    const struct wire wire = {
        .id = PQgetvalue(rows, row, 0),
        .key = PQgetvalue(rows, row, 1),
        .topic = naive->topic_name,
        .created_at = PQgetvalue(rows, row, 3),
        .value = PQgetvalue(rows, row, 2),
        .value_length = (size_t)PQgetlength(rows, row, 2),
    };
    bool acknowledged = false;
    struct mono deadline = mono_add_ms(mono_now(), ACKNOWLEDGE_MS);
    rd_kafka_resp_err_t code = send_message(naive->kafka, naive->topic, &wire, &acknowledged);

    if (code)
        fail("produce", rd_kafka_err2str(code));
    while (!acknowledged && !mono_passed(deadline))
        rd_kafka_poll(naive->kafka, mono_ms_until(deadline));
    if (!acknowledged)
        fail("produce", "was not acknowledged");
}

static bool
is_done(const struct naive *naive)
{
    return mono_passed(naive->until) || naive->messages >= naive->most;
}

// Publishes what one poll finds; false when that was nothing.
static bool
poll_once(struct naive *naive)
{
    PGresult *rows = ask(naive, poll_sql, 0, NULL, PGRES_TUPLES_OK);
    int count = PQntuples(rows);

    for (int row = 0; row < count && !is_done(naive); row++) {
        const char *id = PQgetvalue(rows, row, 0);
        publish(naive, rows, row);
        PQclear(ask(naive, mark_sql, 1, &id, PGRES_COMMAND_OK));
        naive->messages++;
    }
    PQclear(rows);
    return count > 0;
}

int
main(int argc, char **argv)
{
    struct naive naive = {
        .connection = PQconnectdb(argument(argv, "dsn", NULL)),
        .kafka = open_producer(argument(argv, "bootstrap", NULL), on_delivery, NULL),
        .topic_name = argument(argv, "topic", NULL),
        .most = argument_number(argv, "messages", "1000000000"),
    };
    int sleep_ms = (int)argument_number(argv, "sleep_ms", "1000");

    (void)argc;
    if (PQstatus(naive.connection) != CONNECTION_OK)
        fail("PostgreSQL", PQerrorMessage(naive.connection));
    naive.topic = rd_kafka_topic_new(naive.kafka, naive.topic_name, NULL);
    double cpu = cpu_seconds();
    struct mono began = mono_now();
    naive.until = mono_add_ms(began, argument_number(argv, "seconds", NULL) * 1000);
    while (!is_done(&naive)) {
        bool found = poll_once(&naive);
        if (!is_done(&naive))
            mono_sleep_ms(found ? sleep_ms : sleep_ms + EMPTY_MS);
    }
    double seconds = (double)mono_diff_ns(mono_now(), began) / 1e9;
    printf("{\"messages\": %" PRId64
           ", \"seconds\": %.4f, \"cpu_s\": %.4f, \"peak_bytes\": %" PRId64 "}\n",
           naive.messages, seconds, cpu_seconds() - cpu, peak_bytes());
    rd_kafka_topic_destroy(naive.topic);
    rd_kafka_destroy(naive.kafka);
    PQfinish(naive.connection);
    return 0;
}
