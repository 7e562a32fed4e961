// SPDX-License-Identifier: Apache-2.0
// Values that stand somewhere else: ${env:NAME}, ${file:/path}, ${cred:name}.
#ifndef OUTRIDER_CONFIG_REFERENCE_H
#define OUTRIDER_CONFIG_REFERENCE_H

#include "outrider/base/error.h"

#include <stdbool.h>

// Is the whole text one of the three?
bool reference_is(const char *text);

// The text that the reference stands for, without a closing line break; the caller frees it.
// Source of ${cred:}: systemd.exec(5), $CREDENTIALS_DIRECTORY.
bool reference_follow(const char *text, char *const *environment, char **ret_text,
                      struct error *err) MUST_CHECK;

// Refuses "${" where no reference may stand: inside a longer text, or with an unknown word behind
// it. In a template only references are refused, its columns are not.
bool reference_check_literal(const char *text, bool is_template, struct error *err) MUST_CHECK;

#endif
