// SPDX-License-Identifier: Apache-2.0
//
// outrider run: the daemon's main thread.
//
// The lanes do the work; this thread waits for signals, watches the lanes, says once a minute what
// went through, and sees to it that the process ends when it is asked to.
//
// A reload ends the relay and starts another one in the same process, so everything that can be
// configured can change; but for keys that lanes have nothing to do with, which are taken at once:
// who wants to see more of a bad night's log must not disturb it. The counters of relays that have
// ended are kept: nobody sees them go back.
#include "check.h"
#include "command.h"
#include "configure.h"
#include "exits.h"
#include "pause.h"
#include "run_log.h"
#include "stall.h"
#include "stop.h"
#include "supervise.h"

#include "outrider/base/clock.h"
#include "outrider/base/log.h"
#include "outrider/base/signals.h"
#include "outrider/base/xalloc.h"
#include "outrider/monitor/monitor.h"

#include <poll.h>
#include <stdlib.h>

struct run {
    const struct config_sources *sources;
    struct settings *first;    // of the start; main's
    struct settings *settings; // in force
    struct settings *of_lanes; // what they borrow; differs in what they have nothing to do with
    struct health_limits limits;
    struct relay *relay; // NULL: ended
    struct stats past;   // of the relays before it
    struct minute minute;
    struct stall stall;
    struct pause pause;
    struct supervision supervision;
    struct monitor *monitor;
    const struct settings *lent; // to a thread that hangs: they must not be freed
    bool abandoned;              // some such thread is left
};

// Frees what a reload brought and nobody uses any more.
static void
let_go(const struct run *run, struct settings *settings)
{
    if (settings == run->first || settings == run->settings || settings == run->of_lanes ||
        settings == run->lent)
        return;
    settings_free(settings);
    free(settings);
}

static void
put_in_force(struct run *run, struct settings *settings)
{
    struct settings *before = run->settings;
    run->settings = settings;
    let_go(run, before);
}

static void
lend_to_lanes(struct run *run, struct settings *settings)
{
    struct settings *before = run->of_lanes;
    run->of_lanes = settings;
    let_go(run, before);
}

static void
forget_settings(struct run *run)
{
    lend_to_lanes(run, run->first);
    put_in_force(run, run->first);
}

static void
begin_relay(struct run *run)
{
    const struct settings *settings = run->settings;
    lend_to_lanes(run, run->settings);
    run->limits = health_limits(&settings->relay, &settings->store);
    run->relay = relay_start(&settings->relay, &settings->store, &settings->producer,
                             &(struct relay_goal){.paused = run->pause.on, .purge = true});
    monitor_watch(run->monitor, settings, run->relay, &run->past);
    run->stall.lanes_began = mono_now();
}

// Of this process: all relays together.
static void
take_stats(const struct run *run, struct stats *ret_sum)
{
    *ret_sum = run->past;
    if (run->relay != NULL)
        stats_add(ret_sum, relay_stats(run->relay));
}

// The watchdog is fed while lanes finish, too. A reload that nobody cut short by a signal has time,
// as long as no lane is stuck: a name is perhaps being looked up, which has no end of ours.
static bool
beat(void *context)
{
    struct run *run = context;
    const struct health health = relay_health(run->relay, &run->limits, mono_now());
    supervise_beat(&run->supervision, &health);
    return signals_terminations() == 0 && health.worst != LANE_STUCK;
}

// False when the lanes do not end.
static bool
end_relay(struct run *run, bool for_good)
{
    if (run->relay == NULL)
        return true;
    monitor_announce_end(run->monitor, for_good);
    if (!stop_relay(run->relay, run->settings->relay.stop_timeout_ms, beat, run))
        return false;
    if (!monitor_unwatch(run->monitor)) {
        run->lent = run->of_lanes;
        run->abandoned = true;
    }
    stats_add(&run->past, relay_stats(run->relay));
    relay_free(run->relay);
    run->relay = NULL;
    return true;
}

static void
tell_shadowed(const struct run *run, const struct settings *settings)
{
    __attribute__((cleanup(text_free))) struct text keys = {0};
    settings_append_shadowed(&keys, run->settings, settings);
    if (keys.len > 0)
        LOG(LOG_WARN, "reload_shadowed", LOG_STR("keys", text_str(&keys)),
            LOG_STR("next",
                    "what the file says of them is not taken: the environment or -o decides, "
                    "as it was when the process started; change it there and restart"));
}

static void
refuse(const struct run *run)
{
    monitor_note_reload(run->monitor, false);
    LOG(LOG_ERROR, "reload_failed", LOG_STR("next", "the configuration stays as it was"));
}

// The configuration as it is now; NULL when it is wrong or as it was, which is said.
static struct settings *
read_again(const struct run *run, struct text *ret_changed, bool *ret_lanes)
{
    __attribute__((cleanup(text_free))) struct text errors = {0};
    struct settings *settings = xcalloc(1, sizeof *settings);
    if (!configure(run->sources, settings, &errors)) {
        configure_log(LOG_ERROR, "config_error", &errors);
        refuse(run);
        free(settings);
        return NULL;
    }
    tell_shadowed(run, settings);
    *ret_lanes = settings_append_differences(ret_changed, run->settings, settings);
    if (ret_changed->len > 0)
        return settings;
    monitor_note_reload(run->monitor, true);
    LOG(LOG_INFO, "reload_unchanged", LOG_STR("next", "nothing is restarted"));
    settings_free(settings);
    free(settings);
    return NULL;
}

