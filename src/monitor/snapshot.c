// SPDX-License-Identifier: Apache-2.0
// What a snapshot says.
//
// Lanes know the servers best, but ask PostgreSQL only when Kafka is there, so that an outage of
// Kafka opens no transaction. Then the sampler knows better.
#include "snapshot.h"

#include "outrider/base/text.h"

#include <stdlib.h>

void
snapshot_free(struct snapshot *snapshot)
{
    free(snapshot->lanes);
    free(snapshot->table);
    free(snapshot->config);
    free(snapshot->config_file);
    sample_drop(snapshot->sample);
    *snapshot = (struct snapshot){0};
}

bool
snapshot_is_counted(const struct snapshot *snapshot)
{
    return snapshot->sample != NULL &&
           mono_diff_ns(snapshot->now, snapshot->sample->at) < SAMPLE_STALE_MS * INT64_C(1000000);
}

bool
snapshot_is_blocked(const struct snapshot *snapshot, const char *topic)
{
    size_t number;

    return topic_index_find(topic, &number) && snapshot->blocked[number];
}

bool
snapshot_kafka_up(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].view.kafka)
            return true;
    return false;
}

bool
snapshot_postgres_up(const struct snapshot *snapshot)
{
    bool away = false;

    for (size_t i = 0; i < snapshot->lane_count; i++) {
        const struct lane_snapshot *lane = &snapshot->lanes[i];
        if (lane->view.connected)
            return true;
        away |= lane->troubled && str_equal(lane->trouble.event, "postgres_unavailable");
    }
    return !away && !snapshot->sample_failed && snapshot_is_counted(snapshot);
}

int64_t
snapshot_quarantined(const struct snapshot *snapshot)
{
    int64_t rows = 0;

    for (size_t i = 0; i < snapshot->lane_count; i++)
        rows += snapshot->lanes[i].view.quarantined;
    return rows;
}

bool
snapshot_active(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].view.active)
            return true;
    return false;
}

bool
snapshot_connected(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].view.connected)
            return true;
    return false;
}

bool
snapshot_stands_by(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->lane_count; i++)
        if (snapshot->lanes[i].view.connected && !snapshot->lanes[i].view.standby)
            return false;
    return snapshot_connected(snapshot);
}
