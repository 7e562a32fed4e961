// SPDX-License-Identifier: Apache-2.0
//
// Rows that wait for their copy in outbox.dead_topic: each once, and never too many.
// links: base model src/relay/unburied.c
#include "src/relay/unburied.h"

#include "tests/support/unit.h"

static struct message_id
id(int n)
{
    return (struct message_id){.bytes = {(unsigned char)(n >> 8), (unsigned char)n}};
}

static bool
has(const struct unburied *unburied, int n)
{
    const struct message_id one = id(n);

    return unburied_has(unburied, &one);
}

static void
add(struct unburied *unburied, int n)
{
    const struct message_id one = id(n);

    unburied_add(unburied, &one);
}

START_TEST(test_rows_come_and_go)
{
    struct unburied unburied = {0};
    const struct message_id first = id(1);

    ck_assert(!has(&unburied, 1));
    unburied_drop(&unburied, &first);
    add(&unburied, 1);
    add(&unburied, 2);
    add(&unburied, 1);
    ck_assert_uint_eq(unburied.count, 2);
    unburied_drop(&unburied, &first);
    ck_assert(!has(&unburied, 1) && has(&unburied, 2));
    unburied_free(&unburied);
    ck_assert(!has(&unburied, 2));
}
END_TEST

START_TEST(test_the_first_is_forgotten_when_there_are_too_many)
{
    struct unburied unburied = {0};

    for (int n = 0; n < UNBURIED_MAX + 2; n++)
        add(&unburied, n);
    ck_assert_uint_eq(unburied.count, UNBURIED_MAX);
    ck_assert(!has(&unburied, 0) && !has(&unburied, 1));
    ck_assert(has(&unburied, 2) && has(&unburied, UNBURIED_MAX + 1));
    unburied_free(&unburied);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("unburied", test_rows_come_and_go,
                     test_the_first_is_forgotten_when_there_are_too_many);
}
