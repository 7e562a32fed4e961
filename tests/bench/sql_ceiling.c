// SPDX-License-Identifier: Apache-2.0
// links: base model store tests/bench/bench.c
// The ceiling that PostgreSQL sets: outrider's own statements without Kafka.
//
// It drives the store layer as src/relay/window.c does, on one connection: windows of 8 batches or
// one second; after each claim the batch before it is marked; then COMMIT. Nothing is published, so
// every batch counts as acknowledged at once. The position only rises, since nobody else writes.
//
// Usage: sql_ceiling dsn=URI [table=outbox_messages] [ordering=key] [on_published=mark]
// [batch_size=1000] [batch_bytes=4194304] [seconds=3600]
#include "bench.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_BATCHES = 8, WINDOW_MS = 1000, MAX_PAYLOAD_BYTES = 1000000 };

struct ceiling {
    struct store *store;
    struct position reached;
    int64_t batch_size;
    int64_t batch_bytes;
    int64_t mean_bytes; // of a payload, as the relay reckons it
    int64_t marked;
    int64_t batches;
    int64_t claim_ns; // in store_begin and store_claim
    int64_t mark_ns;
    int64_t commit_ns;
};

static void
stop(const char *what, const struct error *err)
{
    fail(what, err->text);
}

static struct claim
next_claim(const struct ceiling *ceiling, struct position since)
{
    int64_t by_bytes = ceiling->batch_bytes / ceiling->mean_bytes + 1;

    return (struct claim){
        .after = ceiling->reached,
        .since = since,
        .until = INT64_MAX,
        .limit = (int)(by_bytes < ceiling->batch_size ? by_bytes : ceiling->batch_size),
        .batch_bytes = (size_t)ceiling->batch_bytes,
        .max_payload_bytes = MAX_PAYLOAD_BYTES,
    };
}

static void
note_claimed(struct ceiling *ceiling, const struct batch *batch)
{
    int64_t total = 0;

    if (batch->count == 0)
        return;
    for (size_t i = 0; i < batch->count; i++)
        total += batch->messages[i].row.payload_bytes;
    int64_t latest = total / (int64_t)batch->count + 1;
    ceiling->mean_bytes =
        latest > ceiling->mean_bytes ? latest : (3 * ceiling->mean_bytes + latest) / 4;
    ceiling->reached = batch->messages[batch->count - 1].row.position;
    ceiling->batches++;
}

static void
mark(struct ceiling *ceiling, struct batch *batch)
{
    struct mono began = mono_now();
    struct error err;

    if (batch->count == 0)
        return;
    struct message_id *ids = xcalloc(batch->count, sizeof *ids);
    for (size_t i = 0; i < batch->count; i++)
        ids[i] = batch->messages[i].row.id;
    if (!store_mark(ceiling->store, ids, batch->count, &err))
        stop("mark", &err);
    free(ids);
    ceiling->marked += (int64_t)batch->count;
    ceiling->mark_ns += mono_diff_ns(mono_now(), began);
    batch_free(batch);
}

static void
claim_next(struct ceiling *ceiling, struct position since, struct batch *ret_batch)
{
    struct claim claim = next_claim(ceiling, since);
    struct mono began = mono_now();
    struct error err;
    bool row_locked = false;

    if (!store_claim(ceiling->store, &claim, ret_batch, &row_locked, &err))
        stop("claim", &err);
    if (row_locked)
        fail("claim", "a row is locked: the ceiling needs the table for itself");
    ceiling->claim_ns += mono_diff_ns(mono_now(), began);
    note_claimed(ceiling, ret_batch);
}

static void
begin(struct ceiling *ceiling, struct position since, struct batch *ret_batch)
{
    struct claim claim = next_claim(ceiling, since);
    struct mono began = mono_now();
    struct view view;
    struct error err;
    bool row_locked = false;

    if (!store_begin(ceiling->store, &claim, false, &view, ret_batch, &row_locked, &err))
        stop("begin", &err);
    if (!view.active || view.changed || row_locked)
        fail("begin", "the ceiling needs the table for itself");
    ceiling->claim_ns += mono_diff_ns(mono_now(), began);
    note_claimed(ceiling, ret_batch);
}

// One window; false when there was nothing left to claim.
static bool
run_window(struct ceiling *ceiling)
{
    struct position since = ceiling->reached;
    struct mono began = mono_now();
    struct batch claimed = {0}, before = {0};
    struct error err;

    begin(ceiling, since, &claimed);
    bool more = claimed.full;
    for (int batches = 1; claimed.count > 0; batches++) {
        mark(ceiling, &before);
        before = claimed;
        claimed = (struct batch){0};
        if (!more || batches == WINDOW_BATCHES ||
            mono_diff_ns(mono_now(), began) >= WINDOW_MS * INT64_C(1000000))
            break;
        claim_next(ceiling, since, &claimed);
        more = claimed.full;
    }
    mark(ceiling, &before);
    batch_free(&claimed);
    struct mono committing = mono_now();
    if (!store_commit(ceiling->store, &err))
        stop("commit", &err);
    ceiling->commit_ns += mono_diff_ns(mono_now(), committing);
    return more;
}

static struct store_settings
read_settings(char **argv)
{
    struct store_settings settings = {
        .dsn = argument(argv, "dsn", NULL),
        .application_name = "sql_ceiling",
        .connect_timeout_ms = 10000,
        .statement_timeout_ms = 20000,
        .lock_timeout_ms = 1000,
        .table = argument(argv, "table", "outbox_messages"),
        .ordering =
            strcmp(argument(argv, "ordering", "key"), "key") == 0 ? ORDERING_KEY : ORDERING_NONE,
        .on_published = strcmp(argument(argv, "on_published", "mark"), "mark") == 0
                            ? ON_PUBLISHED_MARK
                            : ON_PUBLISHED_DELETE,
        .max_retries = 5,
    };
    struct error err;

    if (!template_parse("${event_type}", &settings.topic, &err))
        stop("topic", &err);
    return settings;
}

int
main(int argc, char **argv)
{
    struct store_settings settings = read_settings(argv);
    struct ceiling ceiling = {
        .reached = {.major = INT64_MIN},
        .batch_size = argument_number(argv, "batch_size", "1000"),
        .batch_bytes = argument_number(argv, "batch_bytes", "4194304"),
    };
    int64_t most_ns = argument_number(argv, "seconds", "3600") * INT64_C(1000000000);
    struct error err;

    (void)argc;
    ceiling.mean_bytes = ceiling.batch_bytes / 64 + 1; // as the relay begins
    if (!store_open(&settings, NULL, &ceiling.store, &err))
        stop("open", &err);
    struct mono began = mono_now();
    while (run_window(&ceiling) && mono_diff_ns(mono_now(), began) < most_ns)
        ;
    double seconds = (double)mono_diff_ns(mono_now(), began) / 1e9;
    printf("{\"messages\": %" PRId64
           ", \"seconds\": %.4f, \"cpu_s\": %.4f, \"peak_bytes\": %" PRId64
           ", \"batches\": %" PRId64 ", \"claim_s\": %.4f, \"mark_s\": %.4f, \"commit_s\": %.4f}\n",
           ceiling.marked, seconds, cpu_seconds(), peak_bytes(), ceiling.batches,
           (double)ceiling.claim_ns / 1e9, (double)ceiling.mark_ns / 1e9,
           (double)ceiling.commit_ns / 1e9);
    store_close(ceiling.store);
    template_free(&settings.topic);
    return 0;
}
