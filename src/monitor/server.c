// SPDX-License-Identifier: Apache-2.0
//
// The HTTP server.
//
// libmicrohttpd speaks the protocol, on one thread that serves all connections; here is what may be
// asked, and what everything that is answered carries. Answers are made from a snapshot, so a slow
// reader holds nothing up. There is nothing to send: a request's body is thrown away.
#include "server.h"

#include "assets.h"
#include "metrics_private.h"
#include "page.h"
#include "readiness.h"
#include "status.h"

#include "outrider/base/address.h"
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECTIONS = 32,          // at a time; more are turned away
    IDLE_S = 10,               // how long one may say nothing
    REQUEST_BYTES = 16 * 1024, // a request with all its headers
};

struct server {
    struct MHD_Daemon *daemon;
    struct state *state;
};

// What can be asked for: appends the answer and returns its status code.
struct route {
    const char *path;
    const char *type;
    unsigned (*answer)(const struct snapshot *snapshot, struct text *out);
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
    {"/", "text/html; charset=utf-8", page_answer},
    {"/style.css", "text/css; charset=utf-8", answer_style},
    {"/icon.svg", "image/svg+xml", answer_icon},
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics_answer},
    {"/healthz", "application/json", readiness_answer_health},
    {"/readyz", "application/json", readiness_answer},
    {"/status.json", "application/json", status_answer},
    {"/status.txt", "text/plain; charset=utf-8", status_answer_line},
};

// The page needs a stylesheet and an icon of ours, and nothing else in the world.
static const struct {
    const char *name, *value;
} headers[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
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
    return reply(connection, status, "text/plain; charset=utf-8", &body);
}

static enum MHD_Result
answer(struct server *server, struct MHD_Connection *connection, const char *path)
{
    const struct route *route = NULL;
    struct snapshot snapshot;
    struct text body = {0};

    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (str_equal(routes[i].path, path))
            route = &routes[i];
    if (route == NULL)
        return refuse(connection, MHD_HTTP_NOT_FOUND,
                      "not found; there are /, /metrics, /healthz, /readyz, /status.json and "
                      "/status.txt\n");
    state_snapshot(server->state, &snapshot);
    const unsigned status = route->answer(&snapshot, &body);
    snapshot_free(&snapshot);
    return reply(connection, status, route->type, &body);
}

// Called first when a request's head is there, then for each part of a body, then without one.
static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *body, size_t *body_bytes, void **seen)
{
    (void)version, (void)body;
    if (!str_equal(method, MHD_HTTP_METHOD_GET) && !str_equal(method, MHD_HTTP_METHOD_HEAD))
        return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
    if (*seen == NULL || *body_bytes > 0) {
        *seen = connection;
        *body_bytes = 0;
        return MHD_YES;
    }
    return answer(context, connection, path);
}

// Signals are the main thread's, and those of libmicrohttpd inherit what is blocked here.
static struct MHD_Daemon *
start_daemon(int fd, struct server *server)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, server,
                         MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                         (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

bool
server_start(const char *listen, struct state *state, struct server **ret_server, struct error *err)
{
    struct address address, bound;
    int fd;

    if (!address_parse(listen, &address, err) || !address_listen(&address, &fd, &bound, err))
        return false;
    struct server *server = xcalloc(1, sizeof *server);
    server->state = state;
    server->daemon = start_daemon(fd, server);
    if (server->daemon == NULL) {
        close(fd);
        free(server);
        return error_set(err, FAULT_CLUSTER, "ADDRESS", "%s: the HTTP server cannot start", listen);
    }
    LOG(LOG_INFO, "http_listening", LOG_STR("host", bound.host), LOG_STR("port", bound.port));
    *ret_server = server;
    return true;
}

void
server_stop(struct server *server)
{
    if (server == NULL)
        return;
    MHD_stop_daemon(server->daemon);
    free(server);
}
