// SPDX-License-Identifier: Apache-2.0
//
// Every ending of a drain, which comes first, and its exit code.
#include "src/cli/drain.h"
#include "src/cli/exits.h"
#include "tests/support/unit.h"

// links: base src/cli/drain_judge.c

static const struct drain_limits unlimited = {.give_up_ms = 30000};

static struct drain_facts
working(void)
{
    return (struct drain_facts){.published = 10,
                                .reachable = true,
                                .elapsed_ms = 1000,
                                .still_ms = 5,
                                .remaining = {.messages = 90, .claimable = 90}};
}

START_TEST(test_goes_on)
{
    struct drain_facts facts = working();
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GOES_ON);
    facts.counted = true;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GOES_ON);
    facts.still_ms = 29999;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GOES_ON);
}
END_TEST

// An old count says nothing: it was made before the lanes' latest window.
START_TEST(test_gone_only_by_a_fresh_count)
{
    struct drain_facts facts = working();
    facts.remaining = (struct remaining){0};
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GOES_ON);
    facts.counted = true;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GONE);
    facts.signalled = true;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GONE);
}
END_TEST

START_TEST(test_limits)
{
    struct drain_limits limits = {.max_messages = 11, .max_ms = 1001, .give_up_ms = 30000};
    struct drain_facts facts = working();
    ck_assert_int_eq(drain_judge(&limits, &facts), DRAIN_GOES_ON);
    facts.elapsed_ms = 1001;
    ck_assert_int_eq(drain_judge(&limits, &facts), DRAIN_MAX_SECONDS);
    facts.published = 11;
    ck_assert_int_eq(drain_judge(&limits, &facts), DRAIN_MAX_MESSAGES);
    facts.signalled = true;
    ck_assert_int_eq(drain_judge(&limits, &facts), DRAIN_SIGNAL);
}
END_TEST

START_TEST(test_giving_up)
{
    struct drain_facts facts = working();
    facts.still_ms = 30000;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_STANDSTILL);
    facts.claiming = true; // what comes of that is awaited
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GOES_ON);
    facts.claiming = false;
    facts.reachable = false;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_UNAVAILABLE);
    facts.still_ms = 29999;
    ck_assert_int_eq(drain_judge(&unlimited, &facts), DRAIN_GOES_ON);
}
END_TEST

START_TEST(test_exit_codes)
{
    ck_assert_int_eq(drain_exit_code(DRAIN_GONE, 0), EX_OK);
    ck_assert_int_eq(drain_exit_code(DRAIN_MAX_MESSAGES, 3), EX_TEMPFAIL);
    ck_assert_int_eq(drain_exit_code(DRAIN_MAX_SECONDS, 3), EX_TEMPFAIL);
    ck_assert_int_eq(drain_exit_code(DRAIN_SIGNAL, -1), EX_TEMPFAIL);
    ck_assert_int_eq(drain_exit_code(DRAIN_STANDSTILL, 3), EX_TEMPFAIL);
    ck_assert_int_eq(drain_exit_code(DRAIN_UNAVAILABLE, -1), EX_UNAVAILABLE);
    // The limit was met by the last message.
    ck_assert_int_eq(drain_exit_code(DRAIN_MAX_MESSAGES, 0), EX_OK);
    ck_assert_ptr_null(drain_ending_text(DRAIN_GONE));
    for (int ending = DRAIN_MAX_MESSAGES; ending <= DRAIN_UNAVAILABLE; ending++)
        ck_assert_ptr_nonnull(drain_ending_text((enum drain_ending)ending));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("drain_judge", test_goes_on, test_gone_only_by_a_fresh_count, test_limits,
                     test_giving_up, test_exit_codes);
}
