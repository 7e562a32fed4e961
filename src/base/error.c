// SPDX-License-Identifier: Apache-2.0
//
// Failures as plain data.
//
// A failure crosses layers, threads and batches before somebody logs it, so it owns nothing and
// fits on the stack. The text is composed in a second buffer first, because the commonest argument
// of a new text is the old one.
#include "outrider/base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const fault_names[] = {
    [FAULT_MESSAGE] = "message",
    [FAULT_TOPIC] = "topic",
    [FAULT_CLUSTER] = "cluster",
};

// Copies what fits. A UTF-8 character that would be cut is left out: continuation bytes are
// 10xxxxxx, so the cut moves back to the byte that starts it.
static void
copy_cut(char *to, size_t size, const char *from)
{
    size_t len = strlen(from);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)from[len] & 0xC0) == 0x80)
            len--;
    }
    memmove(to, from, len);
    to[len] = '\0';
}

bool
error_set(struct error *err, enum fault fault, const char *code, const char *fmt, ...)
{
    char text[2 * sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);

    err->fault = fault;
    copy_cut(err->code, sizeof err->code, code);
    copy_cut(err->text, sizeof err->text, text);
    return false;
}

bool
error_prefix(struct error *err, const char *fmt, ...)
{
    char context[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);

    char text[2 * sizeof err->text + 2];
    snprintf(text, sizeof text, "%s: %s", context, err->text);
    copy_cut(err->text, sizeof err->text, text);
    return false;
}

const char *
fault_name(enum fault fault)
{
    assert(fault <= FAULT_CLUSTER);
    return fault_names[fault];
}
