// SPDX-License-Identifier: Apache-2.0
// Statement parameters in PostgreSQL's binary format.
// Source: the server's *recv functions; array_recv for arrays: dimensions, a flag for NULLs, the
// element type, then each dimension's length and lower bound, then each element with its length.
#include "params.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

int32_t
wire_int4(const char *data)
{
    uint32_t value;

    memcpy(&value, data, sizeof value);
    return (int32_t)be32toh(value);
}

int64_t
wire_int8(const char *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof value);
    return (int64_t)be64toh(value);
}

static void
append_int4(struct text *bytes, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);

    text_append_bytes(bytes, (const char *)&wire, sizeof wire);
}

static void
append_int8(struct text *bytes, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);

    text_append_bytes(bytes, (const char *)&wire, sizeof wire);
}

static void
begin(struct params *params, Oid type)
{
    assert(params->count < PARAMS_MAX);
    params->offsets[params->count] = params->bytes.len;
    params->types[params->count] = type;
}

static void
end(struct params *params)
{
    params->lengths[params->count] = (int)(params->bytes.len - params->offsets[params->count]);
    params->count++;
}

void
params_int4(struct params *params, int32_t value)
{
    begin(params, TYPE_INT4);
    append_int4(&params->bytes, value);
    end(params);
}

void
params_int8(struct params *params, int64_t value, Oid type)
{
    begin(params, type);
    append_int8(&params->bytes, value);
    end(params);
}

void
params_uuid(struct params *params, const struct message_id *id)
{
    begin(params, TYPE_UUID);
    text_append_bytes(&params->bytes, (const char *)id->bytes, sizeof id->bytes);
    end(params);
}

void
params_text(struct params *params, const char *text)
{
    begin(params, TYPE_TEXT);
    text_append_bytes(&params->bytes, text, strlen(text));
    end(params);
}

// The array type's oid of each element type that is used here.
static Oid
array_type(Oid type)
{
    switch (type) {
    case TYPE_INT8:
        return 1016;
    case TYPE_UUID:
        return 2951;
    default:
        return 1009; // text[]
    }
}

void
params_begin_array(struct params *params, Oid type, size_t count)
{
    begin(params, array_type(type));
    append_int4(&params->bytes, count > 0 ? 1 : 0); // an empty array has no dimension
    append_int4(&params->bytes, 0);                 // no NULLs
    append_int4(&params->bytes, (int32_t)type);
    if (count > 0) {
        append_int4(&params->bytes, (int32_t)count);
        append_int4(&params->bytes, 1);
    }
}

void
params_element(struct params *params, const void *data, size_t len)
{
    append_int4(&params->bytes, (int32_t)len);
    text_append_bytes(&params->bytes, data, len);
}

void
params_element_int8(struct params *params, int64_t value)
{
    append_int4(&params->bytes, sizeof value);
    append_int8(&params->bytes, value);
}

void
params_end_array(struct params *params)
{
    end(params);
}

void
params_free(struct params *params)
{
    text_free(&params->bytes);
}
