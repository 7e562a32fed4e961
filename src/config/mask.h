// SPDX-License-Identifier: Apache-2.0
// Secrets out of what people see.
#ifndef OUTRIDER_CONFIG_MASK_H
#define OUTRIDER_CONFIG_MASK_H

#include <stdbool.h>

// What stands where a secret stood. A DSN with it is still a DSN.
#define MASK "***"

// A copy of a libpq connection string or URI with every password replaced by MASK: the URI's
// user:password, the parameters password, sslpassword, oauth_client_secret and the SCRAM keys, and
// "options" when one of its settings may hold a secret.
// Text that is neither is copied as it is. What looks broken is masked more, never less. Caller
// frees.
char *mask_dsn(const char *dsn) __attribute__((returns_nonnull));

// Does it hold a password?
bool mask_needed(const char *dsn);

#endif
