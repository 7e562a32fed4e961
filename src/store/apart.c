// SPDX-License-Identifier: Apache-2.0
// A claim row by row, after PostgreSQL could not read some row of it, or not in time.
//
// A text above 1 GB, a number that jsonb refuses, a damaged value: whichever row has one makes the
// whole claim fail, and the server does not say which row it is. The search reads the places of the
// next rows, which cannot fail for a value's sake, and claims the rows between two places one by
// one. What fails is dear (the server may print 1 GB before it gives up), what succeeds is cheap:
// so the search goes from the front and meets the row once, instead of halving, which meets it
// often.
//
// A row can also be slow to read: 2 kB of jsonb can be 1 GB of text, which takes the server
// seconds. The search ends in front of such a row, and a row that comes first is claimed alone.
//
// A part of a claim that fails blames no row yet: rows can share a position, a writer can commit a
// row meanwhile, an operator can cancel a statement. So the store reads each row of the part by its
// id. A row that fails again is at fault, when the store can read its place and lock it.
#include "claims.h"
#include "outrider/base/xalloc.h"
#include "rows.h"
#include "sql.h"
#include "sqlstate.h"
#include "store_private.h"

#include <stdlib.h>
#include <string.h>

struct place {
    struct message_id id;
    struct position position;
    int retry_count;
    uint32_t writer;
    int64_t created_at_us;
};

// In the order of sql/store/places.sql.
static const struct answer place_answer = {"uliiL", 0};

struct places {
    struct place *list; // owned
    size_t count;
};

static struct place
read_place(const struct store *store, const PGresult *result, int row)
{
    enum { ID, POSITION, RETRY_COUNT, WRITER, CREATED_AT };
    struct place place = {0};

    memcpy(place.id.bytes, PQgetvalue(result, row, ID), sizeof place.id.bytes);
    place.position.major = wire_int8(PQgetvalue(result, row, POSITION));
    if (store->shape.version == 1)
        place.position.id = place.id;
    place.retry_count = wire_int4(PQgetvalue(result, row, RETRY_COUNT));
    place.writer = (uint32_t)wire_int4(PQgetvalue(result, row, WRITER));
    place.created_at_us = rows_unix_us(result, row, CREATED_AT);
    return place;
}

// The least number of places that are listed: most may be of rows that the claim passes over.
enum { PLACES = 1000 };

// The places of the next rows of the claim, in order.
static bool
list_places(struct store *store, const struct claim *claim, struct places *ret_places,
            struct error *err)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    struct claim listed = *claim;
    PGresult *result = NULL;

    listed.limit = claim->limit < PLACES ? PLACES : claim->limit;
    claims_params_of_one(&store->shape, &listed, &params);
    if (!store_run_behind_savepoint(store, store->shape.places, &params, &place_answer, NULL,
                                    &result, err))
        return error_prefix(err, "looking for a row that cannot be read");
    ret_places->count = (size_t)PQntuples(result);
    ret_places->list = xcalloc(ret_places->count + 1, sizeof *ret_places->list);
    for (size_t i = 0; i < ret_places->count; i++)
        ret_places->list[i] = read_place(store, result, (int)i);
    PQclear(result);
    return true;
}

// The claim of the rows behind `after` up to `until`, around locked ones.
static bool
claim_part(struct store *store, const struct claim *claim, struct position after,
           struct position until, struct batch *ret_batch, enum claim_met *ret_met,
           struct error *err)
{
    struct claim part = *claim;

    part.after = after;
    part.until = until;
    return store_claim(store, &part, ret_batch, ret_met, err) &&
           (*ret_met != CLAIM_MET_LOCK ||
            store_claim_around(store, &part, ret_batch, ret_met, err));
}

// Rows that are known to be unreadable, and left alone.
struct known {
    const struct message_id *ids;
    size_t count;
};

static bool
is_known(const struct known *known, const struct message_id *id)
{
    for (size_t i = 0; i < known->count; i++)
        if (memcmp(&known->ids[i], id, sizeof *id) == 0)
            return true;
    return false;
}

// Can the row be read? ret_why: why not.
static bool
can_read(struct store *store, const struct claim *claim, const struct message_id *id, bool *ret_can,
         struct error *ret_why)
{
    struct params params __attribute__((cleanup(params_free))) = {0};
    enum claim_met met = CLAIM_MET_NOTHING;
    PGresult *result = NULL;

    claims_params_of_one(&store->shape, claim, &params);
    params_uuid(&params, id);
    if (!store_run_behind_savepoint(store, store->shape.claim_one, &params, &rows_answer, &met,
                                    &result, ret_why))
        return false;
    PQclear(result);
    *ret_can = met == CLAIM_MET_NOTHING;
    return true;
}

