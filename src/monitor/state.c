// SPDX-License-Identifier: Apache-2.0
// What the monitor knows.
//
// A relay may be looked at only while it is watched: the main thread frees it for a reload. So all
// that is shown of it is copied under the lock, and rendered behind it.
#include "state.h"

#include "host_names.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
    pthread_mutex_t lock;
    enum stage stage;
    const struct relay *relay; // NULL: none is watched
    const char *table;         // of its settings
    struct health_limits limits;
    struct stats past;
    char *config;
    char *config_file;
    bool reload_refused;
    int64_t started_us;
    int64_t reloaded_us;
    struct host_names hosts;
    struct sample *sample;
    bool sample_failed;
    struct error sample_error;
    struct point points[POINTS]; // a ring; the next goes to next_point
    size_t next_point, point_count;
};

struct state *
state_new(const char *config_file)
{
    struct state *state = xcalloc(1, sizeof *state);

    pthread_mutex_init(&state->lock, NULL);
    state->stage = STAGE_RELOADING;
    state->config_file = xstrdup_or_null(config_file);
    state->started_us = state->reloaded_us = wall_us();
    return state;
}

void
state_free(struct state *state)
{
    pthread_mutex_destroy(&state->lock);
    free(state->config);
    free(state->config_file);
    host_names_free(&state->hosts);
    sample_drop(state->sample);
    free(state);
}

static char *
print_config(const struct settings *settings)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort(); // as bad as no memory
    config_print(settings, out);
    fclose(out);
    return text;
}

// A sample is of the table and the server that the settings name, so it goes with them.
void
state_watch(struct state *state, const struct settings *settings, const struct relay *relay,
            const struct stats *past)
{
    char *config = print_config(settings);

    pthread_mutex_lock(&state->lock);
    free(state->config);
    state->config = config;
    state->table = settings->store.table;
    state->limits = health_limits(&settings->relay, &settings->store);
    state->past = *past;
    state->relay = relay;
    state->stage = STAGE_RUNNING;
    sample_drop(state->sample);
    state->sample = NULL;
    state->sample_failed = false;
    pthread_mutex_unlock(&state->lock);
}

static void
add_stats(const struct state *state, struct stats *ret_stats)
{
    *ret_stats = state->past;
    if (state->relay != NULL)
        stats_add(ret_stats, relay_stats(state->relay));
}

void
state_announce_end(struct state *state, bool for_good)
{
    pthread_mutex_lock(&state->lock);
    state->stage = for_good ? STAGE_STOPPING : STAGE_RELOADING;
    pthread_mutex_unlock(&state->lock);
}

// What it has counted stays counted.
void
state_unwatch(struct state *state)
{
    struct stats sum;

    pthread_mutex_lock(&state->lock);
    add_stats(state, &sum);
    state->past = sum;
    state->relay = NULL;
    state->table = NULL;
    pthread_mutex_unlock(&state->lock);
}

void
state_set_hosts(struct state *state, const struct settings *settings)
{
    pthread_mutex_lock(&state->lock);
    host_names_set(&state->hosts, settings->http_listen, settings->http_hosts,
                   settings->http_hosts_count);
    pthread_mutex_unlock(&state->lock);
}

bool
state_allows_host(struct state *state, const char *host)
{
    pthread_mutex_lock(&state->lock);
    const bool allowed = host_names_allow(&state->hosts, host);
    pthread_mutex_unlock(&state->lock);
    return allowed;
}

void
state_note_settings(struct state *state, const struct settings *settings)
{
    char *config = print_config(settings);

    pthread_mutex_lock(&state->lock);
    free(state->config);
    state->config = config;
    pthread_mutex_unlock(&state->lock);
}

void
state_note_reload(struct state *state, bool good)
{
    pthread_mutex_lock(&state->lock);
    state->reload_refused = !good;
    if (good)
        state->reloaded_us = wall_us();
    pthread_mutex_unlock(&state->lock);
}

