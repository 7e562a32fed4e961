// SPDX-License-Identifier: Apache-2.0
//
// What a relay says of itself.
//
// That it is paused, or which topics it finds blocked, stands nowhere but in its memory; its
// monitor tells. One request of HTTP/1.0 to our own server, whose answer is one line and ends with
// the connection, so this needs no client library. Whoever is there has a second to answer.
#include "ask.h"

#include "format.h"

#include "outrider/base/address.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { WAIT_MS = 1000, ANSWER_MAX = 8192 };

#define REQUEST "GET /status.txt HTTP/1.0\r\n\r\n"

// connect(2), too, goes by these (socket(7)).
static int
connect_to(const struct addrinfo *at)
{
    const struct timeval wait = {.tv_sec = WAIT_MS / 1000};
    const int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
        connect(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

// -1: nobody is there. Who listens at every address is at the loopback's, too.
static int
reach(const struct address *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found;
    int fd = -1;

    if (getaddrinfo(*address->host != '\0' ? address->host : "localhost", address->port, &hints,
                    &found) != 0)
        return -1;
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(at);
    freeaddrinfo(found);
    return fd;
}

// All that comes until the other side closes; false when that is too much, or too late.
static bool
read_answer(int fd, char answer[static ANSWER_MAX])
{
    size_t len = 0;
    ssize_t got;

    if (send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) != (ssize_t)sizeof REQUEST - 1)
        return false;
    while ((got = recv(fd, answer + len, ANSWER_MAX - 1 - len, 0)) > 0)
        len += (size_t)got;
    answer[len] = '\0';
    return got == 0 && len < ANSWER_MAX - 1;
}

// The first line of its body; NULL when the answer is none of ours.
static char *
find_line(char *answer)
{
    char *body = strstr(answer, "\r\n\r\n");

    if (!str_starts_with(answer, "HTTP/1.") ||
        strncmp(answer + strlen("HTTP/1.x"), " 200 ", 5) != 0 || body == NULL)
        return NULL;
    body += 4;
    body[strcspn(body, "\n")] = '\0';
    return body;
}

void
ask_relay(const char *listen, struct text *out)
{
    char answer[ANSWER_MAX];
    struct address address;
    struct error err;
    char *line = NULL;

    if (listen == NULL)
        return;
    const int fd = address_parse(listen, &address, &err) ? reach(&address) : -1;
    if (fd >= 0 && read_answer(fd, answer))
        line = find_line(answer);
    if (fd >= 0)
        close(fd);
    text_appendf(out, line == NULL ? "no relay answers at %s" : "relay at %s: ", listen);
    if (line != NULL)
        format_printable(out, line);
}
