// SPDX-License-Identifier: Apache-2.0
// Whose clock is wrong, when a broker refused a record for its time.
//
// librdkafka stamps each record with this host's clock, and a broker compares that with its own
// (message.timestamp.after.max.ms and before.max.ms; before Kafka 3.6 one setting for both
// directions, KIP-937). A broker tells its own time to no client, so PostgreSQL's clock is the
// second opinion: when this host differs from it, this host is probably wrong; when both agree, the
// topic's limits or the broker's clock are.
#include "skew.h"

#include "outrider/base/clock.h"

#include <stdlib.h>

#define BEFORE_3_6 " (before Kafka 3.6: message.timestamp.difference.max.ms)"

void
skew_explain(struct store *store, struct error *refusal)
{
    const struct error said = *refusal;
    struct error err;
    int64_t ahead_us = 0;

    if (!store_clock_ahead(store, &ahead_us, &err)) {
        (void)error_set(
            refusal, said.fault, said.code,
            "%s; compare the clocks of this host and of the brokers, and the topic's "
            "message.timestamp.after.max.ms and message.timestamp.before.max.ms" BEFORE_3_6
            "; PostgreSQL did not tell its time: %s",
            said.text, err.text);
        return;
    }
    if (llabs(ahead_us) < WALL_TOLERANCE_US) {
        (void)error_set(
            refusal, said.fault, said.code,
            "%s; this host's clock agrees with PostgreSQL's: look at the topic's "
            "message.timestamp.after.max.ms and message.timestamp.before.max.ms" BEFORE_3_6
            ", and at the brokers' clocks",
            said.text);
        return;
    }
    (void)error_set(
        refusal, said.fault, said.code,
        "%s; this host's clock is %.1f s %s PostgreSQL's, and a broker refuses what is "
        "beyond %s" BEFORE_3_6 ": set this host's clock right (timedatectl set-ntp true)",
        said.text, (double)llabs(ahead_us) / 1e6, ahead_us > 0 ? "ahead of" : "behind",
        ahead_us > 0 ? "message.timestamp.after.max.ms" : "message.timestamp.before.max.ms");
}
