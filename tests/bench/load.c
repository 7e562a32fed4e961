// SPDX-License-Identifier: Apache-2.0
// links: base model broker tests/bench/bench.c tests/bench/kafka.c tests/bench/figures.c
// A steady load, and how long its messages travel.
//
// W connections commit transactions of one row each; together R a second for S seconds. It is an
// open loop: message n is due at n/R, whether those before it are done or not, so that a stall
// delays all that were due in it and cannot hide (G. Tene's "coordinated omission"). A thread reads
// the topic with a consumer of its own. The message id carries the sequence number, so all instants
// of a message meet in arrays that are as long as the load.
//
// Usage: load dsn=URI bootstrap=HOST:PORT topic=NAME rate=R seconds=S [writers=4] [payload=400]
// [keys=1000] [patience=30] [warm=0]
//
// What is due in the first `warm` seconds is in no quantile: connections, and a Java broker whose
// code is not compiled yet, are slower than they will be for the rest of their days.
#include "bench.h"
#include "figures.h"
#include "kafka.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/model/message_id.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WRITERS_MAX = 64, POLL_MS = 100, NUMBER_AT = 8 };

static const char insert_sql[] =
    "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
    "VALUES ($1, 'order', $2, $3, $4)";

struct load {
    const char *dsn;
    const char *bootstrap;
    const char *topic;
    char *payload;
    int64_t keys;
    int64_t rate;
    int64_t patience_ms;
    struct mono began;
    struct journey journey;
    atomic_int_fast64_t next;
    atomic_bool written;         // all writers are done
    atomic_int_fast64_t doubled; // arrivals of a message that had come before
};

static struct message_id
id_of(int64_t number)
{
    struct message_id id = {{0xbe, 0x9c}};

    for (size_t i = 0; i < 8; i++)
        id.bytes[NUMBER_AT + i] = (uint8_t)((uint64_t)number >> 8 * (7 - i));
    return id;
}

static int64_t
number_of(const struct message_id *id)
{
    uint64_t number = 0;

    for (size_t i = 0; i < 8; i++)
        number = number << 8 | id->bytes[NUMBER_AT + i];
    return (int64_t)number;
}

