// SPDX-License-Identifier: Apache-2.0
// Where to listen: host and port as one text.
#ifndef OUTRIDER_BASE_ADDRESS_H
#define OUTRIDER_BASE_ADDRESS_H

#include "outrider/base/error.h"

#include <stdbool.h>

struct address {
    char host[256]; // a name or a number; "": every address of this host
    char port[6];   // 0 to 65535; 0: any that is free
};

// "127.0.0.1:8467", "localhost:8467", "[::1]:8467", ":8467". Error code: "ADDRESS".
bool address_parse(const char *text, struct address *ret_address, struct error *err) MUST_CHECK;

// Is that a host of one's own: a Unix socket's folder ("/…", "@…"), a loopback address, "localhost"
// or a name below it (RFC 6761), ""? No name is looked up.
bool address_is_own(const char *host);

// A socket that listens there, of the first of the host's addresses that can be had; whoever holds
// the port is the reason of a failure. ret_bound: the address with the port that it is.
bool address_listen(const struct address *address, int *ret_fd, struct address *ret_bound,
                    struct error *err) MUST_CHECK;

#endif
