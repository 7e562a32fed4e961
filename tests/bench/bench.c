// SPDX-License-Identifier: Apache-2.0
// What the benchmark's programs share.
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

_Noreturn void
fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

const char *
argument(char **argv, const char *name, const char *fallback)
{
    size_t length = strlen(name);

    for (char **arg = argv + 1; *arg; arg++)
        if (strncmp(*arg, name, length) == 0 && (*arg)[length] == '=')
            return *arg + length + 1;
    if (!fallback)
        fail(name, "this argument is needed, as NAME=VALUE");
    return fallback;
}

int64_t
argument_number(char **argv, const char *name, const char *fallback)
{
    const char *text = argument(argv, name, fallback);
    char *end;
    long long value = strtoll(text, &end, 10);

    if (end == text || *end)
        fail(name, "must be a number");
    return value;
}

double
cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int64_t
peak_bytes(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[256];
    int64_t kib = 0;

    if (!status)
        fail("/proc/self/status", "cannot be read");
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "VmHWM: %" SCNd64, &kib) == 1)
            break;
    fclose(status);
    return kib * 1024;
}

char *
make_payload(int64_t number, int64_t size)
{
    char head[64];
    int64_t length = snprintf(head, sizeof head, "{\"n\": %" PRId64 ", \"pad\": \"", number);
    int64_t whole = size > length + 2 ? size : length + 2;
    char *text = malloc((size_t)whole + 1);
    uint32_t noise = 2463534242U; // a fixed seed: every run sends the same

    if (!text)
        fail("payload", "out of memory");
    memcpy(text, head, (size_t)length);
    for (int64_t i = length; i < whole - 2; i++) {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        text[i] = "0123456789abcdef"[noise >> 28];
    }
    memcpy(text + whole - 2, "\"}", 3);
    return text;
}