static void
tell_reloaded(const struct text *changed, bool lanes, struct mono began)
{
    LOG(LOG_INFO, "reloaded", LOG_STR("changed", text_str(changed)),
        LOG_BOOL("lanes_restarted", lanes),
        LOG_INT("took_ms", mono_diff_ns(mono_now(), began) / 1000000));
}

// False when the lanes do not end. Told to terminate meanwhile, it starts no other relay.
static bool
restart_relay(struct run *run, struct settings *settings, const struct text *changed)
{
    const struct mono began = mono_now();
    LOG(LOG_INFO, "reloading", LOG_STR("changed", text_str(changed)),
        LOG_STR("next", "the batches in hand are finished"));
    const bool ended = end_relay(run, false);
    put_in_force(run, settings);
    if (!ended || signals_terminations() > 0)
        return ended;
    begin_relay(run);
    tell_reloaded(changed, true, began);
    return true;
}

// Before anything is stopped: an address that cannot be had is a mistake like any other.
static bool
move_monitor(const struct run *run, const struct settings *settings)
{
    struct error err;
    if (monitor_move(run->monitor, settings, &err)) {
        monitor_note_reload(run->monitor, true);
        return true;
    }
    LOG(LOG_ERROR, "config_error", LOG_STR("text", err.text));
    refuse(run);
    return false;
}

static bool
reload(struct run *run)
{
    __attribute__((cleanup(text_free))) struct text changed = {0};
    const struct mono began = mono_now();
    bool lanes, good = true;

    supervise_reloading();
    struct settings *settings = read_again(run, &changed, &lanes);
    if (settings != NULL && !move_monitor(run, settings)) {
        settings_free(settings);
        free(settings);
        settings = NULL;
    }
    if (settings != NULL && lanes) {
        good = restart_relay(run, settings, &changed);
    } else if (settings != NULL) {
        put_in_force(run, settings);
        monitor_note_settings(run->monitor, settings);
        tell_reloaded(&changed, false, began);
    }
    supervise_ready();
    return good;
}

// A pause ends whatever stall there was: what holds lanes up afterwards is told anew.
static void
obey(struct run *run, const struct signals *signals)
{
    if (pause_obey(&run->pause, run->relay, signals))
        run->stall.told = LANE_WELL;
}

// What is due now and then. A lane that rests is not held up by anything.
static void
look(struct run *run)
{
    struct stats stats;
    const struct health health = relay_health(run->relay, &run->limits, mono_now());
    take_stats(run, &stats);
    if (!run->pause.on || health.worst == LANE_STUCK)
        stall_watch(&run->stall, run->relay, &health);
    pause_watch(&run->pause, run->relay);
    supervise_beat(&run->supervision, &health);
    supervise_status(&run->supervision, run->relay, &health, (int64_t)stats.published);
    run_log_minute(&run->minute, &stats);
    run_log_suppressed(false);
}

// Returns when the process is asked to end, or when the lanes have ended by themselves; false when
// lanes did not end for a reload.
static bool
watch(struct run *run)
{
    struct pollfd signal_fd = {.fd = signals_fd(), .events = POLLIN};

    for (;;) {
        const struct signals signals = signals_take();
        if (signals.terminate > 0)
            return true;
        if (signals.reload && !reload(run))
            return false;
        if (run->relay == NULL || relay_wait(run->relay, 0))
            return true;
        obey(run, &signals);
        look(run);
        poll(&signal_fd, 1, supervise_wait_ms(&run->supervision));
    }
}

// Ready once the lanes run, servers reachable or not: waiting for a server is their work, and a
// supervisor that restarts us for it would only make it worse.
int
cmd_run(const struct invocation *invocation)
{
    struct settings first = *invocation->settings;
    struct run run = {
        .sources = invocation->sources, .first = &first, .settings = &first, .of_lanes = &first};
    struct stats stats;
    struct error err;

    if (!signals_start(&err)) {
        exit_with_error("run", &err);
        return EX_SOFTWARE;
    }
    if (!monitor_open(run.settings, run.sources->file, &run.monitor, &err)) {
        exit_with_error("run", &err);
        signals_stop();
        return EX_CONFIG;
    }
    const struct mono started = mono_now();
    run_log_minute_start(&run.minute);
    supervise_start(&run.supervision);
    begin_relay(&run);
    run_log_started(run.settings);
    check_log_unprotected(run.settings);
    supervise_ready();
    bool ended = watch(&run);
    supervise_stopping(run.settings->relay.stop_timeout_ms);
    if (ended) {
        LOG(LOG_INFO, "relay_stopping",
            LOG_INT("stop_timeout_ms", run.settings->relay.stop_timeout_ms));
        ended = end_relay(&run, true);
    }
    take_stats(&run, &stats);
    run_log_suppressed(true);
    run_log_stopped(&stats, started);
    if (!ended || run.abandoned)
        stop_abandon(ended ? EX_OK : EX_SOFTWARE);
    monitor_close(run.monitor);
    forget_settings(&run);
    supervise_end(&run.supervision);
    signals_stop();
    return EX_OK;
}
