// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_purge.h"

#include "outrider/base/xalloc.h"
#include "outrider/store/purge.h"

#include <stdlib.h>

enum { BATCH = 10 };

struct fake_purge fake_purge;

struct purge {
    int nothing;
};

bool
purge_open(const struct store_settings *settings, const struct purge_limits *limits,
           const atomic_bool *abort_, struct purge **ret_purge, struct error *err)
{
    (void)settings;
    (void)limits;
    (void)abort_;
    if (atomic_load(&fake_purge.failing_opens) > 0) {
        atomic_fetch_sub(&fake_purge.failing_opens, 1);
        return error_set(err, FAULT_CLUSTER, "CONNECT", "scripted");
    }
    atomic_fetch_add(&fake_purge.opened, 1);
    *ret_purge = xcalloc(1, sizeof **ret_purge);
    return true;
}

void
purge_close(struct purge *purge)
{
    if (purge != NULL)
        atomic_fetch_add(&fake_purge.closed, 1);
    free(purge);
}

const char *
purge_before(const struct purge *purge)
{
    (void)purge;
    return "2026-11-19 13:00:00+00";
}

bool
purge_is_indexed(const struct purge *purge)
{
    (void)purge;
    return false;
}

bool
purge_next(struct purge *purge, struct purged *ret_purged, struct error *err)
{
    const int rows = atomic_load(&fake_purge.rows), batch = rows < BATCH ? rows : BATCH;

    (void)purge;
    if (atomic_load(&fake_purge.failing_batches) > 0) {
        atomic_fetch_sub(&fake_purge.failing_batches, 1);
        return error_set(err, FAULT_CLUSTER, "42501", "scripted");
    }
    atomic_fetch_add(&fake_purge.batches, 1);
    atomic_fetch_sub(&fake_purge.rows, batch);
    *ret_purged = (struct purged){.rows = batch, .last = batch < BATCH, .pause_ms = 1};
    return true;
}
