// SPDX-License-Identifier: Apache-2.0
//
// outrider run: the daemon's main thread.
//
// The lanes do the work; this thread waits for signals, says once a minute what went through, and
// sees to it that the process ends when it is asked to.
#include "command.h"
#include "exits.h"
#include "figures.h"
#include "stop.h"

#include "outrider/base/clock.h"
#include "outrider/base/log.h"
#include "outrider/base/notify.h"
#include "outrider/base/signals.h"
#include "outrider/base/version.h"
#include "outrider/config/settings.h"
#include "outrider/relay/relay.h"

#include <poll.h>
#include <stdio.h>

enum { REPORT_MS = 60000, MS_US = 1000 };

// What the last report said, so that the next tells the minute in between.
struct minute {
    struct mono since;
    struct figures figures;
    struct histogram mark;
};

static void
log_started(const struct settings *settings)
{
    LOG(LOG_INFO, "relay_started", LOG_STR("version", OUTRIDER_VERSION),
        LOG_STR("table", settings->store.table), LOG_INT("lanes", settings->relay.lanes));
}

static double
ms(int64_t us)
{
    return (double)us / MS_US;
}

// All that a supervisor's log needs of a run. The latencies are an upper bound for commit to
// acknowledgement: created_at is set before the commit.
static void
log_stopped(const struct figures *figures, struct mono started)
{
    const int64_t elapsed_ms = mono_diff_ns(mono_now(), started) / 1000000;
    LOG(LOG_INFO, "relay_stopped", LOG_INT("published", figures->published),
        LOG_INT("published_bytes", figures->published_bytes),
        LOG_INT("failed_attempts", figures->failed_attempts), LOG_INT("dead", figures->dead),
        LOG_INT("possible_duplicates", figures->possible_duplicates),
        LOG_INT("order_breaks", figures->order_breaks),
        LOG_FLOAT("seconds", (double)elapsed_ms / 1000),
        LOG_FLOAT("rate", figures_rate(figures->published, elapsed_ms)),
        LOG_FLOAT("delivery_p50_ms", ms(figures->p50_us)),
        LOG_FLOAT("delivery_p99_ms", ms(figures->p99_us)),
        LOG_FLOAT("cpu_seconds", (double)figures->cpu_us / 1e6),
        LOG_FLOAT("cpu_us_per_message", figures_cpu_us_per_message(figures)),
        LOG_INT("peak_memory_bytes", figures->peak_bytes));
}

// What went through since the last line. A quiet minute is said at debug level only.
static void
log_minute(struct minute *minute, const struct stats *stats)
{
    struct figures now;
    struct histogram delivery;
    figures_take(stats, &now);
    histogram_since(&stats->delivery, &minute->mark, &delivery);

    const int64_t published = now.published - minute->figures.published;
    const int64_t failed = now.failed_attempts - minute->figures.failed_attempts;
    const int64_t elapsed_ms = mono_diff_ns(mono_now(), minute->since) / 1000000;
    LOG(published > 0 || failed > 0 ? LOG_INFO : LOG_DEBUG, "relay_progress",
        LOG_INT("published", published), LOG_FLOAT("rate", figures_rate(published, elapsed_ms)),
        LOG_INT("failed_attempts", failed), LOG_INT("dead", now.dead - minute->figures.dead),
        LOG_FLOAT("delivery_p50_ms", ms(histogram_quantile_us(&delivery, 0.5))),
        LOG_FLOAT("delivery_p99_ms", ms(histogram_quantile_us(&delivery, 0.99))),
        LOG_INT("published_total", now.published));
    minute->figures = now;
    minute->since = mono_now();
}

// Returns when the process is asked to end, or when the lanes have ended by themselves.
static void
watch(struct relay *relay)
{
    struct minute minute = {.since = mono_now()};
    struct mono next_report = mono_add_ms(minute.since, REPORT_MS);
    struct pollfd signal_fd = {.fd = signals_fd(), .events = POLLIN};

    while (signals_take().terminate == 0 && !relay_wait(relay, 0)) {
        if (mono_passed(next_report)) {
            log_minute(&minute, relay_stats(relay));
            next_report = mono_add_ms(next_report, REPORT_MS);
        }
        const int until_report = mono_ms_until(next_report);
        poll(&signal_fd, 1, until_report < 1000 ? until_report : 1000);
    }
}

// Ready once the lanes run, servers reachable or not: waiting for a server is their work, and a
// supervisor that restarts us for it would only make it worse.
int
cmd_run(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    const struct relay_goal forever = {0};
    struct figures figures;
    struct error err;

    if (!signals_start(&err)) {
        exit_with_error("run", &err);
        return EX_SOFTWARE;
    }
    const struct mono started = mono_now();
    struct relay *relay =
        relay_start(&settings->relay, &settings->store, &settings->producer, &forever);
    log_started(settings);
    notify_send("READY=1");
    watch(relay);
    notify_send("STOPPING=1");
    LOG(LOG_INFO, "relay_stopping", LOG_INT("stop_timeout_ms", settings->relay.stop_timeout_ms));
    const bool ended = stop_relay(relay, settings->relay.stop_timeout_ms, NULL, NULL);
    figures_take(relay_stats(relay), &figures);
    log_stopped(&figures, started);
    if (!ended)
        stop_abandon(EX_SOFTWARE);
    relay_free(relay);
    signals_stop();
    return EX_OK;
}
