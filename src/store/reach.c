// SPDX-License-Identifier: Apache-2.0
// From a DSN to a connection: host after host, address after address.
//
// libpq goes through several hosts by itself, but limits the time of each only in its blocking
// calls (connect_timeout); with PQconnectPoll a first host that drops packets, or takes the
// connection and is silent, would use up the whole time. So each address gets a connection of its
// own and its share of the time; who answers at once, if only to refuse, leaves the rest of it to
// the others.
//
// The host's name goes with the address: certificates are checked against it, and the password
// file is searched for it. Unlike libpq the walk also goes on after a refused login: the error
// then names all servers, and the next one may be the right one.
#include "reach.h"

#include "hosts.h"
#include "notices_private.h"
#include "outrider/base/text.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

// A word of our own beside libpq's: a server that takes writes, or else any.
#define PREFER_PRIMARY "prefer-primary"

// In the place of a password file that libpq refuses: it would say so on stderr, at each
// connection.
#define NO_FILE "/dev/null/none"

// What is asked for first, and then. Everything else is asked for as it is.
static const struct {
    const char *session, *first, *then;
} preferences[] = {
    {PREFER_PRIMARY, "read-write", "any"},
    {"prefer-standby", "standby", "any"},
};

struct walk {
    const struct store_settings *settings;
    const char *dsn;
    const atomic_bool *abort;
    const char *session; // this pass's target_session_attrs
    const char *refused; // the password file that libpq would not use; NULL: it would
    struct mono end;     // of the pass
    int least_ms;        // what is each host's even when looking up names took all the time
    struct text said;    // by the servers tried in this pass
    bool let_in;         // by one that was not what was asked for
};

static bool
given_up(const struct walk *walk)
{
    return walk->abort && atomic_load(walk->abort);
}

// An even share of what is left.
static int
share_ms(struct mono end, int least_ms, size_t among)
{
    int share = mono_ms_until(end) / (int)among;

    return share > least_ms ? share : least_ms;
}

static bool
finish_connecting(struct wire *wire, struct mono deadline, struct error *err)
{
    short events = POLLOUT; // the manual: as if PGRES_POLLING_WRITING was returned

    for (;;) {
        if (!wire_wait(wire, events, deadline, err))
            return false;
        switch (PQconnectPoll(wire->connection)) {
        case PGRES_POLLING_OK:
            return true;
        case PGRES_POLLING_READING:
            events = POLLIN;
            break;
        case PGRES_POLLING_WRITING:
            events = POLLOUT;
            break;
        default:
            return wire_fail_connection(wire, "CONNECT", err);
        }
    }
}

static PGconn *
start(const struct walk *walk, const struct host *host, const char *address, const char *encoding)
{
    // What stands before dbname can be overridden by the DSN, what stands after it cannot.
    // A peer that vanished without a word is noticed after 10 + 3 x 5 s when idle, and after 15 s
    // when it owes us an acknowledgement (tcp(7): TCP_USER_TIMEOUT).
    const char *const names[] = {
        "application_name",
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "dbname",
        "client_encoding",
        "target_session_attrs",
        "host",
        "hostaddr",
        "port",
        walk->refused ? "passfile" : NULL,
        NULL,
    };
    const char *const values[] = {
        walk->settings->application_name,
        "1",
        "10",
        "5",
        "3",
        "15000",
        walk->dsn,
        encoding,
        walk->session,
        host->host,
        address,
        host->port,
        NO_FILE,
        NULL,
    };
    return PQconnectStartParams(names, values, 1);
}

static void
explain_password(const struct walk *walk, const PGconn *connection, struct error *err)
{
    if (walk->refused && PQconnectionNeedsPassword(connection))
        error_set(err, err->fault, err->code,
                  "%s; the password file %s is not used: it has to be a regular file that only its "
                  "owner can read",
                  err->text, walk->refused);
}

static void
note(struct walk *walk, const struct error *err)
{
    text_append(&walk->said, walk->said.len > 0 ? "; " : "");
    text_append(&walk->said, err->text);
}

// libpq says nothing of a silent server, and of others names only the address when it has one.
static void
name_server(const struct host *host, const char *address, bool silent, struct error *err)
{
    const char *shown = address ? address : host->host;

    if (silent && shown)
        error_prefix(err, "connection to server at \"%s\", port %s failed", shown, host->port);
    else if (silent)
        error_prefix(err, "connecting");
    if (address && host->host && !str_equal(address, host->host))
        error_prefix(err, "%s", host->host);
}

static bool
connect_as(struct walk *walk, const struct host *host, const char *address, const char *encoding,
           struct mono deadline, struct wire *ret_wire, struct error *err)
{
    struct wire wire = {.connection = start(walk, host, address, encoding), .abort = walk->abort};
    bool silent = false;

