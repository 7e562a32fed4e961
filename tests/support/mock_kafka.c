// SPDX-License-Identifier: Apache-2.0
// A mock Kafka in a process of its own: librdkafka's mock cluster on loopback.
//
// For the demonstration, and for tests that must inject what a real broker will not do on request.
// It is no part of outrider, which refuses librdkafka's test.mock.* properties: what a mock inside
// a relay acknowledges is lost. Topics come into being when they are asked for, with 4 partitions;
// each keeps the newest 5 MB and at most 100,000 messages in memory, so readers must keep up with
// writers.
//
// Usage: mock-kafka [BROKERS]. Prints "bootstrap.servers=..." and stays until its
// standard input ends or SIGTERM or SIGINT comes, so it dies with whoever started it.
//
// Each line of its standard input is a command, answered by lines that end with "ok", or by "no":
//   push REQUEST COUNT CODE   the next COUNT requests with this number (0: produce, 3: metadata,
//                             22: producer id) are answered with the error
//   clear REQUEST             takes back what was pushed and has not been answered yet
//   codes                     outrider's table of errors: "CODE NAME CLASS [permanent]" a line
#include "src/broker/kafka_fault.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BROKERS_MAX = 3, DESCRIPTORS = 256 };

// Readable when a signal to end has come.
static int
end_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

// The mock's sockets leave Nagle's algorithm on, so that with several requests under way each
// answer waits 40 ms for the client's delayed acknowledgement; a real broker's do not. On Linux
// accepted sockets inherit the option from the listening ones, of which only ours are open here.
static void
answer_at_once(void)
{
    int on = 1;
    for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++) {
        int listens = 0;
        socklen_t size = sizeof listens;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens)
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
}

static void
print_codes(void)
{
    size_t count;
    const struct kafka_fault *table = kafka_fault_table(&count);
    for (size_t i = 0; i < count; i++)
        printf("%d %s %s%s\n", table[i].code, kafka_fault_name(table[i].code),
               fault_name(table[i].fault), table[i].permanent ? " permanent" : "");
}

static bool
obey(rd_kafka_mock_cluster_t *cluster, const char *line)
{
    int request, count, code;
    if (strcmp(line, "codes") == 0)
        print_codes();
    else if (sscanf(line, "push %d %d %d", &request, &count, &code) == 3)
        for (int i = 0; i < count; i++)
            rd_kafka_mock_push_request_errors(cluster, (int16_t)request, 1,
                                              (rd_kafka_resp_err_t)code);
    else if (sscanf(line, "clear %d", &request) == 1)
        rd_kafka_mock_clear_request_errors(cluster, (int16_t)request);
    else
        return false;
    return true;
}

// Reads what there is and obeys each whole line of it; false at the end of the input.
static bool
read_commands(rd_kafka_mock_cluster_t *cluster)
{
    static char buffer[4096];
    static size_t filled;
    ssize_t got = read(STDIN_FILENO, buffer + filled, sizeof buffer - 1 - filled);
    if (got <= 0)
        return false;
    filled += (size_t)got;
    buffer[filled] = '\0';
    char *line = buffer;
    for (char *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        puts(obey(cluster, line) ? "ok" : "no");
        fflush(stdout);
    }
    filled -= (size_t)(line - buffer);
    memmove(buffer, line, filled);
    return true;
}

static void
serve_until_end(rd_kafka_mock_cluster_t *cluster, int signals)
{
    struct pollfd events[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = signals, .events = POLLIN}};
    for (;;) {
        if (poll(events, 2, -1) < 0)
            continue;
        if (events[1].revents || (events[0].revents && !read_commands(cluster)))
            return;
    }
}

int
main(int argc, char **argv)
{
    int brokers = argc > 1 ? atoi(argv[1]) : 1;
    if (argc > 2 || brokers < 1 || brokers > BROKERS_MAX) {
        fprintf(stderr, "usage: mock-kafka [BROKERS]: 1 to %d brokers\n", BROKERS_MAX);
        return EXIT_FAILURE;
    }
    int signals = end_signals();
    char error[256];
    rd_kafka_t *kafka = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, error, sizeof error);
    rd_kafka_mock_cluster_t *cluster = kafka ? rd_kafka_mock_cluster_new(kafka, brokers) : NULL;
    if (!cluster) {
        fprintf(stderr, "mock-kafka: %s\n", kafka ? "no mock cluster" : error);
        return EXIT_FAILURE;
    }
    answer_at_once();
    printf("bootstrap.servers=%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
    fflush(stdout);
    serve_until_end(cluster, signals);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(kafka);
    close(signals);
    return EXIT_SUCCESS;
}
