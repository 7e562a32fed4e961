// SPDX-License-Identifier: Apache-2.0
//
// How a DSN's connections are protected.
//
// A connection with an impossible target_session_attrs fails before anything is looked up or sent,
// and has all settings by then; with a password it has no need of a password file either.
// Source: PostgreSQL's manual, "SSL Support", "Protection Provided in Different Modes".
#include "outrider/store/transport.h"

#include "hosts.h"
#include "outrider/base/address.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *
copy(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++)
        if (str_equal(options->keyword, keyword) && options->val != NULL && *options->val != '\0')
            return xstrdup(options->val);
    return NULL;
}

static char *
find_remote(const struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];
        const char *at = host->hostaddr != NULL ? host->hostaddr : host->host;
        if (at != NULL && !address_is_own(at))
            return xstrdup(host->host != NULL ? host->host : at);
    }
    return NULL;
}

// libpq's default for sslrootcert.
static bool
has_own_root(void)
{
    const char *home = getenv("HOME");
    AUTOFREE char *path = NULL;

    return home && asprintf(&path, "%s/.postgresql/root.crt", home) > 0 && access(path, F_OK) == 0;
}

void
transport_find(const char *dsn, struct transport *ret_transport)
{
    const char *const names[] = {"dbname", "password", "target_session_attrs", NULL};
    const char *const values[] = {dsn, "x", "none such", NULL};
    PGconn *connection = PQconnectStartParams(names, values, 1);
    PQconninfoOption *options = PQconninfo(connection);
    AUTOFREE char *gss = copy(options, "gssencmode");
    AUTOFREE char *root = copy(options, "sslrootcert");
    struct hosts hosts;

    hosts_find(dsn, "any", &hosts);
    *ret_transport = (struct transport){
        .host = find_remote(&hosts),
        .sslmode = copy(options, "sslmode"),
        .has_root = root != NULL || has_own_root(),
        .encrypted = str_equal(gss, "require"),
        .refused = hosts.refused != NULL ? xstrdup(hosts.refused) : NULL,
    };
    if (ret_transport->sslmode == NULL)
        ret_transport->sslmode = xstrdup("prefer"); // libpq's own default
    hosts_free(&hosts);
    PQconninfoFree(options);
    PQfinish(connection);
}

void
transport_free(struct transport *transport)
{
    free(transport->host);
    free(transport->sslmode);
    free(transport->refused);
    *transport = (struct transport){0};
}
