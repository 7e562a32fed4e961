// SPDX-License-Identifier: Apache-2.0
// Whose clock is wrong, when a broker refused a record for its time. Private to the relay.
#ifndef OUTRIDER_RELAY_SKEW_H
#define OUTRIDER_RELAY_SKEW_H

#include "outrider/base/error.h"
#include "outrider/store/store.h"

// Appends to the refusal's text how far this host's clock is from the server's, and what to do.
void skew_explain(struct store *store, struct error *refusal);

#endif
