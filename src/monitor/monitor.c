// SPDX-License-Identifier: Apache-2.0
//
// The monitor: a server, a sampler, and what they show.
//
// Two threads beside the relay's: one answers HTTP, one looks at the table. Both know the relay
// only through struct state, whose lock no lane ever takes.
#include "outrider/monitor/monitor.h"

#include "recent.h"
#include "sampler.h"
#include "server.h"
#include "state.h"

#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>

struct monitor {
    struct state *state;
    struct server *server;   // NULL: none
    char *listen;            // as configured; NULL: nowhere
    struct sampler *sampler; // NULL: none
    bool abandoned;          // a sampler that may still use the state
};

static bool
move(struct monitor *monitor, const char *listen, struct error *err)
{
    struct server *server = NULL;

    if (str_equal(monitor->listen, listen))
        return true;
    if (listen != NULL && !server_start(listen, monitor->state, &server, err))
        return error_prefix(err, "http.listen");
    server_stop(monitor->server);
    free(monitor->listen);
    monitor->server = server;
    monitor->listen = listen == NULL ? NULL : xstrdup(listen);
    return true;
}

bool
monitor_move(struct monitor *monitor, const struct settings *settings, struct error *err)
{
    if (!move(monitor, settings->http_listen, err))
        return false;
    state_set_hosts(monitor->state, settings);
    return true;
}

bool
monitor_open(const struct settings *settings, const char *config_file, struct monitor **ret_monitor,
             struct error *err)
{
    struct monitor *monitor = xcalloc(1, sizeof *monitor);

    monitor->state = state_new(config_file);
    if (!monitor_move(monitor, settings, err)) {
        monitor_close(monitor);
        return false;
    }
    log_observe(recent_observe);
    *ret_monitor = monitor;
    return true;
}

void
monitor_watch(struct monitor *monitor, const struct settings *settings, const struct relay *relay,
              const struct stats *past)
{
    state_watch(monitor->state, settings, relay, past);
    if (monitor->server != NULL)
        monitor->sampler = sampler_start(settings, monitor->state);
}

void
monitor_announce_end(struct monitor *monitor, bool for_good)
{
    state_announce_end(monitor->state, for_good);
}

bool
monitor_unwatch(struct monitor *monitor)
{
    state_unwatch(monitor->state);
    const bool ended = sampler_stop(monitor->sampler);
    monitor->sampler = NULL;
    monitor->abandoned |= !ended;
    return ended;
}

void
monitor_note_reload(struct monitor *monitor, bool good)
{
    state_note_reload(monitor->state, good);
}

void
monitor_note_settings(struct monitor *monitor, const struct settings *settings)
{
    state_note_settings(monitor->state, settings);
}

void
monitor_close(struct monitor *monitor)
{
    log_observe(NULL);
    server_stop(monitor->server);
    if (!monitor->abandoned)
        state_free(monitor->state);
    free(monitor->listen);
    free(monitor);
}
