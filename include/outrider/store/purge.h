// SPDX-License-Identifier: Apache-2.0
// Published rows that are old enough: counted, or deleted batch by batch, each batch a short
// transaction of its own. On a session of its own; unpublished, dead and waiting rows are never
// touched, and a row that somebody holds locked is passed over.
#ifndef OUTRIDER_STORE_PURGE_H
#define OUTRIDER_STORE_PURGE_H

#include "outrider/base/error.h"
#include "outrider/store/store.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct purge;

struct purge_limits {
    int64_t older_than_ms; // published so long ago, by the server's clock when it was opened
    int64_t rate;          // rows a second; 0: as its pauses allow
};

// Connects and looks at the table. `abort` (may be NULL) ends every wait early when set.
// Errors: those of a session; "TABLE" also for one that is no ordinary table and has no index that
// serves.
bool purge_open(const struct store_settings *settings, const struct purge_limits *limits,
                const atomic_bool *abort, struct purge **ret_purge, struct error *err) MUST_CHECK;
void purge_close(struct purge *purge);

// Rows published before this instant are old enough: UTC, as PostgreSQL prints it. Borrowed.
const char *purge_before(const struct purge *purge);

// Is there an index on (published, created_at)? Without one all pages of the table are read.
bool purge_is_indexed(const struct purge *purge);

// How many rows are old enough. Changes nothing.
bool purge_count(struct purge *purge, int64_t *ret_rows, struct error *err) MUST_CHECK;

struct purged {
    int64_t rows; // of this batch
    bool last;    // there is nothing behind it
    int pause_ms; // before the next one, so that others come first
};

// Deletes the next batch. Error "SHORT": rows could be locked and not deleted, by a trigger or a
// rule. What earlier batches did stays done.
bool purge_next(struct purge *purge, struct purged *ret_purged, struct error *err) MUST_CHECK;

#endif
