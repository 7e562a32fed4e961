// SPDX-License-Identifier: Apache-2.0
//
// Rows that are left alone in memory: found by their id, tried again when their time has come,
// forgotten when no claim meets them any more, and never too many.
// links: base model relay src/broker/topic_name.c tests/support/fake_store.c
// links: tests/support/fake_table.c tests/support/fake_purge.c tests/support/fake_producer.c
// links: tests/support/journal.c
#include "src/relay/quarantine.h"

#include "tests/support/fake_store.h"
#include "tests/support/unit.h"

#include <stdlib.h>

static struct quarantine quarantine;

static struct quarantined *
add(int64_t seq, int64_t from_now_ms)
{
    struct message_id id = fake_id(seq);
    struct quarantined *row = quarantine_add(&quarantine, &id);
    ck_assert_ptr_nonnull(row);
    row->until = mono_add_ms(mono_now(), from_now_ms);
    row->position.major = seq;
    return row;
}

START_TEST(test_a_row_is_known_and_its_refusals_are_counted)
{
    struct message_id one = fake_id(1), two = fake_id(2);
    add(1, 1000);
    ck_assert_int_eq(add(1, 1000)->refusals, 2);
    ck_assert_ptr_nonnull(quarantine_find(&quarantine, &one));
    ck_assert_ptr_null(quarantine_find(&quarantine, &two));
    quarantine_drop(&quarantine, &one);
    quarantine_drop(&quarantine, &two);
    ck_assert_ptr_null(quarantine_find(&quarantine, &one));
    quarantine_free(&quarantine);
}
END_TEST

START_TEST(test_the_lowest_whose_time_has_come_counts_once)
{
    struct position lowest;
    add(5, -1);
    add(3, -1);
    add(1, 60000);
    ck_assert(quarantine_expire(&quarantine, mono_now(), &lowest));
    ck_assert_int_eq(lowest.major, 3);
    ck_assert(!quarantine_expire(&quarantine, mono_now(), &lowest));
    ck_assert_uint_eq(quarantine.count, 3);
    add(5, -1); // refused again
    ck_assert(quarantine_expire(&quarantine, mono_now(), &lowest));
    ck_assert_int_eq(lowest.major, 5);
    quarantine_free(&quarantine);
}
END_TEST

START_TEST(test_rows_that_are_gone_are_forgotten)
{
    struct position lowest;
    add(1, 0);
    add(2, 60000);
    struct mono later = mono_add_ms(mono_now(), 10 * 60 * 1000 + 1000);
    quarantine_expire(&quarantine, later, &lowest);
    struct message_id one = fake_id(1), two = fake_id(2);
    ck_assert_ptr_null(quarantine_find(&quarantine, &one));
    ck_assert_ptr_nonnull(quarantine_find(&quarantine, &two));
    quarantine_free(&quarantine);
}
END_TEST

// The row whose time comes first makes room.
START_TEST(test_it_has_an_end)
{
    for (int64_t seq = 1; seq <= QUARANTINE_MAX; seq++)
        add(seq, seq == 7 ? 500 : 60000);
    add(QUARANTINE_MAX + 1, 60000);
    struct message_id evicted = fake_id(7), kept = fake_id(8), next = fake_id(QUARANTINE_MAX + 1);
    ck_assert_uint_eq(quarantine.count, QUARANTINE_MAX);
    ck_assert_ptr_null(quarantine_find(&quarantine, &evicted));
    ck_assert_ptr_nonnull(quarantine_find(&quarantine, &kept));
    ck_assert_ptr_nonnull(quarantine_find(&quarantine, &next));
    quarantine_free(&quarantine);
}
END_TEST

// Against a plain array, with ids that fall on the same cells often.
START_TEST(test_rows_that_come_and_go)
{
    enum { IDS = 64 };
    bool there[IDS] = {false};
    unsigned seed = 1;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1103515245u + 12345u;
        const int64_t seq = seed >> 16 & (IDS - 1);
        struct message_id id = fake_id(seq);
        if (seed >> 30 & 1)
            add(seq, 1000);
        else
            quarantine_drop(&quarantine, &id);
        there[seq] = seed >> 30 & 1;
        for (int64_t i = 0; step % 50 == 0 && i < IDS; i++) {
            struct message_id other = fake_id(i);
            const struct quarantined *row = quarantine_find(&quarantine, &other);
            ck_assert_int_eq(row != NULL, there[i]);
            ck_assert(!row || row->position.major == i);
        }
    }
    quarantine_free(&quarantine);
}
END_TEST

START_TEST(test_those_left_alone_are_listed)
{
    size_t count;
    add(1, -1);
    add(2, 60000);
    struct message_id two = fake_id(2), *ids = quarantine_list(&quarantine, mono_now(), &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_mem_eq(&ids[0], &two, sizeof two);
    free(ids);
    quarantine_free(&quarantine);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("quarantine", test_a_row_is_known_and_its_refusals_are_counted,
                     test_the_lowest_whose_time_has_come_counts_once,
                     test_rows_that_are_gone_are_forgotten, test_it_has_an_end,
                     test_those_left_alone_are_listed, test_rows_that_come_and_go);
}
