// SPDX-License-Identifier: Apache-2.0
// What outrider makes of librdkafka's properties: defaults, refusals, secrets.
#ifndef OUTRIDER_BROKER_PROPERTIES_H
#define OUTRIDER_BROKER_PROPERTIES_H

#include "outrider/broker/producer.h"

#include <librdkafka/rdkafka.h>

// A configuration with the defaults and, over them, the settings' properties. The caller owns it.
bool properties_apply(const struct producer_settings *settings, rd_kafka_conf_t **ret_conf,
                      struct error *err) MUST_CHECK;

#endif
