// SPDX-License-Identifier: Apache-2.0
//
// Snapshots for the monitor's tests: a relay that works, and what a test changes of it.
#ifndef OUTRIDER_TESTS_SUPPORT_SNAPSHOTS_H
#define OUTRIDER_TESTS_SUPPORT_SNAPSHOTS_H

#include "src/monitor/snapshot.h"

#include "outrider/base/xalloc.h"

// One lane that is connected, active and idle; a sample of an empty table. Free with snapshot_free.
static inline struct snapshot
snapshots_of_a_good_day(void)
{
    struct snapshot snapshot = {.now = mono_now(), .now_us = 1767225600000000, .lane_count = 1};

    snapshot.started_us = snapshot.reloaded_us = snapshot.now_us - 90000000;
    snapshot.table = xstrdup("outbox_messages");
    snapshot.config = xstrdup("database:\n  dsn: x\n");
    snapshot.lanes = xcalloc(1, sizeof *snapshot.lanes);
    snapshot.lanes[0].view = (struct lane_view){
        .phase = LANE_IDLE,
        .since = snapshot.now,
        .last_progress = snapshot.now,
        .connected = true,
        .active = true,
        .kafka = true,
        .postgres = true,
    };
    snapshot.sample = xcalloc(1, sizeof *snapshot.sample);
    snapshot.sample->references = 1;
    snapshot.sample->at = snapshot.now;
    snapshot.sample->version = 2;
    snapshot.sample->backlog.oldest_age_ms = BACKLOG_AGELESS;
    return snapshot;
}

// A topic more in the sample.
static inline void
snapshots_add_topic(struct snapshot *snapshot, const char *name, int64_t messages, int64_t dead,
                    int64_t oldest_age_ms)
{
    struct backlog *backlog = &snapshot->sample->backlog;

    backlog->topics = xreallocarray(backlog->topics, backlog->count + 1, sizeof *backlog->topics);
    backlog->topics[backlog->count++] = (struct backlog_topic){
        .topic = xstrdup(name), .messages = messages, .dead = dead, .oldest_age_ms = oldest_age_ms};
    backlog->messages += messages;
    backlog->dead += dead;
    if (oldest_age_ms > backlog->oldest_age_ms)
        backlog->oldest_age_ms = oldest_age_ms;
}

// A reason of dead letters; error: NULL: version 1.
static inline void
snapshots_add_reason(struct snapshot *snapshot, const char *topic, const char *error,
                     int64_t messages)
{
    struct dead_reasons *reasons = &snapshot->sample->reasons;

    reasons->list = xreallocarray(reasons->list, reasons->count + 1, sizeof *reasons->list);
    reasons->list[reasons->count++] = (struct dead_reason){
        .topic = xstrdup(topic),
        .error = error == NULL ? NULL : xstrdup(error),
        .messages = messages,
        .last_dead_ms = 60000,
    };
}

// The lane has lost its servers for this reason.
static inline void
snapshots_trouble(struct snapshot *snapshot, const char *event, const char *code, const char *text)
{
    struct lane_snapshot *lane = &snapshot->lanes[0];

    lane->view.connected = lane->view.active = lane->view.kafka = lane->view.postgres = false;
    lane->view.phase = LANE_BACK_OFF;
    lane->troubled = true;
    lane->trouble.event = event;
    error_set(&lane->trouble.error, FAULT_CLUSTER, code, "%s", text);
}

#endif