// The row that a search ended at, and why.
struct find {
    size_t index;       // of the place that the search ended at; the number of places: none
    struct place place; // of the row
    struct error why;
    bool slow; // it can be read, but took long
};

// Finds the row that cannot be read among those behind `after` up to `until`, which could not be
// claimed.
static bool
single_out(struct store *store, const struct claim *claim, struct position after,
           struct position until, const struct known *known, struct find *find)
{
    struct claim part = *claim;
    struct places places = {0};
    bool good, can = true;

    part.after = after;
    part.until = until;
    good = list_places(store, &part, &places, &find->why);
    for (size_t i = 0; i < places.count && good && can; i++) {
        find->place = places.list[i];
        good = is_known(known, &find->place.id) ||
               can_read(store, claim, &find->place.id, &can, &find->why);
    }
    free(places.list);
    return good && (!can || error_set(&find->why, FAULT_CLUSTER, "UNREADABLE",
                                      "a row that could not be read could be at the second try"));
}

// The first place whose row cannot be read, or slowly. A slow row has half the time of a statement,
// so that those in front of it can be claimed together.
static bool
search(struct store *store, const struct claim *claim, const struct places *places,
       const struct known *known, struct find *ret_find)
{
    const struct mono end = mono_add_ms(mono_now(), store->settings.statement_timeout_ms / 2);
    struct position after = claim->after;
    enum claim_met met = CLAIM_MET_NOTHING;
    struct batch batch;

    *ret_find = (struct find){0};
    for (; ret_find->index < places->count; ret_find->index++) {
        ret_find->place = places->list[ret_find->index];
        const struct position position = ret_find->place.position;
        if (is_known(known, &ret_find->place.id))
            return true;
        if (!claim_part(store, claim, after, position, &batch, &met, &ret_find->why))
            return false;
        batch_free(&batch);
        if (met != CLAIM_MET_NOTHING)
            return single_out(store, claim, after, position, known, ret_find);
        ret_find->slow = mono_passed(end);
        if (ret_find->slow)
            return true;
        after = position;
    }
    return true;
}

// Locks the row. ret_there: false when it is published, gone, or not to be waited for.
static bool
lock_row(struct store *store, const struct message_id *id, bool *ret_there, bool *ret_taken,
         struct error *err)
{
    static const struct answer locked = {"b", 0};
    struct params params __attribute__((cleanup(params_free))) = {0};
    enum claim_met met = CLAIM_MET_NOTHING;
    PGresult *result = NULL;

    params_uuid(&params, id);
    if (!store_run_behind_savepoint(store, store->shape.lock_row, &params, &locked, &met, &result,
                                    err))
        return false;
    if (met == CLAIM_MET_SLOW)
        return false; // even that: the server is slow, and not the row
    *ret_taken = result && PQntuples(result) > 0;
    *ret_taken |= met == CLAIM_MET_UNREADABLE; // what is written of it will be refused, and named
    *ret_there = *ret_taken || met == CLAIM_MET_LOCK;
    PQclear(result);
    return true;
}

// Its aggregate, unless that cannot be read either, or not in time; in the batch's memory.
static bool
read_aggregate(struct store *store, const struct message_id *id, struct batch *batch,
               struct bytes *ret_aggregate, struct error *err)
{
    static const struct answer text = {"T", 0};
    struct params params __attribute__((cleanup(params_free))) = {0};
    enum claim_met met = CLAIM_MET_NOTHING;
    PGresult *result = NULL;

    *ret_aggregate = (struct bytes){0};
    params_uuid(&params, id);
    if (!store_run_behind_savepoint(store, store->shape.aggregate_of, &params, &text, &met, &result,
                                    err))
        return false;
    if (result && PQntuples(result) > 0 && !PQgetisnull(result, 0, 0)) {
        const size_t len = (size_t)PQgetlength(result, 0, 0);
        ret_aggregate->data =
            memcpy(batch_alloc(batch, len + 1), PQgetvalue(result, 0, 0), len + 1);
        ret_aggregate->len = len;
    }
    PQclear(result);
    return true;
}

// Ends the batch with the row that cannot be read.
static bool
append_unreadable(struct store *store, const struct place *place, const struct error *why,
                  struct batch *batch, struct error *err)
{
    struct message *message = &batch->messages[batch->count];
    bool there, taken;
    struct bytes aggregate;

