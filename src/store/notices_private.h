// SPDX-License-Identifier: Apache-2.0
// The way of a connection's notices. Private to the store.
#ifndef OUTRIDER_STORE_NOTICES_PRIVATE_H
#define OUTRIDER_STORE_NOTICES_PRIVATE_H

#include <libpq-fe.h>

// To be called before the connection's first PQconnectPoll.
void notices_attach(PGconn *connection);

#endif