void
state_stats(struct state *state, struct stats *ret_stats)
{
    pthread_mutex_lock(&state->lock);
    add_stats(state, ret_stats);
    pthread_mutex_unlock(&state->lock);
}

void
state_append_pids(struct state *state, struct text *out)
{
    const char *before = "{";

    pthread_mutex_lock(&state->lock);
    for (size_t i = 0; state->relay != NULL && i < relay_lanes(state->relay); i++) {
        const int pid = relay_lane(state->relay, i).server_pid;
        if (pid == 0)
            continue;
        text_appendf(out, "%s%d", before, pid);
        before = ",";
    }
    pthread_mutex_unlock(&state->lock);
    text_append(out, *before == '{' ? "{}" : "}");
}

bool
state_connected(struct state *state)
{
    bool connected = false;

    pthread_mutex_lock(&state->lock);
    for (size_t i = 0; state->relay != NULL && i < relay_lanes(state->relay); i++)
        connected |= relay_lane(state->relay, i).connected;
    pthread_mutex_unlock(&state->lock);
    return connected;
}

void
state_put_sample(struct state *state, struct sample *sample)
{
    pthread_mutex_lock(&state->lock);
    sample_drop(state->sample);
    state->sample = sample;
    state->sample_failed = false;
    pthread_mutex_unlock(&state->lock);
}

void
state_put_failure(struct state *state, const struct error *err)
{
    pthread_mutex_lock(&state->lock);
    state->sample_error = *err;
    state->sample_failed = true;
    pthread_mutex_unlock(&state->lock);
}

void
state_put_point(struct state *state, const struct point *point)
{
    pthread_mutex_lock(&state->lock);
    state->points[state->next_point] = *point;
    state->next_point = (state->next_point + 1) % POINTS;
    if (state->point_count < POINTS)
        state->point_count++;
    pthread_mutex_unlock(&state->lock);
}

static void
copy_lanes(const struct state *state, struct snapshot *snapshot)
{
    const struct relay *relay = state->relay;

    if (relay == NULL)
        return;
    snapshot->lane_count = relay_lanes(relay);
    snapshot->lanes = xcalloc(snapshot->lane_count, sizeof *snapshot->lanes);
    for (size_t i = 0; i < snapshot->lane_count; i++) {
        struct lane_snapshot *lane = &snapshot->lanes[i];
        lane->view = relay_lane(relay, i);
        lane->health = health_of(&state->limits, &lane->view, snapshot->now);
        lane->troubled = relay_lane_trouble(relay, i, &lane->trouble);
        lane->taken = relay_lane_taken(relay, i, &lane->taken_by);
    }
    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        snapshot->blocked[i] = relay_topic_blocked(relay, i);
}

static void
copy_points(const struct state *state, struct snapshot *snapshot)
{
    const size_t oldest = state->next_point + POINTS - state->point_count;

    snapshot->point_count = state->point_count;
    for (size_t i = 0; i < state->point_count; i++)
        snapshot->points[i] = state->points[(oldest + i) % POINTS];
}

void
state_snapshot(struct state *state, struct snapshot *ret_snapshot)
{
    struct snapshot *snapshot = ret_snapshot;

    *snapshot = (struct snapshot){.now = mono_now(), .now_us = wall_us()};
    pthread_mutex_lock(&state->lock);
    snapshot->stage = state->stage;
    snapshot->started_us = state->started_us;
    snapshot->reload_refused = state->reload_refused;
    snapshot->reloaded_us = state->reloaded_us;
    snapshot->table = xstrdup_or_null(state->table);
    snapshot->config = xstrdup_or_null(state->config);
    snapshot->config_file = xstrdup_or_null(state->config_file);
    snapshot->sample = sample_share(state->sample);
    snapshot->sample_failed = state->sample_failed;
    snapshot->sample_error = state->sample_error;
    add_stats(state, &snapshot->stats);
    copy_lanes(state, snapshot);
    copy_points(state, snapshot);
    pthread_mutex_unlock(&state->lock);
    snapshot->recent_count = recent_copy(snapshot->recent);
}
