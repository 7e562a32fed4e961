// SPDX-License-Identifier: Apache-2.0
//
// What a lane notes is read whole, while it notes the next.
#include "src/relay/trouble.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// links: base src/relay/trouble.c

enum { TIMES = 20000 };

static struct trouble trouble;
static atomic_bool done;

// A text of one letter all through, so that a torn one shows.
static void *
write_many(void *unused)
{
    struct error err = {.fault = FAULT_CLUSTER};
    for (int i = 0; i < TIMES; i++) {
        memset(err.text, 'a' + i % 26, sizeof err.text - 1);
        memset(err.code, 'a' + i % 26, sizeof err.code - 1);
        trouble_write(&trouble, "kafka_unavailable", &err);
    }
    atomic_store(&done, true);
    return unused;
}

START_TEST(test_nothing_at_first)
{
    static struct trouble none;
    struct lane_trouble got;
    ck_assert(!trouble_read(&none, &got));
}
END_TEST

START_TEST(test_the_last_counts)
{
    static struct trouble noted;
    struct lane_trouble got;
    struct error err;
    const struct mono before = mono_now();
    error_set(&err, FAULT_TOPIC, "FIRST", "one");
    trouble_write(&noted, "window_failed", &err);
    error_set(&err, FAULT_CLUSTER, "57P03", "two");
    trouble_write(&noted, "postgres_unavailable", &err);
    ck_assert(trouble_read(&noted, &got));
    ck_assert_str_eq(got.event, "postgres_unavailable");
    ck_assert_str_eq(got.error.code, "57P03");
    ck_assert_str_eq(got.error.text, "two");
    ck_assert_int_eq(got.error.fault, FAULT_CLUSTER);
    ck_assert_int_ge(got.at.ns, before.ns);
}
END_TEST

START_TEST(test_never_torn)
{
    pthread_t writer;
    struct lane_trouble got;
    ck_assert_int_eq(pthread_create(&writer, NULL, write_many, NULL), 0);
    while (!atomic_load(&done)) {
        if (!trouble_read(&trouble, &got))
            continue;
        ck_assert_uint_eq(strspn(got.error.text, (char[]){got.error.text[0], 0}),
                          sizeof got.error.text - 1);
        ck_assert_int_eq(got.error.text[0], got.error.code[0]);
    }
    pthread_join(writer, NULL);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("trouble", test_nothing_at_first, test_the_last_counts, test_never_torn);
}
