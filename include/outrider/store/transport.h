// SPDX-License-Identifier: Apache-2.0
// How a DSN's connections are protected, as libpq has it: DSN, service file and environment.
#ifndef OUTRIDER_STORE_TRANSPORT_H
#define OUTRIDER_STORE_TRANSPORT_H

#include <stdbool.h>

struct transport {
    char *host;     // the first that is not this host itself; NULL: there is none
    char *sslmode;  // the value in force
    bool has_root;  // certificates are checked even with sslmode=require: sslrootcert is set
    bool encrypted; // by GSSAPI, whatever sslmode says (gssencmode=require)
    char *refused;  // a password file that libpq does not use for its rights; NULL: none
};

// dsn: one that store_check_dsn accepts. No server is asked.
void transport_find(const char *dsn, struct transport *ret_transport);
void transport_free(struct transport *transport);

#endif
