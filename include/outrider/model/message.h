// SPDX-License-Identifier: Apache-2.0
// A message: the outbox row as it was claimed, and what it is on the wire. Plain data; the bytes
// belong to the batch that the message came in.
#ifndef OUTRIDER_MODEL_MESSAGE_H
#define OUTRIDER_MODEL_MESSAGE_H

#include "outrider/base/bytes.h"
#include "outrider/model/message_id.h"
#include "outrider/model/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A place in the table's order. Table version 2: major is `seq`, id is zero. Version 1: major is
// created_at in PostgreSQL's microseconds since 2000-01-01 UTC, and id breaks ties.
struct position {
    int64_t major;
    struct message_id id;
};

// Behind every row.
#define POSITION_LAST                                                                              \
    ((struct position){.major = INT64_MAX,                                                         \
                       .id = {.bytes = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,     \
                                        255, 255, 255, 255, 255}}})

struct header {
    struct bytes name;
    struct bytes value; // data NULL: a null header value
};

// The row as it was claimed. Every view lives as long as its batch.
struct row {
    struct message_id id;
    struct position position;
    struct bytes aggregate_type;
    struct bytes aggregate_id;
    struct bytes event_type;
    struct bytes payload;   // data NULL: SQL NULL (a tombstone), or withheld
    int64_t payload_bytes;  // the payload's true size, 0 for SQL NULL
    int64_t bytes;          // the size of all texts together: payload, headers and names
    int64_t created_at_us;  // Unix microseconds; INT64_MIN and INT64_MAX: -infinity and infinity
    uint32_t writer;        // low half of the id of the transaction that wrote the row
    int retry_count;        // failed attempts before this one
    struct header *headers; // the row's own, pairs in no promised order
    size_t header_count;
    bool headers_malformed; // the column holds something other than a JSON object
    bool withheld;          // over the claim's max_row_bytes: no payload, no headers, no long name
    bool unreadable; // PostgreSQL cannot read its values: only place, id and attempts are known
    bool taken;      // false: another session holds the row's lock; it may not be sent
};

struct message {
    struct row row;
    // On the wire, set by the relay's envelope before the message is sent:
    const char *topic; // NUL-terminated
    struct bytes key;  // data NULL: no key
    struct bytes value;
    struct header *headers;
    size_t header_count;
    struct outcome outcome;
};

#endif
