// SPDX-License-Identifier: Apache-2.0
// A small file as one text.
//
// The limits keep a mistyped path, say of a log, from eating the memory, and one of a pipe that no
// program writes to from holding up a start or a reload. A pipe is allowed for what is decrypted on
// the way (`-c <(sops -d outrider.yaml)`); a device may do anything when it is opened and read.
#include "slurp.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

enum { PIPE_MS = 5000 };

static void
close_local(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

// A file that is not there is told apart: the default one need not be.
static bool
refuse_errno(struct error *err)
{
    bool absent = errno == ENOENT || errno == ENOTDIR;
    return error_set(err, FAULT_CLUSTER, absent ? "ENOENT" : "FILE", "cannot be read: %s",
                     strerror(errno));
}

// A pipe may be one that nothing is ever written to; a regular file is always ready.
static bool
wait_readable(int fd, struct mono deadline, struct error *err)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    int ready;
    do
        ready = poll(&waiting, 1, mono_ms_until(deadline));
    while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return refuse_errno(err);
    return ready > 0 || error_set(err, FAULT_CLUSTER, "FILE",
                                  "cannot be read: it is a pipe, and no program has written all of "
                                  "it within %d s",
                                  PIPE_MS / 1000);
}

// "-c /dev/null" is the usual word for no file.
static bool
is_null_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static bool
open_file(const char *path, int *ret_fd, struct error *err)
{
    struct stat st;
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*ret_fd < 0 || fstat(*ret_fd, &st) < 0)
        return refuse_errno(err);
    return S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || is_null_device(&st) ||
           error_set(err, FAULT_CLUSTER, "FILE",
                     "cannot be read: it is a %s; a regular file or a pipe is allowed",
                     S_ISDIR(st.st_mode) ? "directory" : "device or socket");
}

bool
slurp_file(const char *path, char **ret_text, size_t *ret_len, struct error *err)
{
    const struct mono deadline = mono_add_ms(mono_now(), PIPE_MS);
    __attribute__((cleanup(close_local))) int fd = -1;
    if (!open_file(path, &fd, err))
        return false;
    __attribute__((cleanup(text_free))) struct text text = {0};
    char chunk[4096];
    for (;;) {
        if (!wait_readable(fd, deadline, err))
            return false;
        const ssize_t n = read(fd, chunk, sizeof(chunk));
        if (n == 0)
            break;
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return refuse_errno(err);
        text_append_bytes(&text, chunk, (size_t)n);
        if (text.len > FILE_MAX)
            return error_set(err, FAULT_CLUSTER, "FILE", "is larger than 1 MiB");
    }
    text_append(&text, "");
    *ret_text = text.data;
    *ret_len = text.len;
    // Handed over: the clean-up finds nothing to free.
    text = (struct text){0};
    return true;
}
