// SPDX-License-Identifier: Apache-2.0
//
// What tells a session that keeps a relay out of a slot from a relay at work, look by look. Time is
// the test's own.
#include "outrider/relay/holder.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

// links: base src/relay/holder.c

enum { LONGEST_MS = 60000 };

static struct holder_watch watch;
static struct mono now;

static void
begin_anew(void)
{
    watch = (struct holder_watch){0};
}

static struct slot_holder
relay_in(const char *transaction, int64_t changes)
{
    struct slot_holder holder = {.found = true,
                                 .pid = 4711,
                                 .may_claim = true,
                                 .in_transaction = true,
                                 .changes = changes,
                                 .transaction_ms = -1,
                                 .lock = "the lock of slot 0",
                                 .who = "session 4711 (user app)",
                                 .remedy = "SELECT pg_terminate_backend(4711)"};

    snprintf(holder.transaction, sizeof holder.transaction, "%s", transaction);
    return holder;
}

// A look at it that comes so much after the last one.
static enum holder_kind
look(struct slot_holder holder, int64_t after_ms, bool rows_wait)
{
    now = mono_add_ms(now, after_ms);
    holder_note(&watch, &holder, now);
    return holder_judge(&watch, LONGEST_MS, rows_wait, now);
}

START_TEST(test_a_relay_at_work)
{
    for (int i = 0; i < 100; i++) {
        char transaction[24];
        snprintf(transaction, sizeof transaction, "3/%d", i);
        ck_assert_int_eq(look(relay_in(transaction, i), HOLDER_LOOK_MS, true), HOLDER_RELAY);
    }
}
END_TEST

// One that hangs at Kafka for as long as a window may.
START_TEST(test_one_window_as_long_as_it_may_be)
{
    for (int i = 0; i < 12; i++)
        ck_assert_int_eq(look(relay_in("3/1", 0), HOLDER_LOOK_MS, true), HOLDER_RELAY);
    look(relay_in("3/2", 0), 1, true);
    struct slot_holder holder = relay_in("3/2", 1);
    holder.transaction_ms = LONGEST_MS;
    ck_assert_int_eq(look(holder, LONGEST_MS, true), HOLDER_RELAY);
}
END_TEST

// A COMMIT is outside of its transaction for a moment, which a look can meet, and another the next.
START_TEST(test_a_moment_outside_of_a_transaction)
{
    struct slot_holder moment = relay_in("3/0", 0);

    moment.in_transaction = false;
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(look(moment, HOLDER_LOOK_MS, true), HOLDER_RELAY);
        ck_assert_int_eq(look(moment, HOLDER_ODD_MS, true), HOLDER_RELAY);
        ck_assert_int_eq(look(moment, HOLDER_ODD_MS, true), HOLDER_RELAY);
        ck_assert_int_eq(look(relay_in("3/7", i), HOLDER_ODD_MS, true), HOLDER_RELAY);
    }
    // Another session each time.
    for (int i = 0; i < 100; i++) {
        moment.pid = i + 1;
        ck_assert_int_eq(look(moment, HOLDER_ODD_MS, true), HOLDER_RELAY);
    }
}
END_TEST

static void
assert_told_at_last(struct slot_holder holder, enum holder_kind kind)
{
    for (int i = 1; i < HOLDER_ODD_LOOKS; i++) {
        ck_assert_int_eq(look(holder, HOLDER_ODD_MS, false), HOLDER_RELAY);
        ck_assert_int_eq(mono_diff_ns(watch.next_look, now), HOLDER_ODD_MS * INT64_C(1000000));
    }
    ck_assert_int_eq(look(holder, HOLDER_ODD_MS, false), kind);
}

START_TEST(test_states_that_no_relay_is_in)
{
    struct slot_holder holder = relay_in("3/0", 0);
    holder.in_transaction = false;
    assert_told_at_last(holder, HOLDER_NO_TRANSACTION);
    holder = relay_in("3/8", 0);
    holder.pid++;
    holder.may_claim = false;
    assert_told_at_last(holder, HOLDER_NO_RIGHT);
    holder = relay_in("-1/800", 0);
    holder.pid = 0;
    assert_told_at_last(holder, HOLDER_PREPARED);
    // Another prepared one is another holder.
    snprintf(holder.transaction, sizeof holder.transaction, "-1/801");
    assert_told_at_last(holder, HOLDER_PREPARED);
    ck_assert_int_eq(look((struct slot_holder){0}, 1, true), HOLDER_RELAY);
}
END_TEST

