// SPDX-License-Identifier: Apache-2.0
//
// What a long index build is doing.
//
// CREATE INDEX CONCURRENTLY waits for every older transaction of the database, without limit: a
// session forgotten in a transaction can hold it up for a day. The connection that runs it cannot
// tell, so a thread with one of its own asks the progress view. It is opened only when the
// statement takes long, and failing to open it is no error: progress is a courtesy.
#include "watch.h"

#include "sql.h"

#include "outrider/base/signals.h"
#include "outrider/base/xalloc.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINE_EVERY_S = 5 };

struct watch {
    const struct context *context;
    const char *what;
    pthread_t thread;
    pthread_mutex_t mutex; // of `ended`
    pthread_cond_t changed;
    bool ended;
};

// Waits for the next line's time. False: the watch has ended.
static bool
wait_for_turn(struct watch *watch)
{
    struct timespec end;
    bool ended;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += LINE_EVERY_S;
    pthread_mutex_lock(&watch->mutex);
    while (!watch->ended && pthread_cond_timedwait(&watch->changed, &watch->mutex, &end) == 0)
        continue;
    ended = watch->ended;
    pthread_mutex_unlock(&watch->mutex);
    return !ended;
}

// "claim index: building index, 40 %, waiting for pid 42".
static void
say(const struct watch *watch, const struct session_result *result)
{
    const char *phase = session_value(result, 0, 0), *percent = session_value(result, 0, 1);
    const char *pid = session_value(result, 0, 2);

    context_say(watch->context, "%s: %s%s%s%s%s%s", watch->what, phase, percent == NULL ? "" : ", ",
                percent == NULL ? "" : percent, percent == NULL ? "" : " %",
                pid == NULL ? "" : ", waiting for pid ", pid == NULL ? "" : pid);
}

// The thread. A session that broke is opened again at the next turn.
static void *
work(void *argument)
{
    enum { PATIENCE_MS = 5000 };
    struct watch *watch = argument;
    struct session *session = NULL;
    struct session_result *result;
    struct error err;
    char pid[16];
    const char *const values[] = {pid};

    signals_block();
    snprintf(pid, sizeof pid, "%d", watch->context->facts.pid);
    while (wait_for_turn(watch)) {
        if (session == NULL && !session_open(watch->context->settings, true, NULL, &session, &err))
            continue;
        if (session_run(session, sql_schema_index_progress, values, 1, PATIENCE_MS, &result,
                        &err) &&
            session_expect(&result, "tLL", 1, &err)) {
            say(watch, result);
            session_result_free(result);
        } else {
            session_close(session);
            session = NULL;
        }
    }
    session_close(session);
    return NULL;
}

struct watch *
watch_start(const struct context *context, const char *what)
{
    if (context->progress == NULL)
        return NULL;
    struct watch *watch = xmalloc(sizeof *watch);
    *watch = (struct watch){.context = context, .what = what};
    pthread_mutex_init(&watch->mutex, NULL);
    pthread_cond_init(&watch->changed, NULL);
    if (pthread_create(&watch->thread, NULL, work, watch) == 0)
        return watch;
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->mutex);
    free(watch);
    return NULL;
}

void
watch_stop(struct watch *watch)
{
    if (watch == NULL)
        return;
    pthread_mutex_lock(&watch->mutex);
    watch->ended = true;
    pthread_cond_signal(&watch->changed);
    pthread_mutex_unlock(&watch->mutex);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->changed);
    pthread_mutex_destroy(&watch->mutex);
    free(watch);
}
