// SPDX-License-Identifier: Apache-2.0
// A message's identity: the outbox row's primary key, a UUID (RFC 9562), sent in the message-id
// header.
#ifndef OUTRIDER_MODEL_MESSAGE_ID_H
#define OUTRIDER_MODEL_MESSAGE_ID_H

#include <stdbool.h>
#include <stdint.h>

enum { MESSAGE_ID_TEXT = 37 }; // 36 characters and the NUL

struct message_id {
    uint8_t bytes[16]; // network order, as PostgreSQL's binary uuid
};

// Lower-case text with hyphens, as PostgreSQL prints it.
void message_id_format(const struct message_id *id, char out[static MESSAGE_ID_TEXT]);

// False, with *ret_id untouched, when the text is not a UUID in hyphenated form.
bool message_id_parse(const char *text, struct message_id *ret_id)
    __attribute__((warn_unused_result));

#endif
