// SPDX-License-Identifier: Apache-2.0
// From a claim's result to a batch of messages, without copying a payload.
//
// The result is in binary format: text and bytea are their own bytes, numbers are big-endian, and
// PQgetvalue's pointers stay valid until PQclear. The column order is that of sql/store/cut.sql.
#include "rows.h"

#include "params.h"

#include <string.h>

enum {
    FIELD_TAKEN,
    FIELD_ID,
    FIELD_POSITION,
    FIELD_CREATED_AT,
    FIELD_AGGREGATE_TYPE,
    FIELD_AGGREGATE_ID,
    FIELD_EVENT_TYPE,
    FIELD_PAYLOAD,
    FIELD_PAYLOAD_BYTES,
    FIELD_RETRY_COUNT,
    FIELD_HEADERS,
    FIELD_WRITER,
    FIELD_CLAIMED,
};

// PostgreSQL counts microseconds from 2000-01-01, Unix from 1970-01-01.
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

static void
release(void *rows)
{
    PQclear(rows);
}

static struct bytes
field_bytes(const PGresult *result, int row, int field)
{
    if (PQgetisnull(result, row, field))
        return (struct bytes){0};
    return (struct bytes){PQgetvalue(result, row, field), (size_t)PQgetlength(result, row, field)};
}

static int64_t
field_int8(const PGresult *result, int row, int field)
{
    return PQgetisnull(result, row, field) ? 0 : wire_int8(PQgetvalue(result, row, field));
}

static int64_t
unix_us(int64_t postgres_us)
{
    if (postgres_us == INT64_MAX || postgres_us == INT64_MIN) // infinity, -infinity
        return postgres_us;
    return postgres_us + POSTGRES_EPOCH_US;
}

// Takes one array element off the cursor.
static struct bytes
next_element(const char **cursor)
{
    int32_t length = wire_int4(*cursor);
    struct bytes element = {0};

    *cursor += 4;
    if (length >= 0) {
        element = (struct bytes){*cursor, (size_t)length};
        *cursor += length;
    }
    return element;
}

// The text[] of sql/store/row_headers.sql: name, value, name, value.
static void
decode_headers(struct batch *batch, struct row *row, struct bytes array)
{
    if (!array.data || wire_int4(array.data) == 0) // NULL, or no dimension: an empty object
        return;
    size_t elements = (size_t)wire_int4(array.data + 12);
    const char *cursor = array.data + 20;

    if (elements % 2 != 0) {
        row->headers_malformed = true;
        return;
    }
    row->header_count = elements / 2;
    row->headers = batch_alloc(batch, row->header_count * sizeof *row->headers);
    for (size_t i = 0; i < row->header_count; i++) {
        row->headers[i].name = next_element(&cursor);
        row->headers[i].value = next_element(&cursor);
    }
}

static void
decode_row(struct batch *batch, const PGresult *result, int i, bool tie_by_id)
{
    struct row *row = &batch->messages[i].row;

    memcpy(row->id.bytes, PQgetvalue(result, i, FIELD_ID), sizeof row->id.bytes);
    row->position.major = field_int8(result, i, FIELD_POSITION);
    if (tie_by_id)
        row->position.id = row->id;
    row->aggregate_type = field_bytes(result, i, FIELD_AGGREGATE_TYPE);
    row->aggregate_id = field_bytes(result, i, FIELD_AGGREGATE_ID);
    row->event_type = field_bytes(result, i, FIELD_EVENT_TYPE);
    row->payload = field_bytes(result, i, FIELD_PAYLOAD);
    row->payload_bytes = field_int8(result, i, FIELD_PAYLOAD_BYTES);
    row->payload_withheld = !row->payload.data && !PQgetisnull(result, i, FIELD_PAYLOAD_BYTES);
    row->created_at_us = unix_us(field_int8(result, i, FIELD_CREATED_AT));
    row->retry_count = wire_int4(PQgetvalue(result, i, FIELD_RETRY_COUNT));
    row->writer = (uint32_t)wire_int4(PQgetvalue(result, i, FIELD_WRITER));
    row->taken = PQgetvalue(result, i, FIELD_TAKEN)[0] != 0;
    decode_headers(batch, row, field_bytes(result, i, FIELD_HEADERS));
    batch->bytes += row->payload.len;
    batch->holes |= !row->taken;
}

void
rows_to_batch(PGresult *result, int limit, bool tie_by_id, struct batch *ret_batch)
{
    int count = PQntuples(result);
    int64_t claimed = count > 0 ? field_int8(result, 0, FIELD_CLAIMED) : 0;
    struct batch batch;

    batch_init(&batch, (size_t)count, result, release);
    for (int i = 0; i < count; i++)
        decode_row(&batch, result, i, tie_by_id);
    batch.count = (size_t)count;
    batch.full = claimed >= limit || claimed > count;
    *ret_batch = batch;
}
