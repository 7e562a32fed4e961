// SPDX-License-Identifier: Apache-2.0
// A small file as one text.
//
// The limit keeps a mistyped path, say of a log or of /dev/zero, from eating the memory.
#include "slurp.h"

#include "outrider/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

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

bool
slurp_file(const char *path, char **ret_text, size_t *ret_len, struct error *err)
{
    __attribute__((cleanup(close_local))) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return refuse_errno(err);
    __attribute__((cleanup(text_free))) struct text text = {0};
    char chunk[4096];
    ssize_t n;
    while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
        if (n < 0 && errno == EINTR)
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
