// SPDX-License-Identifier: Apache-2.0
// One question by HTTP, to a program of this host.
#ifndef OUTRIDER_BASE_HTTP_GET_H
#define OUTRIDER_BASE_HTTP_GET_H

#include "outrider/base/address.h"
#include "outrider/base/clock.h"
#include "outrider/base/error.h"
#include "outrider/base/text.h"

// GET path from whoever listens at the address ("": at this host); all of it by the deadline, but
// for looking up a name. ret_body: appended to, 64 KiB at most. Error code: "HTTP".
bool http_get(const struct address *address, const char *path, struct mono deadline,
              int *ret_status, struct text *ret_body, struct error *err) MUST_CHECK;

#endif
