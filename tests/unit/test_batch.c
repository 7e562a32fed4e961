// SPDX-License-Identifier: Apache-2.0
//
// A batch's memory: pieces that never overlap or move, and one end for all of it.
#include "outrider/model/batch.h"

#include <check.h>
#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Stands in for a query's result: counts its releases.
static void
count_release(void *rows)
{
    ++*(int *)rows;
}

START_TEST(test_an_empty_batch_has_room_for_zeroed_messages)
{
    struct batch batch;
    memset(&batch, 0xa5, sizeof batch);
    batch_init(&batch, 3, NULL, NULL);
    ck_assert_uint_eq(batch.count, 0);
    ck_assert_uint_eq(batch.bytes, 0);
    ck_assert(!batch.full);
    ck_assert(!batch.holes);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_ptr_null(batch.messages[i].topic);
        ck_assert_int_eq(batch.messages[i].outcome.state, OUTCOME_NONE);
    }
    batch_free(&batch);
}
END_TEST

START_TEST(test_free_releases_the_rows_once_and_zeroes)
{
    int released = 0;
    struct batch batch;
    batch_init(&batch, 1, &released, count_release);
    batch_alloc(&batch, 10);
    ck_assert_int_eq(released, 0);
    batch_free(&batch);
    ck_assert_int_eq(released, 1);
    ck_assert_ptr_null(batch.messages);
    ck_assert_ptr_null(batch.memory);
    batch_free(&batch);
    ck_assert_int_eq(released, 1);
}
END_TEST

START_TEST(test_a_batch_may_have_no_room_and_no_rows)
{
    struct batch batch;
    batch_init(&batch, 0, NULL, NULL);
    ck_assert_ptr_nonnull(batch_alloc(&batch, 0));
    batch_free(&batch);
    struct batch zero = {0};
    batch_free(&zero);
}
END_TEST

// Small, odd, larger than a shared piece may be, and larger than a chunk.
static const size_t sizes[] = {0, 1, 7, 16, 17, 288, 5000, 16384, 16385, 65536, 300000};
#define SIZES (sizeof sizes / sizeof sizes[0])

START_TEST(test_pieces_are_aligned_apart_and_stay)
{
    enum { PIECES = 2000 };
    struct batch batch;
    batch_init(&batch, 1, NULL, NULL);
    static unsigned char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = batch_alloc(&batch, sizes[i % SIZES]);
        ck_assert_ptr_nonnull(pieces[i]);
        ck_assert_uint_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), sizes[i % SIZES]);
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t j = 0; j < sizes[i % SIZES]; j++) {
            if (pieces[i][j] != i % 251)
                ck_abort_msg("piece %zu was written over at byte %zu", i, j);
        }
    }
    batch_free(&batch);
}
END_TEST

START_TEST(test_small_pieces_share_a_chunk)
{
    struct batch batch;
    batch_init(&batch, 1, NULL, NULL);
    char *a = batch_alloc(&batch, 16);
    char *large = batch_alloc(&batch, 100000);
    char *b = batch_alloc(&batch, 16);
    ck_assert_ptr_nonnull(large);
    ck_assert_ptr_eq(b, a + 16);
    batch_free(&batch);
}
END_TEST

START_TEST(test_freeing_a_pending_message_is_a_bug)
{
    struct batch batch;
    batch_init(&batch, 1, NULL, NULL);
    batch.count = 1;
    batch.messages[0].outcome.state = OUTCOME_PENDING;
    batch_free(&batch);
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("batch");
    tcase_add_test(tests, test_an_empty_batch_has_room_for_zeroed_messages);
    tcase_add_test(tests, test_free_releases_the_rows_once_and_zeroes);
    tcase_add_test(tests, test_a_batch_may_have_no_room_and_no_rows);
    tcase_add_test(tests, test_pieces_are_aligned_apart_and_stay);
    tcase_add_test(tests, test_small_pieces_share_a_chunk);
    tcase_add_test_raise_signal(tests, test_freeing_a_pending_message_is_a_bug, SIGABRT);
    Suite *suite = suite_create("batch");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
