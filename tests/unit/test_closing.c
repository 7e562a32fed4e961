// SPDX-License-Identifier: Apache-2.0
//
// The closing table, whole.
#include "src/cli/closing.h"
#include "tests/support/unit.h"

// links: base src/cli/closing.c src/cli/drain_judge.c src/cli/figures.c src/cli/format.c
// links: src/relay/stats.c

static struct text out;

static const char *
table(struct closing closing)
{
    text_clear(&out);
    closing_append(&closing, &out);
    return text_str(&out);
}

static struct closing
all_gone(void)
{
    return (struct closing){
        .ending = DRAIN_GONE,
        .total = 200000,
        .elapsed_ms = 4215,
        .busy_ms = 4000,
        .counted = true,
        .figures = {.published = 200000,
                    .p50_us = 12700,
                    .p99_us = 40100,
                    .cpu_us = 780000,
                    .peak_bytes = 15938355},
    };
}

START_TEST(test_all_gone)
{
    ck_assert_str_eq(table(all_gone()), "published             200,000\n"
                                        "dead                        0\n"
                                        "failed attempts             0\n"
                                        "possible duplicates         0\n"
                                        "remaining                   0\n"
                                        "seconds                  4.21\n"
                                        "rate                   50,000  msg/s\n"
                                        "delivery p50            12 ms  from created_at\n"
                                        "delivery p99            40 ms\n"
                                        "CPU a message          3.9 us  of this process\n"
                                        "peak memory          15.2 MiB\n");
}
END_TEST

START_TEST(test_rows_remain)
{
    struct closing closing = all_gone();
    closing.ending = DRAIN_MAX_MESSAGES;
    closing.total = 1117;
    closing.figures = (struct figures){.published = 1000, .dead = 2, .failed_attempts = 3};
    closing.remaining = (struct remaining){.messages = 112,
                                           .waiting = 10,
                                           .next_attempt_ms = 1500,
                                           .locked = 1,
                                           .locked_pid = 4242,
                                           .blocked = 20,
                                           .held = 5,
                                           .claimable = 76};
    static const char *const blocked[] = {"a", "b", "c", "orders.gone", "z"};
    closing.blocked = blocked;
    closing.blocked_count = 5;
    closing.has_due_time = true;
    closing.now_us = INT64_C(1700000000000000);
    ck_assert_str_eq(table(closing),
                     "unfinished: limit reached: --max-messages\n"
                     "published             1,000\n"
                     "taken by others           3\n"
                     "dead                      2\n"
                     "failed attempts           3\n"
                     "possible duplicates       0\n"
                     "remaining               112\n"
                     "  waiting                10  the first until 2023-11-14T22:13:21.500Z\n"
                     "  locked                  1  by pid 4242\n"
                     "  topic blocked          20  a, b, c and 2 more\n"
                     "  held back               5  behind those of their aggregate\n"
                     "  not reached            76  limit reached: --max-messages\n"
                     "seconds                4.21\n"
                     "rate                    250  msg/s\n"
                     "delivery p50           0 ms  from created_at\n"
                     "delivery p99           0 ms\n"
                     "CPU a message        0.0 us  of this process\n"
                     "peak memory             0 B\n");
}
END_TEST

START_TEST(test_rows_that_are_never_due)
{
    struct closing closing = all_gone();
    closing.ending = DRAIN_STANDSTILL;
    closing.has_due_time = true;
    closing.now_us = INT64_C(1700000000000000);
    closing.remaining = (struct remaining){.messages = 1, .waiting = 1};
    ck_assert_ptr_nonnull(strstr(table(closing), "for ever: next_attempt_at is infinity"));
    closing.remaining.next_attempt_ms = INT64_MAX / 1000;
    ck_assert_ptr_nonnull(strstr(table(closing), "the first until infinity"));
}
END_TEST

START_TEST(test_not_counted)
{
    struct closing closing = {.ending = DRAIN_UNAVAILABLE, .total = 10};
    ck_assert_str_eq(table(closing),
                     "unfinished: PostgreSQL or Kafka was unavailable for as long as --give-up\n"
                     "published               0\n"
                     "dead                    0\n"
                     "failed attempts         0\n"
                     "possible duplicates     0\n"
                     "remaining               ?  could not be counted\n"
                     "seconds              0.00\n"
                     "rate                    0  msg/s\n"
                     "peak memory           0 B\n");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("closing", test_all_gone, test_rows_remain, test_rows_that_are_never_due,
                     test_not_counted);
}
