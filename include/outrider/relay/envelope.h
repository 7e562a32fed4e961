// SPDX-License-Identifier: Apache-2.0
// From a row to a message on the wire: topic, key, value and headers, and every fault of a message
// that can be judged before it is sent. The wire table is in docs/wire-format.md.
#ifndef OUTRIDER_RELAY_ENVELOPE_H
#define OUTRIDER_RELAY_ENVELOPE_H

#include "outrider/model/batch.h"
#include "outrider/relay/settings.h"

#include <stddef.h>

// Sets topic, key, value and headers of `message` from its row; what has to be rendered is allocated in `batch`,
// the rest are views. A message that can not be sent gets OUTCOME_FAILED with FAULT_MESSAGE instead:
//   TOPIC_NAME (permanent), TOPIC_NOT_ALLOWED (not permanent: the configuration can change), HEADERS (row's headers
//   are no JSON object; permanent), NOT_AN_OBJECT (format metadata; permanent), TOO_LARGE (permanent: payload withheld,
//   or more than max_message_bytes with key and headers).
void envelope_fill(const struct envelope_settings *settings, struct batch *batch, struct message *message, size_t max_message_bytes);

#endif
