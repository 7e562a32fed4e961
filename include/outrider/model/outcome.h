// SPDX-License-Identifier: Apache-2.0
// What became of a message that was handed to Kafka. Written by the producer (or by the relay for
// a message that it did not send), read by the relay once it is no longer pending.
#ifndef OUTRIDER_MODEL_OUTCOME_H
#define OUTRIDER_MODEL_OUTCOME_H

#include "outrider/base/error.h"

#include <stdbool.h>

enum outcome_state {
    OUTCOME_NONE,         // not handed over yet
    OUTCOME_PENDING,      // the producer borrows the message's memory
    OUTCOME_ACKNOWLEDGED, // all in-sync replicas have it: the row may be marked
    OUTCOME_FAILED,       // see fault, code and text
    OUTCOME_HELD,         // not sent: an earlier message of its aggregate holds it back
};

struct outcome {
    enum outcome_state state;
    enum fault fault;        // FAILED only
    bool permanent;          // FAILED by its own fault, and no retry can heal it
    bool spent;              // FAILED unsent: its attempts were used up before, none is added
    bool doubtful;           // FAILED by its own fault, unless its topic refuses every message so
    bool doubted;            // and it has taken no other since: nothing is counted
    bool possibly_persisted; // FAILED, yet a broker may have written it
    bool of_batch;           // FAILED as a broker said of a whole batch: it may be innocent
    bool given_up;           // FAILED because nobody answered in time: the code names no cause
    bool unlisted;           // FAILED by a code that nobody has classified
    bool by_clock;           // FAILED because a broker compared the record's time with its own
    const char *code;        // e.g. "MSG_SIZE_TOO_LARGE"; static, or in the batch's memory
    const char *text;        // for people; the same
};

#endif
