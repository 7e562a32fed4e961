// SPDX-License-Identifier: Apache-2.0
//
// outrider health: asks the relay that runs with this configuration on this host how it is.
//
// For a container's health check, where there is no other program to ask with, and for whoever
// enters the container. It asks the relay and nobody else: an outage of PostgreSQL is no reason to
// end a relay that waits for it.
#include "command.h"
#include "exits.h"

#include "outrider/base/address.h"
#include "outrider/base/clock.h"
#include "outrider/base/http_get.h"
#include "outrider/base/safe.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/config/settings.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATIENCE_MS = 5000, HTTP_OK = 200, HTTP_UNAVAILABLE = 503 };

// The port that was chosen for "any free one" is known to the relay alone.
static bool
find_address(const char *listen, struct address *ret_address, struct error *err)
{
    if (listen == NULL)
        return error_set(err, FAULT_CLUSTER, "WHERE",
                         "http.listen is null: the relay cannot be asked");
    if (!address_parse(listen, ret_address, err))
        return false;
    if (str_equal(ret_address->port, "0"))
        return error_set(err, FAULT_CLUSTER, "WHERE",
                         "http.listen has port 0: nobody else knows which port it is");
    return true;
}

// Another program that holds the port may have pages of these names too.
static bool
is_answer(const char *body)
{
    return str_starts_with(body, "{\"healthy\":") || str_starts_with(body, "{\"ready\":");
}

// The peer at that port may be another program: what it says is foreign text.
// An answer of the relay's is one line.
static void
print_answer(const char *body)
{
    __attribute__((cleanup(text_free))) struct text line = {0};
    AUTOFREE char *text = xstrdup(body);

    safe_flatten(text);
    safe_append(&line, text);
    puts(text_str(&line));
}

int
cmd_health(const struct invocation *invocation)
{
    const char *path = invocation_flag(invocation, "ready") ? "/readyz" : "/healthz";
    const char *listen = invocation->settings->http_listen;
    __attribute__((cleanup(text_free))) struct text body = {0};
    struct address address;
    struct error err;
    int status = 0;

    if (!find_address(listen, &address, &err))
        return exit_with_error("health", &err);
    if (!http_get(&address, path, mono_add_ms(mono_now(), PATIENCE_MS), &status, &body, &err)) {
        error_prefix(&err, "no relay answers at %s", listen);
        return exit_with_error("health", &err);
    }
    if ((status != HTTP_OK && status != HTTP_UNAVAILABLE) || !is_answer(text_str(&body))) {
        error_set(&err, FAULT_CLUSTER, "HTTP", "%s%s: status %d: that is no relay", listen, path,
                  status);
        return exit_with_error("health", &err);
    }
    print_answer(text_str(&body));
    return status == HTTP_OK ? EX_OK : EX_NO;
}
