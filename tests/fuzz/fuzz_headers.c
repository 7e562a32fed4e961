// SPDX-License-Identifier: Apache-2.0
//
// A row's headers as the server sends them, an array of texts in binary format: whatever arrives is
// malformed, or pairs whose bytes lie within what arrived.
// links: base model store
#include "tests/fuzz/fuzz.h"

#include "src/store/rows.h"

#include <endian.h>

enum { FIELDS = 13, HEADERS = 10, FIELD_ROOM = 1 << 16 };

static void
set(PGresult *result, int field, const void *data, int len)
{
    static char copy[FIELD_ROOM]; // libpq takes no const
    if (len > 0)
        memcpy(copy, data, (size_t)len);
    CHECK(PQsetvalue(result, 0, field, copy, len), "no memory");
}

// A row in the column order of sql/store/cut.sql; every number is 0.
static PGresult *
make_row(const uint8_t *data, size_t size)
{
    static PGresAttDesc fields[FIELDS];
    static char name[] = "x";
    static const char zeros[16];
    static const int lengths[FIELDS] = {1, 16, 8, 8, 0, 0, 0, 0, 8, 4, 0, 4, 1};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    for (int i = 0; i < FIELDS; i++)
        fields[i] = (PGresAttDesc){.name = name, .format = 1};
    CHECK(PQsetResultAttrs(result, FIELDS, fields), "no memory");
    for (int i = 0; i < FIELDS; i++)
        set(result, i, zeros, lengths[i]);
    set(result, HEADERS, data, (int)size);
    return result;
}

static void
check_within(struct bytes view, struct bytes whole)
{
    if (view.data == NULL)
        return;
    CHECK(view.data >= whole.data && view.len <= whole.len &&
              view.data - whole.data <= (ptrdiff_t)(whole.len - view.len),
          "%zu bytes at %td of %zu", view.len, view.data - whole.data, whole.len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct batch batch;
    if (size >= FIELD_ROOM)
        return 0;
    PGresult *result = make_row(data, size);
    const struct bytes whole = {PQgetvalue(result, 0, HEADERS), size};
    rows_to_batch(result, 1, false, &batch);
    const struct row *row = &batch.messages[0].row;
    CHECK(!row->headers_malformed || row->header_count == 0, "both");
    for (size_t i = 0; i < row->header_count; i++) {
        CHECK(row->headers[i].name.data != NULL, "no name");
        check_within(row->headers[i].name, whole);
        check_within(row->headers[i].value, whole);
    }
    batch_free(&batch);
    return 0;
}
