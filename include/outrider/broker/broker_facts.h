// SPDX-License-Identifier: Apache-2.0
// The cluster's brokers, at the addresses that they advertise: which of them answer there?
#ifndef OUTRIDER_BROKER_BROKER_FACTS_H
#define OUTRIDER_BROKER_BROKER_FACTS_H

#include "outrider/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct producer;

struct broker_facts {
    int id;
    char address[280]; // host:port, as the broker advertises it (advertised.listeners)
    bool answers;      // at that address
    char why_not[512]; // for people, when it does not
};

// Asks each broker that the cluster tells of, waiting at most timeout_ms for the cluster and as
// long for all of them together. Error: the cluster did not answer. Caller frees the list.
bool broker_facts_read(struct producer *producer, int timeout_ms, struct broker_facts **ret_list,
                       size_t *ret_count, struct error *err) MUST_CHECK;

#endif