static void
sleep_until(struct mono when)
{
    struct timespec at = {.tv_sec = when.ns / 1000000000, .tv_nsec = when.ns % 1000000000};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void
insert(struct load *load, PGconn *connection, int64_t number)
{
    char id[MESSAGE_ID_TEXT], key[32];
    const struct message_id whole = id_of(number);
    const char *const values[] = {id, key, load->topic, load->payload};

    message_id_format(&whole, id);
    snprintf(key, sizeof key, "a-%" PRId64, number % load->keys);
    PGresult *result = PQexecPrepared(connection, "insert", 4, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        fail("insert", PQerrorMessage(connection));
    PQclear(result);
}

static void *
write_rows(void *argument)
{
    struct load *load = argument;
    PGconn *connection = PQconnectdb(load->dsn);
    int64_t number;

    if (PQstatus(connection) != CONNECTION_OK)
        fail("PostgreSQL", PQerrorMessage(connection));
    PQclear(PQprepare(connection, "insert", insert_sql, 0, NULL));
    while ((number = atomic_fetch_add(&load->next, 1)) < load->journey.count) {
        struct instants *instants = &load->journey.messages[number];
        struct mono due = load->began;
        due.ns += number * INT64_C(1000000000) / load->rate;
        sleep_until(due);
        instants->due_ns = due.ns;
        insert(load, connection, number);
        instants->committed_ns = mono_now().ns;
    }
    PQfinish(connection);
    return NULL;
}

// "2026-01-02T03:04:05.123456Z" as nanoseconds of the monotonic clock.
static int64_t
created_at_ns(const char *text, size_t length)
{
    struct tm time = {0};
    char copy[40] = "", *rest;

    memcpy(copy, text, length < sizeof copy ? length : sizeof copy - 1);
    rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &time);
    if (!rest || *rest != '.')
        fail("created-at", copy);
    int64_t us = (int64_t)timegm(&time) * 1000000 + strtol(rest + 1, NULL, 10);
    return mono_now().ns - (wall_us() - us) * 1000;
}

static void
take(struct load *load, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *headers;
    const void *id_text, *created_at;
    size_t id_length, created_at_length;
    struct message_id id;
    char text[MESSAGE_ID_TEXT] = "";

    if (rd_kafka_message_headers(message, &headers) ||
        rd_kafka_header_get_last(headers, "message-id", &id_text, &id_length) ||
        rd_kafka_header_get_last(headers, "created-at", &created_at, &created_at_length) ||
        id_length != MESSAGE_ID_TEXT - 1)
        fail("consumer", "a message without outrider's headers");
    memcpy(text, id_text, id_length);
    if (!message_id_parse(text, &id) || number_of(&id) >= load->journey.count)
        fail("consumer", "a message that this load did not write");
    struct instants *instants = &load->journey.messages[number_of(&id)];
    if (instants->arrived_ns != 0) {
        atomic_fetch_add(&load->doubled, 1);
        return;
    }
    instants->created_ns = created_at_ns(created_at, created_at_length);
    instants->arrived_ns = mono_now().ns;
    load->journey.arrived++;
}

// Reads until everything has come, or nothing more for so long after the last write.
static void *
read_topic(void *argument)
{
    struct load *load = argument;
    rd_kafka_t *kafka = open_consumer(load->bootstrap, load->topic);
    struct mono deadline = {0};

    while (load->journey.arrived < load->journey.count) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, POLL_MS);
        if (!atomic_load(&load->written) || (message && !message->err))
            deadline = mono_add_ms(mono_now(), load->patience_ms);
        if (message && !message->err)
            take(load, message);
        if (message)
            rd_kafka_message_destroy(message);
        if (mono_passed(deadline))
            break;
    }
    rd_kafka_consumer_close(kafka);
    rd_kafka_destroy(kafka);
    return NULL;
}

static void
start(pthread_t *thread, void *(*work)(void *), struct load *load)
{
    if (pthread_create(thread, NULL, work, load) != 0)
        fail("thread", "cannot be started");
}

static void
run(struct load *load, int writers)
{
    pthread_t reader, threads[WRITERS_MAX];

    start(&reader, read_topic, load);
    load->began = mono_add_ms(mono_now(), 500); // time for all to connect
    for (int i = 0; i < writers; i++)
        start(&threads[i], write_rows, load);
    for (int i = 0; i < writers; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&load->written, true);
    pthread_join(reader, NULL);
}

int
main(int argc, char **argv)
{
    int64_t writers = argument_number(argv, "writers", "4");
    struct load load = {
        .dsn = argument(argv, "dsn", NULL),
        .bootstrap = argument(argv, "bootstrap", NULL),
        .topic = argument(argv, "topic", NULL),
        .payload = make_payload(0, argument_number(argv, "payload", "400")),
        .keys = argument_number(argv, "keys", "1000"),
        .rate = argument_number(argv, "rate", NULL),
        .patience_ms = argument_number(argv, "patience", "30") * 1000,
    };

    (void)argc;
    if (writers < 1 || writers > WRITERS_MAX)
        fail("writers", "1 to 64");
    load.journey.count = load.rate * argument_number(argv, "seconds", NULL);
    load.journey.first = load.rate * argument_number(argv, "warm", "0");
    load.journey.messages = xcalloc((size_t)load.journey.count, sizeof *load.journey.messages);
    run(&load, (int)writers);
    printf("{\"duplicates\": %" PRIdFAST64 ", \"cpu_s\": %.4f, \"peak_bytes\": %" PRId64 ", ",
           atomic_load(&load.doubled), cpu_seconds(), peak_bytes());
    print_journey(&load.journey, load.began.ns);
    printf("}\n");
    free(load.journey.messages);
    free(load.payload);
    return 0;
}
