// SPDX-License-Identifier: Apache-2.0
//
// Which connections live.
//
// A client that sends a byte now and then keeps a connection for ever, and a few dozen of them
// would keep a health probe out. So every phase of a connection has a deadline that no byte
// extends, and a new connection is always taken: when there are too many, an old one makes room.
//
// Connections without a whole request are counted apart from those that have sent one, so that a
// crowd of the former takes nothing from a client that keeps its connection. Among too many, the
// address with the most connections gives up the one that has been in its phase for longest. A
// probe is accepted with its request (server.c) and answered in the next round: it would lose its
// place only if CONNECTIONS_NEW others came in between, and a round accepts fewer.
#include "connections.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

// Of IPv6 a client commonly has a whole network (RFC 6177), of 64 bits at least.
static void
copy_address(const struct sockaddr *address, char ret_bytes[static 16])
{
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;

    memset(ret_bytes, 0, 16);
    if (address == NULL)
        return;
    if (address->sa_family == AF_INET)
        memcpy(ret_bytes, &v4->sin_addr, sizeof v4->sin_addr);
    else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        memcpy(ret_bytes, &v6->sin6_addr.s6_addr[12], 4);
    else if (address->sa_family == AF_INET6)
        memcpy(ret_bytes, &v6->sin6_addr, 8);
}

static void
enter(struct connection *connection, enum connection_phase phase, struct mono now)
{
    if (connection->phase == CONNECTION_SHUT)
        return;
    connection->phase = phase;
    connection->since = now;
}

struct connection *
connections_add(struct connections *connections, int fd, const struct sockaddr *address,
                struct mono now)
{
    for (size_t i = 0; i < CONNECTIONS_ROOM; i++) {
        struct connection *connection = &connections->list[i];
        if (connection->phase != CONNECTION_FREE)
            continue;
        *connection = (struct connection){.fd = fd, .phase = CONNECTION_NEW, .since = now};
        copy_address(address, connection->address);
        return connection;
    }
    return NULL;
}

void
connections_note_request(struct connection *connection, struct mono now)
{
    enter(connection, CONNECTION_ANSWER, now);
}

void
connections_note_answer(struct connection *connection, struct mono now)
{
    enter(connection, CONNECTION_NEXT, now);
}

void
connections_remove(struct connection *connection)
{
    *connection = (struct connection){0};
}

static int64_t
patience_ms(const struct connection *connection)
{
    switch (connection->phase) {
    case CONNECTION_NEW:
        return CONNECTION_HEAD_MS;
    case CONNECTION_NEXT:
        return CONNECTION_NEXT_MS;
    case CONNECTION_ANSWER:
        return CONNECTION_ANSWER_MS;
    case CONNECTION_FREE:
    case CONNECTION_SHUT:
        break;
    }
    return 0;
}

static bool
lives(const struct connection *connection)
{
    return connection->phase != CONNECTION_FREE && connection->phase != CONNECTION_SHUT;
}

// The server reads the end of the connection then, and closes it.
static void
shut(struct connection *connection)
{
    shutdown(connection->fd, SHUT_RDWR);
    connection->phase = CONNECTION_SHUT;
}

// Connections of one of the two kinds: with a whole request so far, or without.
static bool
is_of(const struct connection *connection, bool known)
{
    return lives(connection) && (connection->phase != CONNECTION_NEW) == known;
}

static size_t
count(const struct connections *connections, bool known, const char *address)
{
    size_t found = 0;

    for (size_t i = 0; i < CONNECTIONS_ROOM; i++) {
        const struct connection *connection = &connections->list[i];
        found += is_of(connection, known) &&
                 (address == NULL ||
                  memcmp(connection->address, address, sizeof connection->address) == 0);
    }
    return found;
}

// Of the address that has the most, the one that has been in its phase for longest.
static struct connection *
find_dearest(struct connections *connections, bool known)
{
    struct connection *dearest = NULL;
    size_t most = 0;

    for (size_t i = 0; i < CONNECTIONS_ROOM; i++) {
        struct connection *connection = &connections->list[i];
        if (!is_of(connection, known))
            continue;
        const size_t share = count(connections, known, connection->address);
        if (share < most ||
            (share == most && dearest != NULL && connection->since.ns >= dearest->since.ns))
            continue;
        most = share;
        dearest = connection;
    }
    return dearest;
}

static void
make_room(struct connections *connections, bool known, size_t limit)
{
    for (size_t left = count(connections, known, NULL); left > limit; left--)
        shut(find_dearest(connections, known));
}

void
connections_shed(struct connections *connections, struct mono now)
{
    for (size_t i = 0; i < CONNECTIONS_ROOM; i++) {
        struct connection *connection = &connections->list[i];
        if (lives(connection) &&
            mono_diff_ns(now, connection->since) >= patience_ms(connection) * 1000000)
            shut(connection);
    }
    make_room(connections, false, CONNECTIONS_NEW);
    make_room(connections, true, CONNECTIONS_KNOWN);
}

int
connections_wait_ms(const struct connections *connections)
{
    int least = -1;

    for (size_t i = 0; i < CONNECTIONS_ROOM; i++) {
        const struct connection *connection = &connections->list[i];
        if (!lives(connection))
            continue;
        const int left = mono_ms_until(mono_add_ms(connection->since, patience_ms(connection)));
        if (least < 0 || left < least)
            least = left;
    }
    return least;
}
