// SPDX-License-Identifier: Apache-2.0
//
// The HTTP server.
//
// libmicrohttpd speaks the protocol, on one thread that serves all connections; here is what may be
// asked, by which host's name, and what everything that is answered carries. Answers are made from
// a snapshot, so a slow reader holds nothing up. There is nothing to send: a request's body is
// thrown away.
//
// The thread is the server's own: between libmicrohttpd's rounds it ends the connections whose time
// is up or that are too many (connections.h), without a lock and without a timer.
#include "server.h"

#include "assets.h"
#include "connections.h"
#include "metrics_private.h"
#include "page.h"
#include "readiness.h"
#include "status.h"

#include "outrider/base/address.h"
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    REQUEST_BYTES = 16 * 1024, // a request with all its headers
};

struct server {
    struct MHD_Daemon *daemon;
    struct state *state;
    struct connections connections; // the thread's
    pthread_t thread;
    int wake; // an eventfd, readable when the thread is to stop
    atomic_bool stop;
};

// What can be asked for: appends the answer and returns its status code.
struct route {
    const char *path;
    const char *type;
    unsigned (*answer)(const struct snapshot *snapshot, struct text *out);
    bool probed; // the status is told under whatever name: a load balancer chooses its own
};

static unsigned
answer_style(const struct snapshot *snapshot, struct text *out)
{
    (void)snapshot;
    text_append(out, asset_style_css);
    return MHD_HTTP_OK;
}

static unsigned
answer_icon(const struct snapshot *snapshot, struct text *out)
{
    (void)snapshot;
    text_append(out, asset_icon_svg);
    return MHD_HTTP_OK;
}

static const struct route routes[] = {
    {"/", "text/html; charset=utf-8", page_answer, false},
    {"/style.css", "text/css; charset=utf-8", answer_style, false},
    {"/icon.svg", "image/svg+xml", answer_icon, false},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_answer, false},
    {"/healthz", "application/json", readiness_answer_health, true},
    {"/readyz", "application/json", readiness_answer, true},
    {"/status.json", "application/json", status_answer, false},
    {"/status.txt", "text/plain; charset=utf-8", status_answer_line, false},
};

static const char plain[] = "text/plain; charset=utf-8";

// The page needs a stylesheet and an icon of ours, and nothing else in the world. No page of
// another origin may read an answer, nor embed one.
static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
};

// Takes over the text's memory.
static enum MHD_Result
reply(struct MHD_Connection *connection, unsigned status, const char *type, struct text *body)
{
    text_append(body, "");
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        text_free(body);
        return MHD_NO;
    }
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i].name, headers[i].value);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    const enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result
refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
    struct text body = {0};

    text_append(&body, why);
    return reply(connection, status, plain, &body);
}

// Asked under a name that a stranger can own, the server tells a probe the status and no more. The
// name is not repeated: it is the stranger's text.
static enum MHD_Result
answer_stranger(struct MHD_Connection *connection, bool probe, unsigned status)
{
    static const char hint[] =
        "this host's name is none of the relay's; http.hosts can name it (docs/monitoring.md)\n";

    return refuse(connection, probe ? status : MHD_HTTP_MISDIRECTED_REQUEST, hint);
}

static enum MHD_Result
answer(struct server *server, struct MHD_Connection *connection, const char *path)
{
    const struct route *route = NULL;
    struct snapshot snapshot;
    struct text body = {0};
    const bool known =
        state_allows_host(server->state, MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                                                     MHD_HTTP_HEADER_HOST));

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (str_equal(routes[i].path, path))
            route = &routes[i];
    if (!known && (route == NULL || !route->probed))
        return answer_stranger(connection, false, 0);
    if (route == NULL)
        return refuse(connection, MHD_HTTP_NOT_FOUND,
                      "not found; there are /, /metrics, /healthz, /readyz, /status.json and "
                      "/status.txt\n");
    state_snapshot(server->state, &snapshot);
    const unsigned status = route->answer(&snapshot, &body);
    snapshot_free(&snapshot);
    if (known)
        return reply(connection, status, route->type, &body);
    text_free(&body);
    return answer_stranger(connection, true, status);
}

// The place of a connection; NULL: it has none, and is not to be answered.
static struct connection *
place_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info == NULL ? NULL : info->socket_context;
}

