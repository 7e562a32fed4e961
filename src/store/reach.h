// SPDX-License-Identifier: Apache-2.0
// Connects to the first server of a DSN that answers and will do. Private to the store.
#ifndef OUTRIDER_STORE_REACH_H
#define OUTRIDER_STORE_REACH_H

#include "wire.h"

#include <stdatomic.h>
#include <stdbool.h>

// Tries every host, and every address of it, until one lets us in; settings->connect_timeout_ms for
// all of them (looking up names apart), and once more where a second choice will do and is there.
// Without target_session_attrs in the DSN the server must take writes; settings->standby_will_do:
// or else any. The error names each server and what it said. Nothing to close on failure.
bool reach_open(const struct store_settings *settings, const char *dsn, const atomic_bool *abort,
                struct wire *ret_wire, struct error *err) MUST_CHECK;

#endif
