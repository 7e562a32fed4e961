// SPDX-License-Identifier: Apache-2.0
// The copy of a dead message that goes to outbox.dead_topic. Private to the relay.
#ifndef OUTRIDER_RELAY_DEAD_LETTER_H
#define OUTRIDER_RELAY_DEAD_LETTER_H

#include "outrider/model/batch.h"

#include <stddef.h>

// A message to `topic` with the row's key, payload and headers, and why it is dead in headers of
// its own (docs/wire-format.md lists them). What does not fit into max_message_bytes is left out:
// the payload, then the row's headers and the key. attempts: all that it had. Everything lies in
// the batch's memory.
struct message *dead_letter(struct batch *batch, const struct message *message, int64_t attempts,
                            const char *topic, size_t max_message_bytes);

#endif
