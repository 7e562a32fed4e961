// SPDX-License-Identifier: Apache-2.0
// Looks at the table every 15 seconds.
//
// A guest of the database: one session, short read-only transactions, every statement with a
// deadline on both sides, counts that stop at a limit. When a look takes long, the next one waits
// until it was less than a twentieth of the time. So a scrape costs the database nothing, however
// often it comes.
#include "sampler.h"

#include "outrider/base/clock.h"
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    STATEMENT_MS = 5000, // a look gives up before the next is due
    SPARING = 20,        // a look may take so much less than the time between two
    STOP_MS = 1000,      // how long a stop waits for it
};

struct sampler {
    pthread_t thread;
    int wake; // an eventfd, readable when it is to stop
    atomic_bool stop;
    struct state *state;
    const struct settings *settings;
    struct store_settings store; // with deadlines of a guest's
    struct report *report;       // NULL: not connected
    bool told;                   // that it fails was said
    struct mono next_look;
    // The counters at the last point:
    struct mono since;
    uint64_t published;
    struct histogram mark;
};

// Also frees what came, when not all did.
static bool
ask(struct sampler *sampler, struct sample *sample, struct error *err)
{
    const struct template *topic = &sampler->settings->relay.envelope.topic;
    __attribute__((cleanup(text_free))) struct text pids = {0};

    if (sampler->report == NULL &&
        !report_open_until(&sampler->store, &sampler->stop, &sampler->report, err))
        return false;
    state_append_pids(sampler->state, &pids);
    return report_backlog(sampler->report, topic, SAMPLE_ROWS, &sample->backlog, err) &&
           (sample->backlog.dead == 0 ||
            report_dead_reasons(sampler->report, topic, SAMPLE_ROWS, SAMPLE_REASONS,
                                &sample->reasons, err)) &&
           report_fellows(sampler->report, text_str(&pids), &sample->fellows, err);
}

// Said once, until it goes well again; when the lanes have no connection either, they say it.
static void
fail(struct sampler *sampler, const struct error *err)
{
    report_close(sampler->report);
    sampler->report = NULL;
    if (atomic_load(&sampler->stop))
        return;
    state_put_failure(sampler->state, err);
    if (sampler->told || !state_connected(sampler->state))
        return;
    sampler->told = true;
    LOG(LOG_WARN, "sample_failed", LOG_FAULT(err),
        LOG_STR("next", "tried again every 15 s; until then nobody knows the backlog"));
}

// The table, when that is due; the point tells of it.
static void
look(struct sampler *sampler, struct point *point)
{
    struct sample *sample = xcalloc(1, sizeof *sample);
    struct error err;

    sample->references = 1;
    sample->at = mono_now();
    sample->at_us = wall_us();
    const bool good = ask(sampler, sample, &err);
    if (!good)
        fail(sampler, &err);
    if (!good || atomic_load(&sampler->stop)) { // its settings may be old by now
        sample_drop(sample);
        return;
    }
    sampler->told = false;
    sample->took_ms = mono_diff_ns(mono_now(), sample->at) / 1000000;
    sample->version = report_version(sampler->report);
    sampler->next_look = mono_add_ms(sample->at, SPARING * sample->took_ms);
    point->counted = true;
    point->capped = sample->backlog.capped;
    point->backlog = sample->backlog.messages;
    point->oldest_age_ms =
        sample->backlog.oldest_age_ms == BACKLOG_AGELESS ? 0 : sample->backlog.oldest_age_ms;
    state_put_sample(sampler->state, sample);
}

// What was published since the last point, and how fast.
static void
take_rate(struct sampler *sampler, struct point *point)
{
    struct stats stats;
    struct histogram since;
    const struct mono now = mono_now();
    const int64_t ns = mono_diff_ns(now, sampler->since);

    state_stats(sampler->state, &stats);
    histogram_since(&stats.delivery, &sampler->mark, &since);
    point->rate = ns > 0 ? (double)(stats.published - sampler->published) * 1e9 / (double)ns : 0;
    point->p50_us = histogram_quantile_us(&since, 0.5);
    point->p99_us = histogram_quantile_us(&since, 0.99);
    sampler->published = stats.published;
    sampler->since = now;
}

static void
wait_until(const struct sampler *sampler, struct mono until)
{
    struct pollfd wake = {.fd = sampler->wake, .events = POLLIN};

    while (!atomic_load(&sampler->stop) && !mono_passed(until))
        poll(&wake, 1, mono_ms_until(until));
}

static void *
run(void *argument)
{
    struct sampler *sampler = argument;
    struct point point = {0};

    take_rate(sampler, &point); // what was before is no part of the first point
    look(sampler, &point);
    for (;;) {
        wait_until(sampler, mono_add_ms(sampler->since, SAMPLE_MS));
        if (atomic_load(&sampler->stop))
            break;
        point = (struct point){.at_us = wall_us()};
        take_rate(sampler, &point);
        if (mono_passed(sampler->next_look))
            look(sampler, &point);
        state_put_point(sampler->state, &point);
    }
    report_close(sampler->report);
    return NULL;
}

static int
least(int a, int b)
{
    return a < b ? a : b;
}

// Signals are the main thread's.
struct sampler *
sampler_start(const struct settings *settings, struct state *state)
{
    struct sampler *sampler = xcalloc(1, sizeof *sampler);
    sigset_t all, before;

    sampler->settings = settings;
    sampler->state = state;
    sampler->store = settings->store;
    sampler->store.standby_will_do = true; // to look
    sampler->store.statement_timeout_ms = least(settings->store.statement_timeout_ms, STATEMENT_MS);
    sampler->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed =
        sampler->wake < 0 ? errno : pthread_create(&sampler->thread, NULL, run, sampler);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) { // as bad as no memory, and as safe: a restart begins anew
        LOG(LOG_ERROR, "thread_failed", LOG_STR("error", strerror(failed)));
        abort();
    }
    pthread_setname_np(sampler->thread, "sampler");
    return sampler;
}

bool
sampler_stop(struct sampler *sampler)
{
    const uint64_t one = 1;
    struct timespec until;

    if (sampler == NULL)
        return true;
    atomic_store(&sampler->stop, true);
    if (write(sampler->wake, &one, sizeof one) < 0)
        abort(); // an eventfd takes it
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MS / 1000;
    if (pthread_timedjoin_np(sampler->thread, NULL, &until) != 0) {
        pthread_detach(sampler->thread);
        return false;
    }
    close(sampler->wake);
    free(sampler);
    return true;
}
