// SPDX-License-Identifier: Apache-2.0
// A connection that hears NOTIFY on the table's channel: the table's own name, without its schema
// and without quotes, as TG_TABLE_NAME has it. Source: PostgreSQL's manual, LISTEN, and libpq,
// "Asynchronous Notification".
#ifndef OUTRIDER_STORE_LISTENER_H
#define OUTRIDER_STORE_LISTENER_H

#include "outrider/base/error.h"
#include "outrider/store/store.h"

#include <stdatomic.h>
#include <stdbool.h>

struct listener;

// Connects by direct_dsn when it is set, else by dsn: a pooler in transaction mode takes LISTEN and
// delivers nothing. `abort` ends every wait early when set.
bool listener_open(const struct store_settings *settings, const atomic_bool *abort,
                   struct listener **ret_listener, struct error *err) MUST_CHECK;
void listener_close(struct listener *listener);

// Waits until something is heard, at most timeout_ms: *ret_heard. False: the connection is lost.
bool listener_wait(struct listener *listener, int timeout_ms, bool *ret_heard,
                   struct error *err) MUST_CHECK;

const char *listener_channel(const struct listener *listener);
int listener_server_pid(const struct listener *listener);

#endif
