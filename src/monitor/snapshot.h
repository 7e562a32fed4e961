// SPDX-License-Identifier: Apache-2.0
// Everything that an answer can be made of, as of one moment. Private to the monitor.
#ifndef OUTRIDER_MONITOR_SNAPSHOT_H
#define OUTRIDER_MONITOR_SNAPSHOT_H

#include "recent.h"
#include "sample.h"

#include "outrider/relay/health.h"
#include "outrider/relay/relay.h"

enum stage {
    STAGE_RUNNING,
    STAGE_RELOADING, // between two relays, or before the first
    STAGE_STOPPING,
};

struct lane_snapshot {
    struct lane_view view;
    enum lane_health health;
    bool troubled;
    struct lane_trouble trouble;
    bool taken; // a session that is no relay at work keeps it from a slot:
    struct lane_trouble taken_by;
};

struct snapshot {
    enum stage stage;
    struct mono now;
    int64_t now_us;     // Unix microseconds
    int64_t started_us; // the process
    struct stats stats; // of the process: all relays together
    bool blocked[TOPIC_INDEX_SIZE];
    struct lane_snapshot *lanes;
    size_t lane_count;
    char *table;
    char *config; // in force, as `config print` has it
    char *config_file;
    bool reload_refused; // the last one was
    int64_t reloaded_us; // when the configuration in force was read
    // Of the table:
    struct sample *sample; // the last good one, NULL: there is none
    bool sample_failed;    // the last one was not good:
    struct error sample_error;
    struct point points[POINTS]; // the oldest first
    size_t point_count;
    struct recent recent[RECENT_MAX]; // the newest first
    size_t recent_count;
};

void snapshot_free(struct snapshot *snapshot);

// Is the sample of now, or so old that it says nothing?
bool snapshot_is_counted(const struct snapshot *snapshot);

// Does a lane find the topic blocked? Whatever the table holds for a topic gets no number by this.
bool snapshot_is_blocked(const struct snapshot *snapshot, const char *topic);

// Answers of the servers, as of the latest that is known.
bool snapshot_kafka_up(const struct snapshot *snapshot);
bool snapshot_postgres_up(const struct snapshot *snapshot);

// Rows that wait in memory, because PostgreSQL refuses to write to them.
int64_t snapshot_quarantined(const struct snapshot *snapshot);

// Some lane works; some is connected; and all of those that are stand by.
bool snapshot_active(const struct snapshot *snapshot);
bool snapshot_connected(const struct snapshot *snapshot);
bool snapshot_stands_by(const struct snapshot *snapshot);

#endif
