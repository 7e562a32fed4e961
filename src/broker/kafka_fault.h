// SPDX-License-Identifier: Apache-2.0
// librdkafka's error codes and whose fault each is.
#ifndef OUTRIDER_BROKER_KAFKA_FAULT_H
#define OUTRIDER_BROKER_KAFKA_FAULT_H

#include "outrider/base/error.h"

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>

struct kafka_fault {
    rd_kafka_resp_err_t code;
    enum fault fault;
    const char *because; // of a message's: why no host, clock or setting makes it of a good row
    bool permanent;      // no retry can heal it
    bool doubtful;       // a setting of the topic can also make it, of every row
    bool batch;          // a broker says it of a batch: there, innocents bear it with the culprit
    bool by_clock;       // said after a look at the record's time and the broker's own clock
    bool given_up;       // said by librdkafka when nobody answered: no cause
};

// Never NULL: a code that is not in the table is the cluster's fault, which costs no row anything.
const struct kafka_fault *kafka_fault_find(rd_kafka_resp_err_t code);

// The table, for tests that inject every code.
const struct kafka_fault *kafka_fault_table(size_t *ret_count);

// Static texts: librdkafka's own for a number it does not know live only until its next call.
const char *kafka_fault_name(rd_kafka_resp_err_t code); // "MSG_SIZE_TOO_LARGE", "_PURGE_QUEUE"
const char *kafka_fault_text(rd_kafka_resp_err_t code); // for people

#endif
