// SPDX-License-Identifier: Apache-2.0
//
// What the log has of a run: its beginning, each minute, its end.
#include "run_log.h"

#include "outrider/base/log.h"
#include "outrider/base/version.h"
#include "outrider/config/settings.h"

enum { REPORT_MS = 60000, MS_US = 1000 };

void
run_log_started(const struct settings *settings)
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
void
run_log_stopped(const struct stats *stats, struct mono started)
{
    const int64_t elapsed_ms = mono_diff_ns(mono_now(), started) / 1000000;
    struct figures figures;
    figures_take(stats, &figures);
    LOG(LOG_INFO, "relay_stopped", LOG_INT("published", figures.published),
        LOG_INT("published_bytes", figures.published_bytes),
        LOG_INT("failed_attempts", figures.failed_attempts), LOG_INT("dead", figures.dead),
        LOG_INT("possible_duplicates", figures.possible_duplicates),
        LOG_INT("order_breaks", figures.order_breaks),
        LOG_FLOAT("seconds", (double)elapsed_ms / 1000),
        LOG_FLOAT("rate", figures_rate(figures.published, elapsed_ms)),
        LOG_FLOAT("delivery_p50_ms", ms(figures.p50_us)),
        LOG_FLOAT("delivery_p99_ms", ms(figures.p99_us)),
        LOG_FLOAT("delivery_p999_ms", ms(figures.p999_us)),
        LOG_FLOAT("cpu_seconds", (double)figures.cpu_us / 1e6),
        LOG_FLOAT("cpu_us_per_message", figures_cpu_us_per_message(&figures)),
        LOG_INT("peak_memory_bytes", figures.peak_bytes));
}

void
run_log_suppressed(bool all)
{
    struct suppressed lines;

    while (log_take_suppressed(all, &lines))
        LOG(LOG_WARN, "lines_suppressed", LOG_STR("of", lines.event), LOG_STR("code", lines.code),
            LOG_INT("suppressed", lines.count),
            LOG_STR("next", log_enabled(LOG_DEBUG) ? "others decide how many there are: no level "
                                                     "of the log shows all of them"
                                                   : "log.level debug shows every line"));
}

void
run_log_minute_start(struct minute *minute)
{
    minute->since = mono_now();
    minute->next = mono_add_ms(minute->since, REPORT_MS);
}

// What went through since the last line. A quiet minute is said at debug level only.
void
run_log_minute(struct minute *minute, const struct stats *stats)
{
    struct figures now;
    struct histogram delivery;
    if (!mono_passed(minute->next))
        return;
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
    minute->next = mono_add_ms(minute->next, REPORT_MS);
}