START_TEST(test_one_transaction_for_too_long)
{
    for (int i = 0; i <= LONGEST_MS / HOLDER_LOOK_MS; i++)
        ck_assert_int_eq(look(relay_in("3/1", i), HOLDER_LOOK_MS, false), HOLDER_RELAY);
    ck_assert_int_eq(look(relay_in("3/1", 99), 1, false), HOLDER_TOO_LONG);
    begin_anew();
    struct slot_holder shown = relay_in("3/1", 0);
    shown.transaction_ms = LONGEST_MS + 1;
    ck_assert_int_eq(look(shown, 1, false), HOLDER_TOO_LONG);
}
END_TEST

// A session whose lock outlives its transactions, which it is always in when it is looked at.
START_TEST(test_nothing_moves)
{
    char transaction[24];

    for (int i = 0; i <= LONGEST_MS / HOLDER_LOOK_MS; i++) {
        snprintf(transaction, sizeof transaction, "3/%d", i);
        ck_assert_int_eq(look(relay_in(transaction, 5), HOLDER_LOOK_MS, true), HOLDER_RELAY);
        ck_assert(!holder_seems_still(&watch, LONGEST_MS, now));
    }
    ck_assert_int_eq(look(relay_in("3/98", 5), 1, false), HOLDER_RELAY);
    ck_assert(holder_seems_still(&watch, LONGEST_MS, now));
    ck_assert_int_eq(look(relay_in("3/99", 5), 1, true), HOLDER_STILL);
    // A row that was marked, a server that does not count.
    ck_assert_int_eq(look(relay_in("3/100", 6), 1, true), HOLDER_RELAY);
    begin_anew();
    for (int i = 0; i < 100; i++) {
        snprintf(transaction, sizeof transaction, "3/%d", i);
        ck_assert_int_eq(look(relay_in(transaction, -1), HOLDER_LOOK_MS, true), HOLDER_RELAY);
    }
}
END_TEST

START_TEST(test_it_is_explained)
{
    const struct slot_holder holder = relay_in("3/1", 0);
    struct error err;

    holder_explain(&holder, HOLDER_NO_RIGHT, &err);
    ck_assert_str_eq(err.code, "SLOT");
    ck_assert_str_eq(err.text,
                     "session 4711 (user app) has the lock of slot 0; end it: SELECT "
                     "pg_terminate_backend(4711); its role may not update the table, so it is no "
                     "relay");
}
END_TEST

// A remedy is whole however long the names are.
START_TEST(test_a_remedy_is_never_cut)
{
    struct slot_holder holder = relay_in("3/1", 0);
    struct error err;

    memset(holder.who, 'w', sizeof holder.who - 1);
    memset(holder.lock, 'l', sizeof holder.lock - 1);
    memset(holder.remedy, 'r', sizeof holder.remedy - 2);
    holder.remedy[sizeof holder.remedy - 2] = ')';
    holder.remedy[sizeof holder.remedy - 1] = '\0';
    for (enum holder_kind kind = HOLDER_NO_RIGHT; kind <= HOLDER_STILL; kind++) {
        holder_explain(&holder, kind, &err);
        ck_assert_ptr_nonnull(strstr(err.text, holder.remedy));
        ck_assert_ptr_nonnull(strstr(err.text, "www... has lll"));
        ck_assert_ptr_nonnull(strstr(err.text, holder_advice(kind)));
    }
}
END_TEST

int
main(void)
{
    return RUN_TESTS("holder", test_a_relay_at_work, test_one_window_as_long_as_it_may_be,
                     test_a_moment_outside_of_a_transaction, test_states_that_no_relay_is_in,
                     test_one_transaction_for_too_long, test_nothing_moves, test_it_is_explained,
                     test_a_remedy_is_never_cut);
}
