// SPDX-License-Identifier: Apache-2.0
//
// "_metadata" put into a payload. A JSON object stays one: its other members are byte for byte what
// and where they were, and the new one is the last and the only one of its name.
// links: base model src/relay/metadata.c tests/fuzz/json.c
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json.h"

#include "src/relay/metadata.h"

#define NAME "_metadata"

static void
check_object(struct bytes before, struct bytes after)
{
    static struct json_object was, is;
    if (!json_read(before, &was) || was.count == JSON_MEMBERS)
        return; // one more would be too many for the reader
    CHECK(json_read(after, &is), "no object any more: %.*s", (int)after.len, after.data);
    size_t kept = 0;
    for (size_t i = 0; i < was.count; i++) {
        if (json_name_is(was.members[i].name, NAME))
            continue;
        CHECK(kept < is.count && bytes_equal(was.members[i].name, is.members[kept].name) &&
                  bytes_equal(was.members[i].value, is.members[kept].value),
              "member %zu: %.*s", i, (int)after.len, after.data);
        kept++;
    }
    CHECK(is.count == kept + 1 && json_name_is(is.members[kept].name, NAME), "%.*s", (int)after.len,
          after.data);
    static struct json_object metadata;
    CHECK(json_read(is.members[kept].value, &metadata) && metadata.count == 4, "%.*s",
          (int)after.len, after.data);
}

// The first line is the aggregate's id, the rest the payload.
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct json_object object;
    struct input input = {(const char *)data, (const char *)data + size};
    struct row row = {.aggregate_type = {"order", 5}};
    struct bytes once, twice;
    struct batch batch;
    row.aggregate_id = input_bytes(&input);
    // A copy of its own, so that a byte too far is one.
    const size_t len = (size_t)(input.end - input.at);
    CLEANUP(input_free) char *payload = malloc(len + !len);
    if (len > 0)
        memcpy(payload, input.at, len);
    row.payload = (struct bytes){payload, len};
    batch_init(&batch, 0, NULL, NULL);
    const bool good = metadata_splice(&batch, &row, &once);
    CHECK(good || !json_read(row.payload, &object), "an object was refused");
    if (good) {
        check_object(row.payload, once);
        row.payload = once;
        CHECK(metadata_splice(&batch, &row, &twice), "what it made was refused");
        CHECK(bytes_equal(once, twice), "%.*s", (int)twice.len, twice.data);
    }
    batch_free(&batch);
    return 0;
}
