// SPDX-License-Identifier: Apache-2.0
// What the configuration says to the relay.
#ifndef OUTRIDER_RELAY_SETTINGS_H
#define OUTRIDER_RELAY_SETTINGS_H

#include "outrider/model/columns.h"
#include "outrider/model/template.h"

#include <stddef.h>
#include <stdint.h>

// A window ends with the first of these. Each costs a wait for Kafka and for the disk, with nothing
// beside it: with 8 batches, 8 to 13 % of the rate (docs/benchmarks.md).
enum {
    WINDOW_BATCHES = 32, // a crash sends at most this many batches again
    WINDOW_MS = 1000,    // and nobody who waits for its locks waits for much longer
};

enum message_format { FORMAT_RAW, FORMAT_METADATA, FORMAT_CLOUDEVENTS };
enum header_profile { HEADERS_NATIVE, HEADERS_DEBEZIUM, HEADERS_CLOUDEVENTS };

struct envelope_settings {
    struct template topic;
    char *const *topics_allow; // shell patterns (fnmatch), at least one
    size_t topics_allow_count;
    enum column key; // id, aggregate_type, aggregate_id, event_type
    enum message_format format;
    enum header_profile headers;
    const char *cloudevents_source; // ce_source; NULL: "/<aggregate_type>"
};

struct relay_settings {
    struct envelope_settings envelope;
    int lanes;
    int batch_size;      // rows a claim
    int64_t batch_bytes; // payload bytes a claim
    int window_deadline_ms;
    int poll_min_ms;
    int poll_max_ms;
    int listen; // wake-up by NOTIFY: 0 or 1
    int max_retries;
    int retry_backoff_ms;
    int retry_backoff_max_ms;
    int topic_retry_ms;
    const char *dead_topic; // dead messages are copied there; NULL: they are not
    int64_t retention_ms;   // published rows older than that are purged; 0: they are kept
    int stop_timeout_ms;
};

#endif
