// SPDX-License-Identifier: Apache-2.0
// Statement parameters in PostgreSQL's binary format: integers and arrays go out without being
// printed here and parsed there. Private to the store.
#ifndef OUTRIDER_STORE_PARAMS_H
#define OUTRIDER_STORE_PARAMS_H

#include "outrider/base/bytes.h"
#include "outrider/base/text.h"
#include "outrider/model/message_id.h"

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

enum { PARAMS_MAX = 12 };

// Type oids are fixed in PostgreSQL's catalog (pg_type.dat).
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_JSON = 114,
    TYPE_VARCHAR = 1043,
    TYPE_TIMESTAMP = 1114,
    TYPE_TIMESTAMPTZ = 1184,
    TYPE_UUID = 2950,
    TYPE_JSONB = 3802,
};

struct params {
    struct text bytes; // all values, one after the other
    size_t offsets[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    Oid types[PARAMS_MAX];
    int count;
};

void params_int4(struct params *params, int32_t value);
void params_int8(struct params *params, int64_t value, Oid type); // also for timestamps
void params_uuid(struct params *params, const struct message_id *id);
void params_text(struct params *params, const char *text);

// A one-dimensional array of `count` elements of `type`, each appended by one of the calls below.
void params_begin_array(struct params *params, Oid type, size_t count);
void params_element(struct params *params, const void *data, size_t len);
void params_element_int8(struct params *params, int64_t value);
void params_end_array(struct params *params);

void params_free(struct params *params);

// Big-endian integers, as the protocol has them.
int32_t wire_int4(const char *data);
int64_t wire_int8(const char *data);

#endif
