// SPDX-License-Identifier: Apache-2.0
//
// The parameters of claims: one statement's for one slot, and for all.
// links: base model store
#include "src/store/claims.h"

#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

enum {
    LIMIT,
    AFTER,
    ID,
    UNTIL,
    HELD,
    PAYLOAD,
    BATCH,
    SINCE,
    BLOCKED,
    SLOT,
    COUNT,
    UNTIL_ID = COUNT
};
enum { INT8_ARRAY = 1016, TEXT_ARRAY = 1009 };

static const char *
value(const struct params *params, int i)
{
    return params->bytes.data + params->offsets[i];
}

// The texts of an array, each followed by a blank. Caller frees.
static char *
texts(const struct params *params, int i)
{
    struct text out = {0};
    const char *p = value(params, i);
    text_append(&out, "");
    if (wire_int4(p) > 0) {
        int count = wire_int4(p + 12);
        p += 20;
        for (int k = 0; k < count; k++) {
            int size = wire_int4(p);
            text_append_bytes(&out, p + 4, (size_t)size);
            text_append_char(&out, ' ');
            p += 4 + size;
        }
    }
    return out.data;
}

static int64_t
number(const struct params *params, int i, int place)
{
    return wire_int8(value(params, i) + 20 + place * 12 + 4);
}

static const struct bytes held[] = {{"a", 1}, {"b", 1}};
static const struct bytes blocked[] = {{"orders", 6}, {"bills", 5}};

START_TEST(test_of_one)
{
    const struct shape shape = {.position_type = TYPE_TIMESTAMPTZ};
    const struct claim claim = {.slot = 3,
                                .after = {.major = 7},
                                .since = {.major = 5},
                                .until = {.major = 9, .id = {.bytes = {[15] = 8}}},
                                .limit = 10,
                                .held = held,
                                .held_count = 2,
                                .blocked = blocked,
                                .blocked_count = 1};
    struct params params = {0};

    claims_params_of_one(&shape, &claim, &params);
    ck_assert_int_eq(params.count, UNTIL_ID + 1);
    ck_assert_int_eq(wire_int8(value(&params, LIMIT)), 10);
    ck_assert_uint_eq(params.types[AFTER], TYPE_TIMESTAMPTZ);
    ck_assert_int_eq(wire_int8(value(&params, AFTER)), 7);
    ck_assert_int_eq(wire_int8(value(&params, UNTIL)), 9);
    ck_assert_int_eq(wire_int8(value(&params, SINCE)), 5);
    ck_assert_int_eq(wire_int4(value(&params, SLOT)), 3);
    ck_assert_int_eq(value(&params, UNTIL_ID)[15], 8);
    char *names = texts(&params, BLOCKED);
    ck_assert_str_eq(names, "orders ");
    free(names);
    params_free(&params);
}
END_TEST

// Each slot has its own positions and blocked topics.
START_TEST(test_of_all)
{
    const struct claim claims[] = {
        {.slot = 0,
         .after = {.major = 7},
         .since = {.major = 5},
         .until = {.major = 9},
         .held = held,
         .held_count = 1,
         .blocked = blocked,
         .blocked_count = 2},
        {.slot = 1,
         .after = {.major = 70},
         .since = {.major = 50},
         .until = {.major = 9},
         .held = held + 1,
         .held_count = 1,
         .blocked = blocked + 1,
         .blocked_count = 1},
    };
    struct params params = {0};

    claims_params_of_all(claims, 2, &params);
    ck_assert_int_eq(params.count, COUNT);
    ck_assert_uint_eq(params.types[AFTER], INT8_ARRAY);
    ck_assert_uint_eq(params.types[SINCE], INT8_ARRAY);
    ck_assert_uint_eq(params.types[SLOT], INT8_ARRAY);
    ck_assert_uint_eq(params.types[BLOCKED], TEXT_ARRAY);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(number(&params, AFTER, i), claims[i].after.major);
        ck_assert_int_eq(number(&params, SINCE, i), claims[i].since.major);
        ck_assert_int_eq(number(&params, SLOT, i), i);
    }
    char *aggregates = texts(&params, HELD);
    char *topics = texts(&params, BLOCKED);
    ck_assert_str_eq(aggregates, "a b ");
    ck_assert_str_eq(topics, "0/orders 0/bills 1/bills ");
    free(aggregates);
    free(topics);
    params_free(&params);
}
END_TEST

START_TEST(test_the_kind_fits_all)
{
    struct claim claims[2] = {{.slot = 0}, {.slot = 1}};

    ck_assert_int_eq(claims_kind(claims, 2), CLAIM_PLAIN);
    claims[1].waiting = true;
    ck_assert_int_eq(claims_kind(claims, 2), CLAIM_CHOOSING);
    ck_assert_int_eq(claims_kind(claims, 1), CLAIM_PLAIN);
    claims[0].blocked_count = 1;
    ck_assert_int_eq(claims_kind(claims, 1), CLAIM_CHOOSING);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("claims", test_of_one, test_of_all, test_the_kind_fits_all);
}
