// SPDX-License-Identifier: Apache-2.0
// The HTTP server's connections: how long each may take, and which makes room for a new one.
// Private to the monitor.
#ifndef OUTRIDER_MONITOR_CONNECTIONS_H
#define OUTRIDER_MONITOR_CONNECTIONS_H

#include "outrider/base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum {
    CONNECTIONS_NEW = 64,         // at most that have not sent a whole head yet
    CONNECTIONS_KNOWN = 32,       // at most that have
    CONNECTIONS_ROOM = 128,       // with those that are shut down and not closed yet
    CONNECTION_HEAD_MS = 5000,    // how long the first head may take, from the connection's begin
    CONNECTION_NEXT_MS = 10000,   // and each further one, from the answer before it
    CONNECTION_ANSWER_MS = 30000, // how long a request's body and its answer may take
};

enum connection_phase {
    CONNECTION_FREE, // no connection: the place is free
    CONNECTION_NEW,  // its first head is on its way
    CONNECTION_NEXT, // it was answered, and may ask again
    CONNECTION_ANSWER,
    CONNECTION_SHUT, // both directions are shut down; the server closes it next
};

struct connection {
    enum connection_phase phase;
    int fd;            // the server's: shut down here, closed there
    char address[16];  // the client's; of IPv6 its network
    struct mono since; // when the phase began
};

struct connections {
    struct connection list[CONNECTIONS_ROOM];
};

// NULL: there is no place left.
struct connection *connections_add(struct connections *connections, int fd,
                                   const struct sockaddr *address, struct mono now);

// The head of a request is there; the answer was sent. Neither revives a connection that is shut.
void connections_note_request(struct connection *connection, struct mono now);
void connections_note_answer(struct connection *connection, struct mono now);

void connections_remove(struct connection *connection);

// Shuts down those whose time is up, and as many as are too many.
void connections_shed(struct connections *connections, struct mono now);

// Until the next one's time is up; -1: there is none.
int connections_wait_ms(const struct connections *connections);

#endif
