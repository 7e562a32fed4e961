// SPDX-License-Identifier: Apache-2.0
//
// The service manager's notification protocol, without its library.
//
// The protocol is stable and small (sd_notify(3), "Notes"): one datagram. libsystemd would be a
// dependency with a history for these thirty lines.
#include "outrider/base/notify.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// False when the name is no path, no abstract name, or too long for a socket's address.
static bool
address(const char *name, struct sockaddr_un *un, socklen_t *len)
{
    size_t n = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || n >= sizeof un->sun_path)
        return false;
    *un = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(un->sun_path, name, n);
    if (name[0] == '@')
        un->sun_path[0] = '\0';
    *len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    return true;
}

// A positive decimal number, or 0 for anything else.
static long long
positive(const char *text)
{
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    return errno == 0 && *text != '\0' && *end == '\0' && value > 0 ? value : 0;
}

int
notify_watchdog_ms(void)
{
    const char *interval = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (interval == NULL || (pid != NULL && positive(pid) != getpid()))
        return 0;
    const long long ms = positive(interval) / 1000;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

void
notify_send(const char *state)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un un;
    socklen_t len;
    if (name == NULL || !address(name, &un, &len))
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    ssize_t ignored =
        sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&un, len);
    (void)ignored;
    close(fd);
}
