// SPDX-License-Identifier: Apache-2.0
// A producer's client, for what asks the cluster beside it. Private to the broker layer.
#ifndef OUTRIDER_BROKER_PRODUCER_PRIVATE_H
#define OUTRIDER_BROKER_PRODUCER_PRIVATE_H

#include "outrider/broker/producer.h"

#include <librdkafka/rdkafka.h>

rd_kafka_t *producer_kafka(const struct producer *producer);

// What librdkafka last said of the whole producer or of a broker, though others have answered
// since; empty when it said nothing.
const char *producer_last_text(const struct producer *producer);

#endif
