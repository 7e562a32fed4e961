// SPDX-License-Identifier: Apache-2.0
//
// Topics as numbers: stable, distinct, bounded, and the same from every thread.
// links: base src/relay/topic_index.c
#include "outrider/relay/topic_index.h"

#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 4 };

START_TEST(test_a_topic_keeps_its_number)
{
    const size_t orders = topic_index("orders"), payments = topic_index("payments");
    ck_assert_uint_ne(orders, payments);
    ck_assert_uint_eq(topic_index("orders"), orders);
    ck_assert_str_eq(topic_index_name(orders), "orders");
    ck_assert_str_eq(topic_index_name(payments), "payments");
}
END_TEST

START_TEST(test_a_number_without_a_topic_has_no_name)
{
    size_t named = 0;
    topic_index("orders");
    for (size_t i = 0; i < TOPIC_INDEX_OTHER; i++)
        named += topic_index_name(i) != NULL;
    ck_assert_uint_eq(named, 1);
    ck_assert_str_eq(topic_index_name(TOPIC_INDEX_OTHER), "other");
}
END_TEST

static size_t
meet(int count)
{
    size_t others = 0;
    for (int i = 0; i < count; i++) {
        char topic[16];
        snprintf(topic, sizeof topic, "t%d", i);
        size_t number = topic_index(topic);
        if (number == TOPIC_INDEX_OTHER)
            others++;
        else
            ck_assert_str_eq(topic_index_name(number), topic);
    }
    return others;
}

START_TEST(test_all_beyond_the_limit_share_a_number)
{
    ck_assert_uint_eq(meet(TOPIC_INDEX_TOPICS), 0);
    ck_assert_uint_eq(topic_index("one more"), TOPIC_INDEX_OTHER);
    ck_assert_uint_eq(meet(1000), 1000 - TOPIC_INDEX_TOPICS);
    size_t number = 4711;
    ck_assert(!topic_index_find("one more", &number));
    ck_assert_uint_eq(number, 4711);
    ck_assert(topic_index_find("t0", &number));
    ck_assert_uint_eq(number, topic_index("t0"));
}
END_TEST

static size_t
meet_blocked(int count)
{
    size_t named = 0;
    for (int i = 0; i < count; i++) {
        char junk[16];
        snprintf(junk, sizeof junk, "junk%d", i);
        named += topic_index_blocked(junk) != TOPIC_INDEX_OTHER;
    }
    return named;
}

START_TEST(test_topics_that_lead_nowhere_use_up_no_number)
{
    ck_assert_uint_eq(meet_blocked(1000), TOPIC_INDEX_BLOCKED);
    ck_assert_uint_eq(meet(TOPIC_INDEX_TOPICS), 0);
    ck_assert_uint_eq(topic_index("one more"), TOPIC_INDEX_OTHER);
    // One that has its own label keeps it when it is blocked.
    ck_assert_uint_eq(topic_index_blocked("t0"), topic_index("t0"));
    ck_assert_str_eq(topic_index_name(topic_index_blocked("t0")), "t0");
}
END_TEST

// The first message of a blocked topic makes room for another blocked one.
START_TEST(test_a_blocked_topic_is_published_to)
{
    char junk[16];
    for (int i = 0; i < TOPIC_INDEX_BLOCKED; i++) {
        snprintf(junk, sizeof junk, "junk%d", i);
        ck_assert_uint_ne(topic_index_blocked(junk), TOPIC_INDEX_OTHER);
    }
    ck_assert_uint_eq(topic_index_blocked("late"), TOPIC_INDEX_OTHER);
    ck_assert_uint_eq(topic_index("junk0"), topic_index_blocked("junk0"));
    ck_assert_uint_eq(topic_index("junk0"), topic_index_blocked("junk0"));
    ck_assert_uint_ne(topic_index_blocked("late"), TOPIC_INDEX_OTHER);
    ck_assert_uint_eq(topic_index_blocked("later"), TOPIC_INDEX_OTHER);
    // All labels of published topics are given out: it is one of the others, blocked it has its
    // own.
    ck_assert_uint_eq(meet(TOPIC_INDEX_TOPICS - 1), 0);
    ck_assert_uint_eq(topic_index("late"), TOPIC_INDEX_OTHER);
    ck_assert_uint_ne(topic_index_blocked("late"), TOPIC_INDEX_OTHER);
}
END_TEST

// Its label is taken.
START_TEST(test_a_topic_named_other_is_one_of_the_others)
{
    size_t number;
    ck_assert_uint_eq(topic_index("other"), TOPIC_INDEX_OTHER);
    ck_assert_uint_eq(topic_index_blocked("other"), TOPIC_INDEX_OTHER);
    ck_assert(!topic_index_find("other", &number));
}
END_TEST

static void *
meet_all(void *argument)
{
    (void)argument;
    meet(1000);
    return NULL;
}

// Whoever meets a topic first, no two numbers have the same name, and the limits hold.
START_TEST(test_threads_agree)
{
    pthread_t threads[THREADS];
    size_t named = 0;
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, meet_all, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < TOPIC_INDEX_OTHER; i++) {
        const char *name = topic_index_name(i);
        named += name != NULL;
        for (size_t k = 0; name != NULL && k < i; k++)
            ck_assert(topic_index_name(k) == NULL || strcmp(topic_index_name(k), name) != 0);
    }
    ck_assert_uint_gt(named, TOPIC_INDEX_TOPICS - THREADS);
    ck_assert_uint_le(named, TOPIC_INDEX_TOPICS);
    ck_assert_uint_eq(meet_blocked(1000), TOPIC_INDEX_BLOCKED);
}
END_TEST

int
main(void)
{
    return RUN_TESTS(
        "topic_index", test_a_topic_keeps_its_number, test_a_number_without_a_topic_has_no_name,
        test_all_beyond_the_limit_share_a_number, test_topics_that_lead_nowhere_use_up_no_number,
        test_a_blocked_topic_is_published_to, test_a_topic_named_other_is_one_of_the_others,
        test_threads_agree);
}
