// SPDX-License-Identifier: Apache-2.0
// links: base model store tests/bench/bench.c
// The ceiling that PostgreSQL sets: outrider's own statements without Kafka.
//
// It drives the store layer as src/relay/window.c does, on one connection: windows as long
// as its own, in which marks and the next claim share a round trip, the last marks, COMMIT. Nothing
// is published, so every batch counts as acknowledged when the relay would have settled it. The
// position only rises, since nobody else writes.
//
// Usage: sql_ceiling dsn=URI [table=outbox_messages] [ordering=key] [on_published=mark]
// [batch_size=1000] [batch_bytes=4194304] [seconds=3600]
#include "bench.h"

#include "outrider/base/clock.h"
#include "outrider/base/xalloc.h"
#include "outrider/relay/settings.h"
#include "outrider/store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PAYLOAD_BYTES = 1000000 };

struct ceiling {
    struct store *store;
    struct position reached;
    int64_t batch_size;
    int64_t batch_bytes;
    int64_t mean_bytes; // of a payload, as the relay reckons it
    int64_t marked;
    int64_t batches;
    struct message_id *due; // acknowledged, and not marked yet
    size_t due_count;
    int64_t ahead_ns; // in the first claim, and in marks that share a round trip with a claim
    int64_t mark_ns;  // in the marks that end a window
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
        .until = POSITION_LAST,
        .limit = (int)(by_bytes < ceiling->batch_size ? by_bytes : ceiling->batch_size),
        .batch_bytes = (size_t)ceiling->batch_bytes,
        .max_row_bytes = MAX_PAYLOAD_BYTES,
    };
}

static void
note_claimed(struct ceiling *ceiling, const struct batch *batch)
{
    int64_t total = 0;

    if (batch->count == 0)
        return;
    for (size_t i = 0; i < batch->count; i++)
        total += batch->messages[i].row.bytes;
    int64_t latest = total / (int64_t)batch->count + 1;
    ceiling->mean_bytes =
        latest > ceiling->mean_bytes ? latest : (3 * ceiling->mean_bytes + latest) / 4;
    ceiling->reached = batch->messages[batch->count - 1].row.position;
    ceiling->batches++;
}

static void
settle(struct ceiling *ceiling, struct batch *batch)
{
    size_t count = ceiling->due_count + batch->count;

    if (batch->count > 0)
        ceiling->due = xreallocarray(ceiling->due, count, sizeof *ceiling->due);
    for (size_t i = 0; i < batch->count; i++)
        ceiling->due[ceiling->due_count++] = batch->messages[i].row.id;
    ceiling->marked += (int64_t)batch->count;
    batch_free(batch);
}

static void
mark_rest(struct ceiling *ceiling)
{
    struct mono began = mono_now();
    struct refusals refused = {0};
    struct error err;

    if (ceiling->due_count > 0 &&
        !store_mark(ceiling->store, ceiling->due, ceiling->due_count, &refused, &err))
        stop("mark", &err);
    if (refused.count > 0)
        stop("mark", &refused.list[0].why);
    ceiling->due_count = 0;
    ceiling->mark_ns += mono_diff_ns(mono_now(), began);
}

static void
claim_next(struct ceiling *ceiling, struct position since, struct batch *ret_batch)
{
    struct claim claim = next_claim(ceiling, since);
    struct mono began = mono_now();
    struct error err;
    struct refusals refused = {0};
    enum claim_met met = CLAIM_MET_NOTHING;

    if (!store_ahead(ceiling->store, ceiling->due, ceiling->due_count, &claim, &err) ||
        !store_ahead_answers(ceiling->store, &refused, ret_batch, &met, &err))
        stop("mark and claim", &err);
    if (met != CLAIM_MET_NOTHING)
        fail("claim",
             "a row is locked or cannot be written: the ceiling needs the table for itself");
    ceiling->due_count = 0;
    ceiling->ahead_ns += mono_diff_ns(mono_now(), began);
    note_claimed(ceiling, ret_batch);
}

static void
begin(struct ceiling *ceiling, struct position since, struct batch *ret_batch)
{
    struct claim claim = next_claim(ceiling, since);
    struct mono began = mono_now();
    struct view view;
    struct error err;
    enum claim_met met = CLAIM_MET_NOTHING;

    if (!store_begin(ceiling->store, &claim, false, &view, ret_batch, &met, &err))
        stop("begin", &err);
    if (!view.active || view.changed || met != CLAIM_MET_NOTHING)
        fail("begin", "the ceiling needs the table for itself");
    ceiling->ahead_ns += mono_diff_ns(mono_now(), began);
    note_claimed(ceiling, ret_batch);
}

// One window; false when there was nothing left to claim.
static bool
run_window(struct ceiling *ceiling)
{
    struct position since = ceiling->reached;
    struct mono began = mono_now();
    struct batch claimed = {0}, published = {0};
    struct error err;

    begin(ceiling, since, &claimed);
    bool more = claimed.full;
    for (int claims = 1; claimed.count > 0; claims++) {
        struct batch ahead = {0};
        if (more && claims < WINDOW_BATCHES &&
            mono_diff_ns(mono_now(), began) < WINDOW_MS * INT64_C(1000000)) {
            claim_next(ceiling, since, &ahead);
            more = ahead.full;
        }
        settle(ceiling, &published);
        published = claimed;
        claimed = ahead;
    }
    settle(ceiling, &published);
    batch_free(&claimed);
    mark_rest(ceiling);
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
           ", \"batches\": %" PRId64 ", \"ahead_s\": %.4f, \"mark_s\": %.4f, \"commit_s\": %.4f}\n",
           ceiling.marked, seconds, cpu_seconds(), peak_bytes(), ceiling.batches,
           (double)ceiling.ahead_ns / 1e9, (double)ceiling.mark_ns / 1e9,
           (double)ceiling.commit_ns / 1e9);
    store_close(ceiling.store);
    free(ceiling.due);
    template_free(&settings.topic);
    return 0;
}
