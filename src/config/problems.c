// SPDX-License-Identifier: Apache-2.0
// Where a value came from, and all that is wrong in one run.
//
// Somebody who starts a service from a pipeline sees one attempt's output; so nothing stops at the
// first problem. They are found in several passes and sorted at the end, the way one reads a file.
#include "problems.h"

#include "mask.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 80

void
origin_append(struct text *out, const struct origin *origin)
{
    switch (origin->kind) {
    case ORIGIN_DEFAULT:
        text_append(out, "default");
        break;
    case ORIGIN_FILE:
        safe_append(out, origin->name);
        if (origin->line > 0)
            text_appendf(out, ":%d:%d", origin->line, origin->column);
        break;
    case ORIGIN_ENVIRONMENT:
        safe_append(out, origin->name);
        break;
    case ORIGIN_OVERRIDE:
        text_append(out, "-o");
        break;
    }
}

// The variable's name says the path already.
static void
append_place(struct text *out, const struct origin *origin, const char *path)
{
    origin_append(out, origin);
    if (path != NULL && origin->kind != ORIGIN_ENVIRONMENT)
        text_appendf(out, "%s%s", origin->kind == ORIGIN_OVERRIDE ? " " : ": ", path);
    text_append(out, ": ");
}

void
problems_add(struct problems *problems, const struct origin *origin, const char *path,
             const char *fmt, ...)
{
    struct text line = {0};
    append_place(&line, origin, path);
    va_list args;
    va_start(args, fmt);
    char *what = NULL;
    if (vasprintf(&what, fmt, args) < 0)
        abort();
    va_end(args);
    text_append(&line, what);
    free(what);
    // One problem is one line, whatever a name or a path holds.
    struct text safe = {0};
    safe_append(&safe, text_str(&line));
    text_free(&line);

    size_t n = problems->count++;
    problems->list = xreallocarray(problems->list, problems->count, sizeof(*problems->list));
    problems->list[n] = (struct problem){.origin = *origin, .number = n, .text = safe.data};
}

// By source, then by place, then as they were found: qsort is not stable by itself.
static int
compare(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;
    if (a->origin.kind != b->origin.kind)
        return a->origin.kind < b->origin.kind ? -1 : 1;
    if (a->origin.line != b->origin.line)
        return a->origin.line < b->origin.line ? -1 : 1;
    if (a->origin.column != b->origin.column)
        return a->origin.column < b->origin.column ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

void
problems_report(struct problems *problems, struct text *out)
{
    if (problems->count > 1)
        qsort(problems->list, problems->count, sizeof(*problems->list), compare);
    for (size_t i = 0; i < problems->count; i++)
        text_appendf(out, "%s\n", problems->list[i].text);
}

void
problems_free(struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        free(problems->list[i].text);
    free(problems->list);
    *problems = (struct problems){0};
}

void
problems_append_shown(struct text *out, const char *text)
{
    AUTOFREE char *masked = mask_dsn(text);
    char shown[SHOWN_MAX + 1];
    __attribute__((cleanup(text_free))) struct text whole = {0};

    safe_copy(shown, sizeof shown, masked);
    safe_append(&whole, masked);
    text_append(out, shown);
    text_append(out, whole.len > strlen(shown) ? "..." : "");
}
