// SPDX-License-Identifier: Apache-2.0
//
// Failures as plain data.
//
// A failure crosses layers, threads and batches before somebody logs it, so it owns nothing and
// fits on the stack. The text is composed in a second buffer first, because the commonest argument
// of a new text is the old one. Errors quote servers, rows, files and environments, so both texts
// are made safe here, once for all who show them.
#include "outrider/base/error.h"

#include "outrider/base/safe.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const fault_names[] = {
    [FAULT_MESSAGE] = "message",
    [FAULT_TOPIC] = "topic",
    [FAULT_CLUSTER] = "cluster",
};

bool
error_set(struct error *err, enum fault fault, const char *code, const char *fmt, ...)
{
    char text[2 * sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);

    err->fault = fault;
    char own_code[sizeof err->code]; // code may be err->code
    safe_copy(own_code, sizeof own_code, code);
    memcpy(err->code, own_code, sizeof own_code);
    safe_copy(err->text, sizeof err->text, text);
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
    safe_copy(err->text, sizeof err->text, text);
    return false;
}

const char *
fault_name(enum fault fault)
{
    assert(fault <= FAULT_CLUSTER);
    return fault_names[fault];
}
