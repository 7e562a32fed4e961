// SPDX-License-Identifier: Apache-2.0
//
// One question by HTTP.
//
// What a health check needs and no more: HTTP/1.0, so the answer ends where the connection does and
// comes in one piece (RFC 9112, sections 2.3 and 6.3). No redirects, no TLS, nothing kept.
#include "outrider/base/http_get.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 * 1024, STATUS_DIGITS = 3 };

static bool
wait_for(int fd, short events, struct mono deadline)
{
    struct pollfd waiting = {.fd = fd, .events = events};
    int ready;

    do
        ready = poll(&waiting, 1, mono_ms_until(deadline));
    while (ready < 0 && errno == EINTR);
    if (ready == 0)
        errno = ETIMEDOUT;
    return ready > 0;
}

// A socket that is connected; -1 and errno.
static int
connect_to(const struct addrinfo *at, struct mono deadline)
{
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int why = 0;
    socklen_t size = sizeof why;

    if (fd < 0)
        return -1;
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    if (errno != EINPROGRESS || !wait_for(fd, POLLOUT, deadline))
        why = errno;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) < 0)
        why = errno;
    if (why == 0)
        return fd;
    close(fd);
    errno = why;
    return -1;
}

// Linux takes an address that stands for all of a host's own, as 0.0.0.0, for the host itself.
static bool
open_connection(const struct address *address, struct mono deadline, int *ret_fd, struct error *err)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const char *host = *address->host != '\0' ? address->host : NULL;
    struct addrinfo *found = NULL;
    int fd = -1;

    const int failed = getaddrinfo(host, address->port, &hints, &found);
    if (failed != 0)
        return error_set(err, FAULT_CLUSTER, "HTTP", "%s", gai_strerror(failed));
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(at, deadline);
    const int why = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return error_set(err, FAULT_CLUSTER, "HTTP", "%s", strerror(why));
    *ret_fd = fd;
    return true;
}

static bool
send_all(int fd, const struct text *request, struct mono deadline)
{
    for (size_t sent = 0; sent < request->len;) {
        const ssize_t n =
            send(fd, request->data + sent, request->len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            sent += (size_t)n;
        else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLOUT, deadline))
            return false;
    }
    return true;
}

// To the connection's end.
static bool
receive_all(int fd, struct text *answer, struct mono deadline)
{
    char part[4096];

    while (answer->len < ANSWER_MAX) {
        const ssize_t n = recv(fd, part, sizeof part, MSG_DONTWAIT);
        if (n == 0)
            return true;
        if (n > 0)
            text_append_bytes(answer, part, (size_t)n);
        else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, deadline))
            return false;
    }
    errno = EMSGSIZE;
    return false;
}

// "HTTP/1.1 200 OK", headers, an empty line, the body.
static bool
take_apart(const struct text *answer, int *ret_status, struct text *ret_body)
{
    const char *all = text_str(answer);
    const char *space = strchr(all, ' ');
    const char *end = strstr(all, "\r\n\r\n");
    char *after = NULL;

    if (!str_starts_with(all, "HTTP/1.") || space == NULL || end == NULL || end < space)
        return false;
    const long status = strtol(space, &after, 10);
    if (after != space + 1 + STATUS_DIGITS || status < 100)
        return false;
    *ret_status = (int)status;
    text_append(ret_body, end + strlen("\r\n\r\n"));
    return true;
}

static bool
ask(int fd, const struct address *address, const char *path, struct mono deadline, int *ret_status,
    struct text *ret_body, struct error *err)
{
    __attribute__((cleanup(text_free))) struct text request = {0}, answer = {0};

    text_appendf(&request, "GET %s HTTP/1.0\r\nHost: %s:%s\r\n\r\n", path,
                 *address->host != '\0' ? address->host : "localhost", address->port);
    if (!send_all(fd, &request, deadline) || !receive_all(fd, &answer, deadline))
        return error_set(err, FAULT_CLUSTER, "HTTP", "%s", strerror(errno));
    if (!take_apart(&answer, ret_status, ret_body))
        return error_set(err, FAULT_CLUSTER, "HTTP", "the answer is no HTTP");
    return true;
}

bool
http_get(const struct address *address, const char *path, struct mono deadline, int *ret_status,
         struct text *ret_body, struct error *err)
{
    int fd = -1;

    if (!open_connection(address, deadline, &fd, err))
        return false;
    const bool good = ask(fd, address, path, deadline, ret_status, ret_body, err);
    close(fd);
    return good;
}
