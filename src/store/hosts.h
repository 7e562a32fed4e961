// SPDX-License-Identifier: Apache-2.0
// The servers that a DSN names, in its order. Private to the store.
#ifndef OUTRIDER_STORE_HOSTS_H
#define OUTRIDER_STORE_HOSTS_H

#include <stddef.h>

// What libpq takes under the same keywords. NULL: libpq's own default.
struct host {
    char *host; // a name, an address, or a socket's directory
    char *hostaddr;
    char *port;
};

struct hosts {
    struct host *list; // one at least
    size_t count;
    char *session; // target_session_attrs
    char *
        refused; // the password file, when libpq would refuse it for its rights; NULL: it would not
};

// `session`: what target_session_attrs is when the DSN does not say it. A DSN that cannot be taken
// apart gives one host without a name: libpq then says what is wrong with it.
void hosts_find(const char *dsn, const char *session, struct hosts *ret_hosts);
void hosts_free(struct hosts *hosts);

#endif
