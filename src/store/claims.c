// SPDX-License-Identifier: Apache-2.0
// From a claim to the parameters of its statement.
//
// A poll of several slots is one statement with a claim for each: what differs from slot to slot
// comes as arrays, in the same places.
#include "claims.h"

#include "outrider/base/text.h"

static void
array_of_texts(struct params *params, const struct bytes *texts, size_t count)
{
    params_begin_array(params, TYPE_TEXT, count);
    for (size_t i = 0; i < count; i++)
        params_element(params, texts[i].data, texts[i].len);
    params_end_array(params);
}

void
claims_params_of_one(const struct shape *shape, const struct claim *claim, struct params *params)
{
    params_int8(params, claim->limit, TYPE_INT8);
    params_int8(params, claim->after.major, shape->position_type);
    params_uuid(params, &claim->after.id);
    params_int8(params, claim->until.major, shape->position_type);
    array_of_texts(params, claim->held, claim->held_count);
    params_int8(params, (int64_t)claim->max_row_bytes, TYPE_INT8);
    params_int8(params, (int64_t)claim->batch_bytes, TYPE_INT8);
    params_int8(params, claim->since.major, shape->position_type);
    array_of_texts(params, claim->blocked, claim->blocked_count);
    params_int4(params, claim->slot);
    params_uuid(params, &claim->until.id);
}

// The positions of several claims.
static void
array_of_positions(struct params *params, const struct claim *claims, int count, bool since)
{
    params_begin_array(params, TYPE_INT8, (size_t)count);
    for (int i = 0; i < count; i++)
        params_element_int8(params, since ? claims[i].since.major : claims[i].after.major);
    params_end_array(params);
}

// An aggregate is in one slot only, so what each slot holds is held in all of them together.
static void
array_of_held(struct params *params, const struct claim *claims, int count)
{
    size_t held = 0;

    for (int i = 0; i < count; i++)
        held += claims[i].held_count;
    params_begin_array(params, TYPE_TEXT, held);
    for (int i = 0; i < count; i++)
        for (size_t k = 0; k < claims[i].held_count; k++)
            params_element(params, claims[i].held[k].data, claims[i].held[k].len);
    params_end_array(params);
}

// "slot/topic", see sql/store/unblocked_in_slots.sql.
static void
array_of_blocked(struct params *params, const struct claim *claims, int count)
{
    size_t blocked = 0;

    for (int i = 0; i < count; i++)
        blocked += claims[i].blocked_count;
    params_begin_array(params, TYPE_TEXT, blocked);
    for (int i = 0; i < count; i++)
        for (size_t k = 0; k < claims[i].blocked_count; k++) {
            __attribute__((cleanup(text_free))) struct text name = {0};
            text_appendf(&name, "%d/", claims[i].slot);
            text_append_bytes(&name, claims[i].blocked[k].data, claims[i].blocked[k].len);
            params_element(params, name.data, name.len);
        }
    params_end_array(params);
}

void
claims_params_of_all(const struct claim *claims, int count, struct params *params)
{
    params_int8(params, claims[0].limit, TYPE_INT8);
    array_of_positions(params, claims, count, false);
    params_uuid(params, &claims[0].after.id);
    params_int8(params, claims[0].until.major, TYPE_INT8);
    array_of_held(params, claims, count);
    params_int8(params, (int64_t)claims[0].max_row_bytes, TYPE_INT8);
    params_int8(params, (int64_t)claims[0].batch_bytes, TYPE_INT8);
    array_of_positions(params, claims, count, true);
    array_of_blocked(params, claims, count);
    params_begin_array(params, TYPE_INT8, (size_t)count);
    for (int i = 0; i < count; i++)
        params_element_int8(params, claims[i].slot);
    params_end_array(params);
}

enum claim_kind
claims_kind(const struct claim *claims, int count)
{
    for (int i = 0; i < count; i++)
        if (claims[i].waiting || claims[i].blocked_count > 0)
            return CLAIM_CHOOSING;
    return CLAIM_PLAIN;
}