    if (!lock_row(store, &place->id, &there, &taken, err) ||
        !read_aggregate(store, &place->id, batch, &aggregate, err))
        return false;
    if (!there)
        return true;
    *message = (struct message){
        .row = {.id = place->id,
                .position = place->position,
                .aggregate_id = aggregate,
                .retry_count = place->retry_count,
                .writer = place->writer,
                .created_at_us = place->created_at_us,
                .unreadable = true,
                .taken = taken},
        .outcome = {.state = OUTCOME_FAILED,
                    .fault = FAULT_MESSAGE,
                    .code = batch_copy(batch, why->code),
                    .text = batch_copy(batch, why->text)},
    };
    batch->count++;
    batch->holes |= !taken;
    return true;
}

// Ends the batch in front of the row that was found, or with it.
static bool
end_with(struct store *store, struct find *find, const struct known *known, struct batch *batch,
         struct error *err)
{
    if (is_known(known, &find->place.id))
        return true;
    error_prefix(&find->why, "PostgreSQL cannot read the row (%s)", find->why.code);
    return append_unreadable(store, &find->place, &find->why, batch, err);
}

// What came of the rows of some places.
struct taken {
    struct batch batch;
    struct position end; // behind it nothing was looked at
    bool slow;           // no row: the first one is to be claimed alone
};

// The rows in front of the one that was found, and that one behind them.
static bool
take_apart(struct store *store, const struct claim *claim, const struct places *places,
           const struct known *known, struct taken *taken, struct error *err)
{
    enum claim_met met = CLAIM_MET_NOTHING;
    struct find find;

    if (!search(store, claim, places, known, &find)) {
        *err = find.why;
        return false;
    }
    if (find.index > 0 &&
        !claim_part(store, claim, claim->after, places->list[find.index - 1].position,
                    &taken->batch, &met, err))
        return false;
    if (met == CLAIM_MET_UNREADABLE)
        return error_set(err, FAULT_CLUSTER, "UNREADABLE",
                         "a row that could not be read could be at the second try");
    taken->slow = met == CLAIM_MET_SLOW || (find.slow && find.index == 0);
    if (taken->slow || find.index == places->count)
        return true;
    if (find.index == 0)
        batch_init(&taken->batch, 1, NULL, NULL);
    if (find.slow)
        taken->end = places->list[find.index - 1].position;
    if (find.slow || taken->batch.full) // cut by its bytes or limit: the next claim meets that row
        return true;
    taken->end = places->list[find.index].position;
    return end_with(store, &find, known, &taken->batch, err);
}

// The row of the first place.
static bool
take_first(struct store *store, const struct claim *claim, const struct places *places,
           const struct known *known, struct taken *taken, struct error *err)
{
    struct find find = {.place = places->list[0]};
    enum claim_met met;

    taken->end = find.place.position;
    if (is_known(known, &find.place.id))
        return true;
    if (!claim_part(store, claim, claim->after, taken->end, &taken->batch, &met, &find.why) ||
        (met != CLAIM_MET_NOTHING &&
         !single_out(store, claim, claim->after, taken->end, known, &find))) {
        *err = find.why;
        return false;
    }
    if (met == CLAIM_MET_NOTHING)
        return true;
    batch_init(&taken->batch, 1, NULL, NULL);
    return end_with(store, &find, known, &taken->batch, err);
}

// The rows of the places that were listed. Is it known that they cannot be claimed together?
static bool
take(struct store *store, const struct claim *claim, const struct places *places,
     const struct known *known, bool failed, struct taken *taken, struct error *err)
{
    enum claim_met met = CLAIM_MET_UNREADABLE;

    taken->end = places->list[places->count - 1].position;
    if (!failed && !claim_part(store, claim, claim->after, taken->end, &taken->batch, &met, err))
        return false;
    return met == CLAIM_MET_NOTHING || take_apart(store, claim, places, known, taken, err);
}

bool
store_claim_apart(struct store *store, const struct claim *claim, const struct message_id *known,
                  size_t known_count, struct batch *ret_batch, struct error *err)
{
    const struct known rows = {known, known_count};
    struct claim part = *claim;
    bool failed = true, alone = false;

    for (;;) {
        struct places places = {0};
        struct taken taken = {0};
        if (!list_places(store, &part, &places, err))
            return false;
        const bool any = places.count > 0;
        const bool good = !any    ? true
                          : alone ? take_first(store, &part, &places, &rows, &taken, err)
                                  : take(store, &part, &places, &rows, failed, &taken, err);
        free(places.list);
        if (good && (!any || taken.batch.count > 0)) {
            *ret_batch = taken.batch;
            ret_batch->full = any; // there may be more behind these places
            return true;
        }
        batch_free(&taken.batch);
        if (!good)
            return false;
        alone = taken.slow;
        failed = false;
        if (!taken.slow)
            part.after = taken.end; // the claim passes over all of them
    }
}
