// SPDX-License-Identifier: Apache-2.0
// From a row to a message on the wire: topic, key, value and headers, and every fault of a message
// that can be judged before it is sent. The wire table is in docs/wire-format.md.
#ifndef OUTRIDER_RELAY_ENVELOPE_H
#define OUTRIDER_RELAY_ENVELOPE_H

#include "outrider/model/batch.h"
#include "outrider/relay/settings.h"

#include <stddef.h>

// Sets topic, key, value and headers of `message` from its row; what has to be rendered is
// allocated in `batch`, the rest are views. `message` is one of the batch's, and those before it
// were filled first. A message that can not be sent gets OUTCOME_FAILED with FAULT_MESSAGE instead,
// the others' outcome is not touched:
//   TOPIC_NAME         permanent; topic is set all the same, but for one of more than 255 bytes
//   TOPIC_NOT_ALLOWED  not permanent, the configuration can change; topic is set all the same
//   HEADERS            permanent: the row's headers are no JSON object, or have a bad name
//   NOT_AN_OBJECT      permanent: format metadata, and the payload is no JSON object
//   TOO_LARGE          permanent: the payload was withheld, or it is more than max_message_bytes
//                      with key, headers and librdkafka's overhead
void envelope_fill(const struct envelope_settings *settings, struct batch *batch,
                   struct message *message, size_t max_message_bytes);

// Sets the topic alone, of a message that is not sent: where the row's columns give one.
void envelope_name_topic(const struct envelope_settings *settings, struct batch *batch,
                         struct message *message);

// What a message takes of message.max.bytes.
size_t envelope_wire_bytes(const struct message *message);

// May a row's own header have this name: some text without a control character?
bool envelope_header_name_good(struct bytes name);

#endif
