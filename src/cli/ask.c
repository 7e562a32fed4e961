// SPDX-License-Identifier: Apache-2.0
//
// What a relay says of itself.
//
// That it is paused, or which topics it finds blocked, stands nowhere but in its memory; its
// monitor tells. The peer at that port may be another program: it has a second to answer, and its
// line is foreign text.
#include "ask.h"

#include "outrider/base/address.h"
#include "outrider/base/clock.h"
#include "outrider/base/http_get.h"
#include "outrider/base/safe.h"
#include "outrider/base/text.h"

#include <string.h>

enum { WAIT_MS = 1000, HTTP_OK = 200, LINE_MAX = 1024 };

void
ask_relay(const char *listen, struct text *out)
{
    __attribute__((cleanup(text_free))) struct text body = {0};
    char line[LINE_MAX];
    struct address address;
    struct error err;
    int status;

    if (listen == NULL)
        return;
    if (!address_parse(listen, &address, &err) ||
        !http_get(&address, "/status.txt", mono_add_ms(mono_now(), WAIT_MS), &status, &body,
                  &err) ||
        status != HTTP_OK) {
        text_append(out, "no relay answers at ");
        safe_append(out, listen);
        return;
    }
    if (body.len > 0)
        body.data[strcspn(body.data, "\n")] = '\0';
    safe_copy(line, sizeof line, text_str(&body));
    text_append(out, "relay at ");
    safe_append(out, listen);
    text_appendf(out, ": %s", line);
}
