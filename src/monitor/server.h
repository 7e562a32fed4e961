// SPDX-License-Identifier: Apache-2.0
// The HTTP server: a thread of its own that answers GET and HEAD. Private to the monitor.
#ifndef OUTRIDER_MONITOR_SERVER_H
#define OUTRIDER_MONITOR_SERVER_H

#include "state.h"

struct server;

// Error code: "ADDRESS". Borrows the state until server_stop.
bool server_start(const char *listen, struct state *state, struct server **ret_server,
                  struct error *err) MUST_CHECK;
void server_stop(struct server *server); // NULL is allowed

#endif
