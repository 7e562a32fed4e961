// SPDX-License-Identifier: Apache-2.0
//
// UUIDs as bytes and as text, by libuuid.
//
// The bytes are what PostgreSQL sends in binary format and what libuuid calls uuid_t: 16 bytes in
// network order. The version nibble is not looked at: an identity is whatever the application
// chose.
#include "outrider/model/message_id.h"

#include <string.h>
#include <uuid/uuid.h>

_Static_assert(sizeof(uuid_t) == sizeof(((struct message_id *)0)->bytes), "both are 16 bytes");
_Static_assert(UUID_STR_LEN == MESSAGE_ID_TEXT, "both count the NUL");

void
message_id_format(const struct message_id *id, char out[static MESSAGE_ID_TEXT])
{
    uuid_unparse_lower(id->bytes, out);
}

bool
message_id_parse(const char *text, struct message_id *ret_id)
{
    uuid_t parsed;
    if (uuid_parse(text, parsed) != 0)
        return false;
    memcpy(ret_id->bytes, parsed, sizeof ret_id->bytes);
    return true;
}