static void
on_connection(void *context, struct MHD_Connection *connection, void **place,
              enum MHD_ConnectionNotificationCode what)
{
    struct server *server = context;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*place != NULL)
            connections_remove(*place);
        return;
    }
    const int fd =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    *place = connections_add(&server->connections, fd, address, mono_now());
}

static void
on_answered(void *context, struct MHD_Connection *connection, void **seen,
            enum MHD_RequestTerminationCode how)
{
    struct connection *place = place_of(connection);

    (void)context, (void)seen, (void)how;
    if (place != NULL)
        connections_note_answer(place, mono_now());
}

// Called first when a request's head is there, then for each part of a body, then without one.
static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *body, size_t *body_bytes, void **seen)
{
    struct connection *place = place_of(connection);

    (void)version, (void)body;
    if (place == NULL)
        return MHD_NO;
    if (*seen == NULL)
        connections_note_request(place, mono_now());
    if (!str_equal(method, MHD_HTTP_METHOD_GET) && !str_equal(method, MHD_HTTP_METHOD_HEAD))
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (*seen == NULL || *body_bytes > 0) {
        *seen = connection;
        *body_bytes = 0;
        return MHD_YES;
    }
    return answer(context, connection, path);
}

// The kernel keeps a connection to itself until its first bytes are there, for a second at most. So
// a request that comes in one piece is never a connection that waits for one.
static void
defer_accept(int fd)
{
    const int seconds = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds);
}

// How long the thread may sleep: until libmicrohttpd has something to do by itself, or some
// connection's time is up.
static int
wait_ms(const struct server *server)
{
    const int ours = connections_wait_ms(&server->connections);
    MHD_UNSIGNED_LONG_LONG theirs;

    if (MHD_get_timeout(server->daemon, &theirs) != MHD_YES ||
        (ours >= 0 && theirs > (MHD_UNSIGNED_LONG_LONG)ours))
        return ours;
    return theirs > INT_MAX ? INT_MAX : (int)theirs;
}

static void *
serve(void *argument)
{
    struct server *server = argument;
    const int epoll_fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    struct pollfd ready[] = {{.fd = epoll_fd, .events = POLLIN},
                             {.fd = server->wake, .events = POLLIN}};

    while (!atomic_load(&server->stop)) {
        poll(ready, 2, wait_ms(server));
        MHD_run(server->daemon);
        connections_shed(&server->connections, mono_now());
    }
    return NULL;
}

static struct MHD_Daemon *
start_daemon(int fd, struct server *server)
{
    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
                            MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)CONNECTIONS_ROOM, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)REQUEST_BYTES, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
                            server, MHD_OPTION_NOTIFY_COMPLETED, on_answered, NULL, MHD_OPTION_END);
}

// Signals are the main thread's.
static void
start_thread(struct server *server)
{
    sigset_t all, before;

    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed =
        server->wake < 0 ? errno : pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) { // as bad as no memory, and as safe: a restart begins anew
        LOG(LOG_ERROR, "thread_failed", LOG_STR("error", strerror(failed)));
        abort();
    }
    pthread_setname_np(server->thread, "http");
}

bool
server_start(const char *listen, struct state *state, struct server **ret_server, struct error *err)
{
    struct address address, bound;
    int fd;

    if (!address_parse(listen, &address, err) || !address_listen(&address, &fd, &bound, err))
        return false;
    defer_accept(fd);
    struct server *server = xcalloc(1, sizeof *server);
    server->state = state;
    server->daemon = start_daemon(fd, server);
    if (server->daemon == NULL) {
        close(fd);
        free(server);
        return error_set(err, FAULT_CLUSTER, "ADDRESS", "%s: the HTTP server cannot start", listen);
    }
    start_thread(server);
    LOG(LOG_INFO, "http_listening", LOG_STR("host", bound.host), LOG_STR("port", bound.port));
    *ret_server = server;
    return true;
}

void
server_stop(struct server *server)
{
    const uint64_t one = 1;

    if (server == NULL)
        return;
    atomic_store(&server->stop, true);
    if (write(server->wake, &one, sizeof one) < 0)
        abort(); // an eventfd takes it
    pthread_join(server->thread, NULL);
    MHD_stop_daemon(server->daemon);
    close(server->wake);
    free(server);
}
