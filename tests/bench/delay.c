// SPDX-License-Identifier: Apache-2.0
// links: base tests/bench/bench.c
// A network that is farther away: a TCP proxy that holds each byte back for a while, without
// limiting how many are under way.
//
// One thread. What was read waits in a queue until it is due; half of the round trip in each
// direction. It is read as it comes, so a sender never waits for the delay of what it sent before,
// as on a long line and unlike with a proxy that sleeps. Prints the port that it listens on as
// JSON, then serves until it is ended.
//
// Usage: delay to=PORT round_trip_us=N
#include "bench.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PAIRS_MAX = 64, CHUNK = 65536, SLACK_NS = 1000 };

struct chunk {
    struct chunk *next;
    int64_t due_ns;
    size_t length;
    size_t sent;
    char bytes[];
};

// One direction: from one socket to the other.
struct pipe {
    int from;
    int to;
    bool ended; // nothing more comes
    bool full;  // the receiver takes no more just now
    struct chunk *first;
    struct chunk *last;
};

struct proxy {
    int listener;
    struct sockaddr_in upstream;
    int64_t delay_ns;
    struct pipe pipes[2 * PAIRS_MAX]; // two neighbours are one connection
    size_t count;
};

static int
open_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        fail("socket", strerror(errno));
    return fd;
}

static struct sockaddr_in
loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int
listen_anywhere(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    int fd = open_socket();

    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, PAIRS_MAX) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        fail("listen", strerror(errno));
    printf("{\"port\": %d}\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void
take_connection(struct proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL);
    int server = open_socket();
    int on = 1;

    if (client < 0 || proxy->count + 2 > 2 * PAIRS_MAX ||
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(server, (struct sockaddr *)&proxy->upstream, sizeof proxy->upstream) != 0)
        fail("connection", strerror(errno));
    proxy->pipes[proxy->count++] = (struct pipe){.from = client, .to = server};
    proxy->pipes[proxy->count++] = (struct pipe){.from = server, .to = client};
}

static void
read_chunk(struct pipe *pipe, int64_t delay_ns)
{
    struct chunk *chunk = xmalloc(sizeof *chunk + CHUNK);
    ssize_t length = recv(pipe->from, chunk->bytes, CHUNK, MSG_DONTWAIT);

    if (length <= 0) {
        free(chunk);
        pipe->ended = length == 0 || errno != EAGAIN;
        return;
    }
    chunk->next = NULL;
    chunk->length = (size_t)length;
    chunk->sent = 0;
    chunk->due_ns = mono_now().ns + delay_ns;
    *(pipe->first ? &pipe->last->next : &pipe->first) = chunk;
    pipe->last = chunk;
}

// Sends what is due.
static void
forward(struct pipe *pipe, int64_t now_ns)
{
    pipe->full = false;
    while (pipe->first && pipe->first->due_ns <= now_ns) {
        struct chunk *chunk = pipe->first;
        ssize_t sent = send(pipe->to, chunk->bytes + chunk->sent, chunk->length - chunk->sent,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            pipe->full = true;
            return;
        }
        chunk->sent += sent < 0 ? chunk->length - chunk->sent : (size_t)sent;
        if (chunk->sent < chunk->length)
            continue;
        pipe->first = chunk->next;
        free(chunk);
    }
}

// Takes a connection away when either side has ended and nothing of it is under way.
static void
sweep(struct proxy *proxy)
{
    for (size_t i = proxy->count; i > 0; i -= 2) {
        struct pipe *there = &proxy->pipes[i - 2], *back = &proxy->pipes[i - 1];
        if ((!there->ended && !back->ended) || there->first || back->first)
            continue;
        close(there->from);
        close(there->to);
        proxy->count -= 2;
        *there = proxy->pipes[proxy->count];
        *back = proxy->pipes[proxy->count + 1];
    }
}

// How long nothing has to be done unless a socket stirs; false: for ever.
static bool
time_to_wait(const struct proxy *proxy, struct timespec *ret_time)
{
    int64_t earliest = INT64_MAX, now = mono_now().ns;

    for (size_t i = 0; i < proxy->count; i++)
        if (proxy->pipes[i].first && !proxy->pipes[i].full &&
            proxy->pipes[i].first->due_ns < earliest)
            earliest = proxy->pipes[i].first->due_ns;
    if (earliest == INT64_MAX)
        return false;
    int64_t left = earliest > now + SLACK_NS ? earliest - now : 0;
    *ret_time = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    return true;
}

static void
turn(struct proxy *proxy)
{
    struct pollfd fds[4 * PAIRS_MAX + 1] = {{.fd = proxy->listener, .events = POLLIN}};
    size_t count = proxy->count;
    struct timespec time;
    bool limited = time_to_wait(proxy, &time);

    for (size_t i = 0; i < count; i++) {
        const struct pipe *pipe = &proxy->pipes[i];
        fds[1 + 2 * i] = (struct pollfd){.fd = pipe->ended ? -1 : pipe->from, .events = POLLIN};
        fds[2 + 2 * i] = (struct pollfd){.fd = pipe->full ? pipe->to : -1, .events = POLLOUT};
    }
    if (ppoll(fds, 1 + 2 * count, limited ? &time : NULL, NULL) < 0)
        fail("poll", strerror(errno));
    for (size_t i = 0; i < count; i++) {
        if (fds[1 + 2 * i].revents)
            read_chunk(&proxy->pipes[i], proxy->delay_ns);
        forward(&proxy->pipes[i], mono_now().ns);
    }
    sweep(proxy);
    if (fds[0].revents)
        take_connection(proxy);
}

int
main(int argc, char **argv)
{
    struct proxy proxy = {
        .upstream = loopback((int)argument_number(argv, "to", NULL)),
        .delay_ns = argument_number(argv, "round_trip_us", NULL) * 500,
    };

    (void)argc;
    prctl(PR_SET_TIMERSLACK, SLACK_NS, 0, 0, 0);
    proxy.listener = listen_anywhere();
    for (;;)
        turn(&proxy);
}
