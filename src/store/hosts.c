// SPDX-License-Identifier: Apache-2.0
// The servers that a DSN names.
//
// What is in force comes from the DSN, from a service file that it or the environment names, and
// from the environment. Only libpq puts these together, and only for a connection; so one is begun
// with an sslmode that does not exist, at which libpq stops before it looks up a name or opens a
// socket, and then asked for its options. A password of ours keeps it from the password file.
// Source: PostgreSQL's manual, "Specifying Multiple Hosts", "Parameter Key Words".
#include "hosts.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const PQconninfoOption *
find(const PQconninfoOption *options, const char *keyword)
{
    while (options->keyword && !str_equal(options->keyword, keyword))
        options++;
    return options;
}

static const char *
value(const PQconninfoOption *options, const char *keyword)
{
    const char *found = find(options, keyword)->val;

    return found ? found : "";
}

// How many entries a comma-separated list has; "" has none.
static size_t
entries(const char *list)
{
    size_t count = *list != '\0';

    for (; *list; list++)
        count += *list == ',';
    return count;
}

// The nth entry, owned; NULL when it is empty or the list has none.
static char *
entry(const char *list, size_t n)
{
    for (; n > 0 && *list; n--)
        list += strcspn(list, ",") + (strchr(list, ',') != NULL);
    size_t len = strcspn(list, ",");
    return len > 0 ? xstrndup(list, len) : NULL;
}

// A list is given to libpq one entry at a time, and what is empty there counts as not given: then
// the DSN's whole list would come back in its place.
static bool
whole(const char *list, size_t count)
{
    bool empty = strstr(list, ",,") || *list == ',' || (*list && list[strlen(list) - 1] == ',');

    return *list == '\0' || (!empty && entries(list) == count);
}

static void
take_apart(const PQconninfoOption *options, struct hosts *hosts)
{
    const char *host = value(options, "host");
    const char *hostaddr = value(options, "hostaddr");
    const char *port = value(options, "port");
    const char *default_port = find(options, "port")->compiled;
    size_t count = entries(*hostaddr ? hostaddr : host);

    if (count == 0 || !whole(host, count) || !whole(hostaddr, count) ||
        (entries(port) > 1 && entries(port) != count))
        return;
    hosts->list = xrealloc(hosts->list, count * sizeof *hosts->list);
    hosts->count = count;
    for (size_t i = 0; i < count; i++) {
        char *own_port = entry(port, entries(port) > 1 ? i : 0);
        hosts->list[i] = (struct host){
            .host = entry(host, i),
            .hostaddr = entry(hostaddr, i),
            .port = own_port || !default_port ? own_port : xstrdup(default_port),
        };
    }
}

// libpq uses only a regular file that none but its owner may touch, and says so on stderr by
// itself. passfile: "" for the default. Source: PostgreSQL's manual, "The Password File".
static char *
find_refused(const char *passfile)
{
    const char *home = getenv("HOME");
    struct text path = {0};
    struct stat st;

    text_appendf(&path, *passfile ? "%s" : "%s/.pgpass", *passfile ? passfile : home ? home : "");
    if (stat(path.data, &st) == 0 && (!S_ISREG(st.st_mode) || (st.st_mode & (S_IRWXG | S_IRWXO))))
        return path.data;
    text_free(&path);
    return NULL;
}

// Then libpq asks no password file.
static bool
has_password(const char *dsn)
{
    PQconninfoOption *options = PQconninfoParse(dsn, NULL);
    const bool given = options && *value(options, "password");

    PQconninfoFree(options);
    return given || getenv("PGPASSWORD");
}

void
hosts_find(const char *dsn, const char *session, struct hosts *ret_hosts)
{
    const char *const names[] = {"target_session_attrs", "dbname", "sslmode", "password", NULL};
    const char *const values[] = {session, dsn, "none such", "x", NULL};
    PGconn *connection = PQconnectStartParams(names, values, 1);
    PQconninfoOption *options = PQconninfo(connection);

    *ret_hosts = (struct hosts){.list = xcalloc(1, sizeof *ret_hosts->list), .count = 1};
    if (options) {
        ret_hosts->session = xstrdup(value(options, "target_session_attrs"));
        take_apart(options, ret_hosts);
        ret_hosts->refused = has_password(dsn) ? NULL : find_refused(value(options, "passfile"));
    }
    PQconninfoFree(options);
    PQfinish(connection);
}

void
hosts_free(struct hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++) {
        free(hosts->list[i].host);
        free(hosts->list[i].hostaddr);
        free(hosts->list[i].port);
    }
    free(hosts->list);
    free(hosts->session);
    free(hosts->refused);
    *hosts = (struct hosts){0};
}
