// SPDX-License-Identifier: Apache-2.0
// What the monitor knows, behind one lock that no lane takes. Private to the monitor.
#ifndef OUTRIDER_MONITOR_STATE_H
#define OUTRIDER_MONITOR_STATE_H

#include "snapshot.h"

#include "outrider/config/settings.h"

struct state;

struct state *state_new(const char *config_file);
void state_free(struct state *state);

// See monitor.h.
void state_watch(struct state *state, const struct settings *settings, const struct relay *relay,
                 const struct stats *past);
void state_announce_end(struct state *state, bool for_good);
void state_unwatch(struct state *state);
void state_note_reload(struct state *state, bool good);
void state_note_settings(struct state *state, const struct settings *settings);

// What the sampler asks for: the counters of the process, and the backends of the lanes as an array
// of PostgreSQL's.
void state_stats(struct state *state, struct stats *ret_stats);
void state_append_pids(struct state *state, struct text *out);

// Under which names the server may be asked; see host_names.h.
void state_set_hosts(struct state *state, const struct settings *settings);
bool state_allows_host(struct state *state, const char *host);

bool state_connected(struct state *state); // some lane is

// What it brings. Takes ownership of the sample.
void state_put_sample(struct state *state, struct sample *sample);
void state_put_failure(struct state *state, const struct error *err);
void state_put_point(struct state *state, const struct point *point);

// Free with snapshot_free.
void state_snapshot(struct state *state, struct snapshot *ret_snapshot);

#endif
