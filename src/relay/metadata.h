// SPDX-License-Identifier: Apache-2.0
// The value of format metadata: the payload object with "_metadata" put in last.
#ifndef OUTRIDER_RELAY_METADATA_H
#define OUTRIDER_RELAY_METADATA_H

#include "outrider/model/batch.h"

#include <stdbool.h>

// The payload with {"messageId", "aggregateType", "aggregateId", "timestamp"} as its last member,
// in the batch's memory. A "_metadata" that is there at the top level is taken out; every other
// byte stays as it is. False, with *ret_value untouched, when the payload is not a JSON object.
bool metadata_splice(struct batch *batch, const struct row *row, struct bytes *ret_value)
    __attribute__((warn_unused_result));

#endif
