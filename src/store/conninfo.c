// SPDX-License-Identifier: Apache-2.0
// Judges a DSN without ever quoting it.
//
// libpq's parser puts what it stumbles over into its error text, and in a URI whose password holds
// an unescaped character that is a part of the password. So its text is dropped, and the ways in
// which a password spills into other fields are looked for by name.
// Source: PostgreSQL's manual, "Connection Strings".
#include "outrider/store/store.h"

#include <libpq-fe.h>
#include <string.h>

#define ESCAPE_HINT "a password with one of : / ? @ # %% in a URI has to be percent-encoded"

static const char *
option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

// The userinfo of a URI ends at its first '@'; a second one, or a '/' before it, is an unescaped
// character of the password.
static bool
userinfo_spills(const char *dsn)
{
    const char *authority = strstr(dsn, "://");
    const char *equals = strchr(dsn, '=');

    if (!authority || (equals && equals < authority))
        return false;
    authority += 3;
    size_t before_query = strcspn(authority, "?");
    const char *first = memchr(authority, '@', before_query);
    const char *last = memrchr(authority, '@', before_query);
    return last && (first != last || memchr(authority, '/', (size_t)(last - authority)));
}

// A URI as the value of a field is not taken apart: it would be looked up as a name, and quoted.
static bool
holds_uri(const char *value)
{
    return strstr(value, "://") != NULL;
}

bool
store_check_dsn(const char *dsn, struct error *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(dsn, &message);
    bool good = options != NULL;

    PQfreemem(message);
    if (!options)
        error_set(err, FAULT_CLUSTER, "DSN",
                  "not a libpq connection string or URI (not quoted here: it can hold a "
                  "password); allowed: \"host=… dbname=…\" or "
                  "\"postgresql://user@host/db\"; " ESCAPE_HINT);
    else if (userinfo_spills(dsn))
        good = error_set(err, FAULT_CLUSTER, "DSN",
                         "the URI holds more than one @, or a / before it; " ESCAPE_HINT);
    else if (holds_uri(option(options, "host")) || holds_uri(option(options, "dbname")))
        good = error_set(err, FAULT_CLUSTER, "DSN",
                         "host or dbname is a URI; allowed: the URI alone, or \"host=… dbname=…\"");
    else if (option(options, "port")[strspn(option(options, "port"), "0123456789,")] != '\0')
        good = error_set(err, FAULT_CLUSTER, "DSN", "the port is not a number; " ESCAPE_HINT);
    PQconninfoFree(options);
    return good;
}
