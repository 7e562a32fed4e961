// SPDX-License-Identifier: Apache-2.0
//
// A strict reader of one JSON object's members (RFC 8259), which shares no code with what it
// judges.
#ifndef OUTRIDER_TESTS_FUZZ_JSON_H
#define OUTRIDER_TESTS_FUZZ_JSON_H

#include "outrider/base/bytes.h"

#include <stdbool.h>

enum { JSON_MEMBERS = 64 };

struct json_object {
    size_t count;
    struct {
        struct bytes name;  // with its quotes, as it stands
        struct bytes value; // as it stands
    } members[JSON_MEMBERS];
};

// False when the text is anything else than one object, or more than this reader takes.
bool json_read(struct bytes text, struct json_object *ret_object);

// Is it this plain ASCII name, whichever way its letters are written?
bool json_name_is(struct bytes name, const char *plain);

#endif
