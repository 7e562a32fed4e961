// SPDX-License-Identifier: Apache-2.0
// Kafka's rule for topic names, org.apache.kafka.common.internals.Topic: 1-249 of [a-zA-Z0-9._-],
// not "." or ".."; and outrider's: no "__" prefix, those are Kafka's own.
#ifndef OUTRIDER_BROKER_TOPIC_NAME_H
#define OUTRIDER_BROKER_TOPIC_NAME_H

#include <stdbool.h>

// NULL when the name is good, else why not, as a static text.
const char *topic_name_problem(const char *topic);

#endif