    if (wire.connection)
        notices_attach(wire.connection);
    if (!wire.connection) {
        error_set(err, FAULT_CLUSTER, "CONNECT", "libpq is out of memory");
    } else if (PQstatus(wire.connection) == CONNECTION_BAD) {
        wire_fail_connection(&wire, "CONNECT", err);
    } else if (finish_connecting(&wire, deadline, err)) {
        PQsetnonblocking(wire.connection, 1);
        *ret_wire = wire;
        return true;
    } else {
        silent = PQstatus(wire.connection) != CONNECTION_BAD;
    }
    walk->let_in |= PQparameterStatus(wire.connection, "server_version") != NULL;
    name_server(host, address, silent, err);
    explain_password(walk, wire.connection, err);
    note(walk, err);
    wire_close(&wire);
    return false;
}

// A database in SQL_ASCII may hold any bytes. For a client in UTF8 the server checks them, and one
// row that is none would fail every claim; for one in SQL_ASCII they travel as they are
// (PostgreSQL's manual, "Character Set Support"). Nobody knows a database's encoding before.
static bool
try_address(struct walk *walk, const struct host *host, const char *address, int patience_ms,
            struct wire *ret_wire, struct error *err)
{
    struct mono deadline = mono_add_ms(mono_now(), patience_ms);

    if (!connect_as(walk, host, address, "UTF8", deadline, ret_wire, err))
        return false;
    if (!str_equal(PQparameterStatus(ret_wire->connection, "server_encoding"), "SQL_ASCII"))
        return true;
    wire_close(ret_wire);
    return connect_as(walk, host, address, "SQL_ASCII", deadline, ret_wire, err);
}

static bool
fail_lookup(struct walk *walk, const struct host *host, int code, struct error *err)
{
    error_set(err, FAULT_CLUSTER, "CONNECT", "could not look up host \"%s\": %s", host->host,
              gai_strerror(code));
    note(walk, err);
    return false;
}

static bool
has_name(const struct host *host)
{
    // An absolute path is a socket's directory, '@' an abstract one (libpq's is_unixsock_path).
    return !host->hostaddr && host->host && host->host[0] != '/' && host->host[0] != '@';
}

static bool
try_addresses(struct walk *walk, const struct host *host, const struct addrinfo *addresses,
              int patience_ms, struct wire *ret_wire, struct error *err)
{
    struct mono end = mono_add_ms(mono_now(), patience_ms);
    size_t left = 0;

    for (const struct addrinfo *a = addresses; a; a = a->ai_next)
        left++;
    for (const struct addrinfo *a = addresses; a; a = a->ai_next, left--) {
        char address[NI_MAXHOST];
        int code = getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof address, NULL, 0,
                               NI_NUMERICHOST);
        if (code != 0)
            fail_lookup(walk, host, code, err);
        else if (try_address(walk, host, address, share_ms(end, 1, left), ret_wire, err))
            return true;
    }
    return false;
}

static bool
try_host(struct walk *walk, const struct host *host, size_t left, struct wire *ret_wire,
         struct error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;

    if (!has_name(host))
        return try_address(walk, host, host->hostaddr, share_ms(walk->end, walk->least_ms, left),
                           ret_wire, err);
    int code = getaddrinfo(host->host, NULL, &hints, &addresses);
    if (code != 0)
        return fail_lookup(walk, host, code, err);
    bool good = try_addresses(walk, host, addresses, share_ms(walk->end, walk->least_ms, left),
                              ret_wire, err);
    freeaddrinfo(addresses);
    return good;
}

static bool
try_hosts(struct walk *walk, const struct hosts *hosts, struct wire *ret_wire, struct error *err)
{
    int timeout_ms = walk->settings->connect_timeout_ms;

    walk->end = mono_add_ms(mono_now(), timeout_ms);
    walk->least_ms = timeout_ms / (int)hosts->count;
    text_clear(&walk->said);
    for (size_t i = 0; i < hosts->count; i++) {
        if (given_up(walk))
            return error_set(err, FAULT_CLUSTER, "ABORTED", "given up: told to stop at once");
        if (try_host(walk, &hosts->list[i], hosts->count - i, ret_wire, err))
            return true;
    }
    return error_set(err, FAULT_CLUSTER, err->code, "%s", text_str(&walk->said));
}

static bool
try_passes(struct walk *walk, const struct hosts *hosts, struct wire *ret_wire, struct error *err)
{
    for (size_t i = 0; i < sizeof preferences / sizeof *preferences; i++) {
        if (!str_equal(hosts->session, preferences[i].session))
            continue;
        walk->session = preferences[i].first;
        if (try_hosts(walk, hosts, ret_wire, err))
            return true;
        walk->session = preferences[i].then;
        return walk->let_in && try_hosts(walk, hosts, ret_wire, err);
    }
    walk->session = hosts->session;
    return try_hosts(walk, hosts, ret_wire, err);
}

bool
reach_open(const struct store_settings *settings, const char *dsn, const atomic_bool *abort,
           struct wire *ret_wire, struct error *err)
{
    struct walk walk = {.settings = settings, .dsn = dsn, .abort = abort};
    struct hosts hosts;

    if (!store_check_dsn(dsn, err))
        return false;
    hosts_find(dsn, settings->standby_will_do ? PREFER_PRIMARY : "read-write", &hosts);
    walk.refused = hosts.refused;
    bool good = try_passes(&walk, &hosts, ret_wire, err);
    hosts_free(&hosts);
    text_free(&walk.said);
    return good;
}
