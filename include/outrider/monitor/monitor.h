// SPDX-License-Identifier: Apache-2.0
// The monitor: what a running relay shows of itself by HTTP. It reads counters and state, and the
// table on a connection of its own; it changes nothing.
#ifndef OUTRIDER_MONITOR_MONITOR_H
#define OUTRIDER_MONITOR_MONITOR_H

#include "outrider/base/error.h"
#include "outrider/config/settings.h"
#include "outrider/relay/relay.h"

#include <stdbool.h>

struct monitor;

// Serves at the settings' http_listen; NULL: nowhere, and nothing is sampled. config_file: what
// commands that are shown to people name behind -c, NULL: none; borrowed. Error code: "ADDRESS".
bool monitor_open(const struct settings *settings, const char *config_file,
                  struct monitor **ret_monitor, struct error *err) MUST_CHECK;

// Serves at these settings' address, to those who ask by their names, from now on. On failure it
// serves where and to whom it did.
bool monitor_move(struct monitor *monitor, const struct settings *settings,
                  struct error *err) MUST_CHECK;

// Shows this relay from now on. past: the sum over the relays before it. Both and the settings are
// borrowed until monitor_unwatch.
void monitor_watch(struct monitor *monitor, const struct settings *settings,
                   const struct relay *relay, const struct stats *past);

// The relay is asked to end, for a reload or for good: nobody should count on it any more.
void monitor_announce_end(struct monitor *monitor, bool for_good);

// The relay has ended and may be freed afterwards. False: a look at the table hangs in a call that
// nothing of ours can end, so the settings must not be freed.
bool monitor_unwatch(struct monitor *monitor) MUST_CHECK;

// A reload was taken up, or refused.
void monitor_note_reload(struct monitor *monitor, bool good);

// These settings came into force, and the relay goes on: they differ in what it has nothing to do
// with.
void monitor_note_settings(struct monitor *monitor, const struct settings *settings);

// After monitor_unwatch. Whoever is being answered gets his answer.
void monitor_close(struct monitor *monitor);

#endif
