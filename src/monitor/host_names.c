// SPDX-License-Identifier: Apache-2.0
//
// Under which names is the server asked, and answers?
//
// A page of a stranger can make its own domain's name lead to 127.0.0.1 or to an address of the
// network that its reader is in (DNS rebinding); the browser then lets it read the answers, for it
// knows origins by name. The name stands in the request's Host. So a name that a stranger can own
// is refused, to every client, unless http.hosts has it. A stranger in the internet can own none of
// the others:
//
// - an address: the client looked no name up;
// - a name without a dot: it is of this machine, of its network or of a container's;
// - a name below a domain that no registry gives away: localhost and local (RFC 6761, 6762),
//   internal (ICANN's resolution of 2024-07-29), and svc, which Kubernetes uses.
//
// A neighbour in the local network can: its machine may answer the client's question for a name
// without a dot or below local (mDNS, LLMNR). These rules do not keep such a neighbour's page out.
//
// A browser always sends a Host. A request without one is of another program, and is answered.
#include "host_names.h"

#include "outrider/base/address.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 254 }; // a whole domain name, RFC 1035, and its end

static const char *const unowned[] = {".localhost", ".local", ".internal", ".svc"};

void
host_names_set(struct host_names *names, const char *listen, char *const *patterns, size_t count)
{
    struct address address;
    struct error err;

    host_names_free(names);
    if (listen != NULL && address_parse(listen, &address, &err))
        names->listen = xstrdup(address.host);
    names->patterns = xcalloc(count, sizeof *names->patterns);
    names->count = count;
    for (size_t i = 0; i < count; i++) {
        names->patterns[i] = xstrdup(patterns[i]);
        for (char *p = names->patterns[i]; *p != '\0'; p++)
            *p = (char)tolower((unsigned char)*p);
    }
}

void
host_names_free(struct host_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->patterns[i]);
    free(names->patterns);
    free(names->listen);
    *names = (struct host_names){0};
}

// The name alone: without port, brackets and the root's dot, in small letters. False when it is too
// long for one.
static bool
take_name(const char *host, char ret_name[static NAME_BYTES])
{
    const bool bracket = *host == '[';
    const char *begin = host + bracket;
    size_t len = strcspn(begin, bracket ? "]" : ":");

    if (len > 1 && begin[len - 1] == '.')
        len--;
    if (len >= NAME_BYTES)
        return false;
    for (size_t i = 0; i < len; i++)
        ret_name[i] = (char)tolower((unsigned char)begin[i]);
    ret_name[len] = '\0';
    return true;
}

static bool
is_address(const char *name)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool
ends_with(const char *name, const char *end)
{
    const size_t len = strlen(name), end_len = strlen(end);

    return len > end_len && str_equal(name + len - end_len, end);
}

static bool
is_unowned(const char *name)
{
    if (strchr(name, '.') == NULL)
        return true;
    for (size_t i = 0; i < sizeof unowned / sizeof unowned[0]; i++)
        if (ends_with(name, unowned[i]))
            return true;
    return false;
}

static bool
is_configured(const struct host_names *names, const char *name)
{
    if (names->listen != NULL && str_equal_nocase(names->listen, name))
        return true;
    for (size_t i = 0; i < names->count; i++)
        if (glob_match(names->patterns[i], name))
            return true;
    return false;
}

bool
host_names_allow(const struct host_names *names, const char *host)
{
    char name[NAME_BYTES];

    if (host == NULL)
        return true;
    return take_name(host, name) &&
           (is_address(name) || is_unowned(name) || is_configured(names, name));
}
