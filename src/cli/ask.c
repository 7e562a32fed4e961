// SPDX-License-Identifier: Apache-2.0
//
// What a relay says of itself.
//
// That it is paused, or which topics it finds blocked, stands nowhere but in its memory; its
// monitor tells. Whoever is there has a second to answer.
#include "ask.h"

#include "format.h"

#include "outrider/base/address.h"
#include "outrider/base/clock.h"
#include "outrider/base/http_get.h"

#include <string.h>

enum { WAIT_MS = 1000, HTTP_OK = 200 };

void
ask_relay(const char *listen, struct text *out)
{
    __attribute__((cleanup(text_free))) struct text body = {0}, line = {0};
    struct address address;
    struct error err;
    int status;

    if (listen == NULL)
        return;
    if (!address_parse(listen, &address, &err) ||
        !http_get(&address, "/status.txt", mono_add_ms(mono_now(), WAIT_MS), &status, &body,
                  &err) ||
        status != HTTP_OK) {
        text_appendf(out, "no relay answers at %s", listen);
        return;
    }
    text_append_bytes(&line, text_str(&body), strcspn(text_str(&body), "\n"));
    text_appendf(out, "relay at %s: ", listen);
    format_printable(out, text_str(&line));
}
