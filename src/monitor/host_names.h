// SPDX-License-Identifier: Apache-2.0
// Under which names may a browser read what the server tells? Private to the monitor.
#ifndef OUTRIDER_MONITOR_HOST_NAMES_H
#define OUTRIDER_MONITOR_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

// http.listen's host and http.hosts.
struct host_names {
    char *listen; // NULL: none
    char **patterns;
    size_t count;
};

// Copies both. listen: host:port, NULL: none.
void host_names_set(struct host_names *names, const char *listen, char *const *patterns,
                    size_t count);
void host_names_free(struct host_names *names);

// host: a request's Host, with or without a port; NULL: it has none.
bool host_names_allow(const struct host_names *names, const char *host);

#endif
