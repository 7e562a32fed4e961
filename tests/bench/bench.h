// SPDX-License-Identifier: Apache-2.0
// What the benchmark's programs share: arguments, an end with a reason, and the process's own
// costs. Each prints one line of JSON to stdout when it has done its work.
#ifndef OUTRIDER_BENCH_H
#define OUTRIDER_BENCH_H

#include <stdint.h>

// Arguments are NAME=VALUE. The value of `name`; `fallback` when it is not given, or the process
// ends when that is NULL.
const char *argument(char **argv, const char *name, const char *fallback);
int64_t argument_number(char **argv, const char *name, const char *fallback);

// Says what failed and why, and ends the process.
_Noreturn void fail(const char *what, const char *why);

// CPU seconds of this process so far, user and system.
double cpu_seconds(void);

// The most bytes it has had resident. Not getrusage's: that begins with what the process had before
// its exec, which is the runner's.
int64_t peak_bytes(void);

// `size` bytes of JSON text, NUL-terminated: {"n": …, "pad": "…"} as PostgreSQL prints jsonb, the
// pad being hexadecimal noise. The caller frees it.
char *make_payload(int64_t number, int64_t size);

#endif
