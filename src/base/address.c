// SPDX-License-Identifier: Apache-2.0
// Where to listen.
//
// An IPv6 number stands in brackets, as in a URI (RFC 3986, section 3.2.2): it has colons of its
// own.
#include "outrider/base/address.h"

#include "outrider/base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_DIGITS = 5, PORT_MAX = 65535, BACKLOG = 512 };

static bool
parse_port(const char *text, char port[static 6])
{
    const size_t len = strlen(text);
    unsigned value = 0;

    if (len == 0 || len > PORT_DIGITS || text[strspn(text, "0123456789")] != '\0')
        return false;
    for (const char *p = text; *p != '\0'; p++)
        value = 10 * value + (unsigned)(*p - '0');
    if (value > PORT_MAX)
        return false;
    snprintf(port, PORT_DIGITS + 1, "%u", value);
    return true;
}

bool
address_parse(const char *text, struct address *ret_address, struct error *err)
{
    const bool bracket = *text == '[';
    const char *host = text + bracket;
    const char *end = bracket ? strchr(host, ']') : strrchr(text, ':');
    const char *colon = end == NULL ? NULL : end + bracket;
    struct address address;

    if (colon == NULL || *colon != ':' || (bracket && end == host) ||
        (!bracket && memchr(host, ':', (size_t)(end - host)) != NULL))
        return error_set(err, FAULT_CLUSTER, "ADDRESS",
                         "is no host:port; allowed: e.g. 127.0.0.1:8467, localhost:8467, "
                         "[::1]:8467, or :8467 for every address");
    if ((size_t)(end - host) >= sizeof address.host)
        return error_set(err, FAULT_CLUSTER, "ADDRESS", "has a host that is too long");
    if (!parse_port(colon + 1, address.port))
        return error_set(err, FAULT_CLUSTER, "ADDRESS",
                         "has no port from 0 to 65535 behind its last colon");
    snprintf(address.host, sizeof address.host, "%.*s", (int)(end - host), host);
    *ret_address = address;
    return true;
}

bool
address_is_own(const char *host)
{
    static const char own[] = "localhost", below[] = ".localhost";
    const size_t len = strlen(host);
    struct in6_addr six;
    struct in_addr four;

    if (*host == '\0' || *host == '/' || *host == '@' || str_equal_nocase(host, own))
        return true;
    if (len > strlen(below) && str_equal_nocase(host + len - strlen(below), below))
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, host, &six) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

// A port of which connections linger from a run before is free all the same; and a socket of every
// IPv6 address is one of every IPv4 address, too.
static int
listen_at(const struct addrinfo *at)
{
    const int on = 1, off = 0;
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (at->ai_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
        bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static bool
cannot_listen(const struct address *address, int why, struct error *err)
{
    const char *hint =
        why == EADDRINUSE ? "another program has that port; " : "that cannot be listened on: ";

    return error_set(err, FAULT_CLUSTER, "ADDRESS", "%s:%s: %s%s", address->host, address->port,
                     hint, why == EADDRINUSE ? "take another one" : strerror(why));
}

static struct address
bound_to(int fd, const struct address *address)
{
    struct sockaddr_storage storage;
    socklen_t size = sizeof storage;
    struct address bound = *address;

    if (getsockname(fd, (struct sockaddr *)&storage, &size) == 0)
        getnameinfo((const struct sockaddr *)&storage, size, NULL, 0, bound.port, sizeof bound.port,
                    NI_NUMERICSERV);
    return bound;
}

// The first address of that family that can be had; -1, and *ret_why is an errno. False, with an
// error, when the host has none at all.
static bool
try_family(const struct address *address, int family, int *ret_fd, int *ret_why, struct error *err)
{
    const struct addrinfo hints = {
        .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    const char *host = *address->host != '\0' ? address->host : NULL;
    struct addrinfo *found = NULL;

    const int failed = getaddrinfo(host, address->port, &hints, &found);
    if (failed != 0)
        return error_set(err, FAULT_CLUSTER, "ADDRESS", "%s: %s", address->host,
                         gai_strerror(failed));
    *ret_fd = -1;
    for (const struct addrinfo *at = found; at != NULL && *ret_fd < 0; at = at->ai_next) {
        *ret_fd = listen_at(at);
        *ret_why = errno;
    }
    freeaddrinfo(found);
    return true;
}

// Every address is asked for by IPv6, which stands for both where there is any.
bool
address_listen(const struct address *address, int *ret_fd, struct address *ret_bound,
               struct error *err)
{
    const bool every = *address->host == '\0';
    int fd, why;

    if (!try_family(address, every ? AF_INET6 : AF_UNSPEC, &fd, &why, err))
        return false;
    if (fd < 0 && every && (why == EAFNOSUPPORT || why == EADDRNOTAVAIL) &&
        !try_family(address, AF_INET, &fd, &why, err))
        return false;
    if (fd < 0)
        return cannot_listen(address, why, err);
    *ret_bound = bound_to(fd, address);
    *ret_fd = fd;
    return true;
}
