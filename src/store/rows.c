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
    FIELD_BYTES,
    FIELD_WITHHELD,
    FIELD_CUT,
};

const struct answer rows_answer = {"buLLTTTTLiTilbb", 0};

// PostgreSQL counts microseconds from 2000-01-01, Unix from 1970-01-01.
#define POSTGRES_EPOCH_US INT64_C(946684800000000)

static void
release(void *rows)
{
    PQclear(rows);
}

// Only an empty field can be NULL: most are not asked.
static struct bytes
field_bytes(const PGresult *result, int row, int field)
{
    size_t len = (size_t)PQgetlength(result, row, field);

    if (len == 0 && PQgetisnull(result, row, field))
        return (struct bytes){0};
    return (struct bytes){PQgetvalue(result, row, field), len};
}

static int64_t
field_int8(const PGresult *result, int row, int field)
{
    return PQgetisnull(result, row, field) ? 0 : wire_int8(PQgetvalue(result, row, field));
}

// The ends are the infinities. PostgreSQL's last years are behind what Unix microseconds can say:
// they become the last instant before infinity.
static int64_t
unix_us(int64_t postgres_us)
{
    if (postgres_us == INT64_MAX || postgres_us == INT64_MIN)
        return postgres_us;
    if (postgres_us > INT64_MAX - 1 - POSTGRES_EPOCH_US)
        return INT64_MAX - 1;
    return postgres_us + POSTGRES_EPOCH_US;
}

int64_t
rows_unix_us(const PGresult *result, int row, int field)
{
    return unix_us(field_int8(result, row, field));
}

// What is left of an array. Its lengths come from outside, so each is held against what is there.
struct cursor {
    const char *at;
    size_t left;
};

static bool
take_int4(struct cursor *cursor, int32_t *ret)
{
    if (cursor->left < sizeof *ret)
        return false;
    *ret = wire_int4(cursor->at);
    cursor->at += sizeof *ret;
    cursor->left -= sizeof *ret;
    return true;
}

// A length of -1 is SQL NULL.
static bool
take_element(struct cursor *cursor, struct bytes *ret_element)
{
    int32_t length;

    *ret_element = (struct bytes){0};
    if (!take_int4(cursor, &length) || length < -1)
        return false;
    if (length == -1)
        return true;
    if ((size_t)length > cursor->left)
        return false;
    *ret_element = (struct bytes){cursor->at, (size_t)length};
    cursor->at += length;
    cursor->left -= (size_t)length;
    return true;
}

// The number of elements of an array without dimensions or with one (array_recv in PostgreSQL's
// source); each takes at least its length's four bytes.
static bool
take_array(struct cursor *cursor, size_t *ret_count)
{
    int32_t dimensions, flags, type, count = 0, lower_bound;

    if (!take_int4(cursor, &dimensions) || !take_int4(cursor, &flags) || !take_int4(cursor, &type))
        return false;
    if (dimensions != 0 &&
        (dimensions != 1 || !take_int4(cursor, &count) || !take_int4(cursor, &lower_bound)))
        return false;
    if (count < 0 || (size_t)count > cursor->left / sizeof count)
        return false;
    *ret_count = (size_t)count;
    return true;
}

// The text[] of sql/store/row_headers.sql: name, value, name, value. False when it is anything
// else.
static bool
decode_headers(struct batch *batch, struct row *row, struct bytes array)
{
    struct cursor cursor = {array.data, array.len};
    size_t elements;

    if (!take_array(&cursor, &elements) || elements % 2 != 0)
        return false;
    if (elements == 0) // an empty object
        return true;
    struct header *headers = batch_alloc(batch, elements / 2 * sizeof *headers);
    for (size_t i = 0; i < elements / 2; i++)
        if (!take_element(&cursor, &headers[i].name) || !headers[i].name.data ||
            !take_element(&cursor, &headers[i].value))
            return false;
    row->headers = headers;
    row->header_count = elements / 2;
    return true;
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
    row->bytes = field_int8(result, i, FIELD_BYTES);
    row->withheld = PQgetvalue(result, i, FIELD_WITHHELD)[0] != 0;
    row->created_at_us = rows_unix_us(result, i, FIELD_CREATED_AT);
    row->retry_count = wire_int4(PQgetvalue(result, i, FIELD_RETRY_COUNT));
    row->writer = (uint32_t)wire_int4(PQgetvalue(result, i, FIELD_WRITER));
    row->taken = PQgetvalue(result, i, FIELD_TAKEN)[0] != 0;
    if (!PQgetisnull(result, i, FIELD_HEADERS))
        row->headers_malformed = !decode_headers(batch, row, field_bytes(result, i, FIELD_HEADERS));
    batch->bytes += row->withheld ? 0 : (size_t)row->bytes;
    batch->holes |= !row->taken;
}

void
rows_to_batch(PGresult *result, int limit, bool tie_by_id, struct batch *ret_batch)
{
    const int claimed = PQntuples(result);
    struct batch batch;
    int count = 0;

    batch_init(&batch, (size_t)claimed + 1, result, release);
    while (count < claimed && PQgetvalue(result, count, FIELD_CUT)[0] == 0)
        decode_row(&batch, result, count++, tie_by_id);
    batch.count = (size_t)count;
    batch.full = claimed >= limit || claimed > count;
    *ret_batch = batch;
}
