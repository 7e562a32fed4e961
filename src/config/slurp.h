// SPDX-License-Identifier: Apache-2.0
// A small file as one text.
#ifndef OUTRIDER_CONFIG_SLURP_H
#define OUTRIDER_CONFIG_SLURP_H

#include "outrider/base/error.h"

#include <stdbool.h>
#include <stddef.h>

// Reads at most 1 MiB of a regular file, or of a pipe that is written within 5 s. *ret_text ends
// with a NUL that *ret_len does not count; the caller frees it. Error codes: "ENOENT" (also when a
// part of the path is no directory), "FILE".
bool slurp_file(const char *path, char **ret_text, size_t *ret_len, struct error *err) MUST_CHECK;

#endif
