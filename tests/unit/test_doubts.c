// SPDX-License-Identifier: Apache-2.0
//
// A refusal is proof of a row's fault only beside another row that the same topic took.
// links: base model src/relay/doubts.c
#include "src/relay/doubts.h"

#include "tests/support/unit.h"

#include <stdio.h>

enum { MOST = 8 };

static struct doubts doubts;
static struct message messages[MOST];
static struct batch batch = {.messages = messages};

// A batch of two letters a message: its topic, and + (acknowledged), - (refused, doubtful),
// x (refused, beyond doubt) or . (held). Returns how many are doubted.
static size_t
judge(const char *outcomes)
{
    static const char *const topics[] = {"a", "b", "c"};
    batch.count = 0;
    for (; *outcomes; outcomes += 2) {
        struct message *message = &messages[batch.count++];
        const bool failed = outcomes[1] == '-' || outcomes[1] == 'x';
        *message = (struct message){.topic = topics[outcomes[0] - 'a']};
        message->outcome.state = failed               ? OUTCOME_FAILED
                                 : outcomes[1] == '+' ? OUTCOME_ACKNOWLEDGED
                                                      : OUTCOME_HELD;
        message->outcome.doubtful = outcomes[1] == '-';
    }
    return doubts_judge(&doubts, &batch);
}

START_TEST(test_all_refused_is_the_topics_fault)
{
    ck_assert_uint_eq(judge("a-a-a-"), 3);
    ck_assert_uint_eq(judge("a-"), 1);
    ck_assert(messages[0].outcome.doubted);
    doubts_free(&doubts);
}
END_TEST

START_TEST(test_another_row_of_the_batch_is_proof)
{
    ck_assert_uint_eq(judge("a+a-a-"), 0);
    ck_assert_uint_eq(judge("b-b+"), 0);
    doubts_free(&doubts);
}
END_TEST

START_TEST(test_another_topics_row_is_none)
{
    ck_assert_uint_eq(judge("b+a-a."), 1);
    ck_assert_uint_eq(judge("b+"), 0);
    ck_assert_uint_eq(judge("a-"), 1);
    doubts_free(&doubts);
}
END_TEST

START_TEST(test_a_row_taken_since_the_last_refusal_is_proof_once)
{
    ck_assert_uint_eq(judge("a-"), 1);
    ck_assert_uint_eq(judge("a+"), 0);
    ck_assert_uint_eq(judge("b+"), 0);
    ck_assert_uint_eq(judge("a-a-"), 0); // both were refused after it
    ck_assert_uint_eq(judge("a-"), 1);
    doubts_free(&doubts);
}
END_TEST

START_TEST(test_what_was_taken_before_proves_nothing)
{
    ck_assert_uint_eq(judge("a+"), 0);
    ck_assert_uint_eq(judge("a-"), 1);
    doubts_free(&doubts);
}
END_TEST

START_TEST(test_what_is_beyond_doubt_is_left_alone)
{
    ck_assert_uint_eq(judge("ax"), 0);
    ck_assert(!messages[0].outcome.doubted);
    ck_assert_uint_eq(doubts.count, 0);
}
END_TEST

START_TEST(test_many_topics_stay_bounded)
{
    char name[16];
    batch.count = 1;
    for (int i = 0; i < 3 * DOUBTS_MAX; i++) {
        snprintf(name, sizeof name, "t%d", i);
        messages[0] = (struct message){.topic = name};
        messages[0].outcome = (struct outcome){.state = OUTCOME_FAILED, .doubtful = true};
        ck_assert_uint_eq(doubts_judge(&doubts, &batch), 1);
    }
    ck_assert_uint_eq(doubts.count, DOUBTS_MAX);
    doubts_free(&doubts);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("doubts", test_all_refused_is_the_topics_fault,
                     test_another_row_of_the_batch_is_proof, test_another_topics_row_is_none,
                     test_a_row_taken_since_the_last_refusal_is_proof_once,
                     test_what_was_taken_before_proves_nothing,
                     test_what_is_beyond_doubt_is_left_alone, test_many_topics_stay_bounded);
}
