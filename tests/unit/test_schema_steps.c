// SPDX-License-Identifier: Apache-2.0
//
// The tables of steps, and what is printed from them.
// links: base model store schema
#include "outrider/schema/schema.h"
#include "src/schema/sql.h"
#include "src/schema/steps.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

static const struct store_settings settings = {
    .table = "\"My.Schema\".Out",
    .columns = {[COLUMN_SEQ] = "Nu\"mber", [COLUMN_ID] = "Id"},
    .lock_timeout_ms = 250,
    .max_retries = 7,
};

static size_t
statement_count(const struct step *step)
{
    size_t count = 0;
    while (count < STATEMENTS_MAX && step->statements[count].sql != NULL)
        count++;
    return count;
}

static void
check_step(const struct step *step)
{
    const size_t count = statement_count(step);
    size_t repeated = 0;

    ck_assert_ptr_nonnull(step->name);
    ck_assert_ptr_nonnull(step->about);
    ck_assert_ptr_nonnull(step->done);
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_lt(count, STATEMENTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct statement *statement = &step->statements[i];
        const bool concurrent = strstr(statement->sql, "CONCURRENTLY") != NULL;
        repeated += statement->repeated;
        ck_assert_int_eq(concurrent, step->kind == STEP_ALONE);
        if (step->kind != STEP_TRANSACTION)
            ck_assert(!statement->patient && !statement->must_touch && statement->refuses == NULL);
    }
    ck_assert_uint_eq(repeated, step->kind == STEP_LOOP ? 1 : 0);
    ck_assert_int_eq(step->index != NULL, step->kind == STEP_ALONE);
    if (step->kind == STEP_ALONE)
        ck_assert_uint_eq(count, 1);
}

START_TEST(test_steps_are_whole)
{
    for (size_t i = 0; i < steps_up_count; i++)
        check_step(&steps_up[i]);
    for (size_t i = 0; i < steps_down_count; i++)
        check_step(&steps_down[i]);
    for (size_t i = 0; i < inbox_steps_up_count; i++)
        check_step(&inbox_steps_up[i]);
    for (size_t i = 0; i < inbox_steps_down_count; i++)
        check_step(&inbox_steps_down[i]);
}
END_TEST

// What is made of the inbox is removed in reverse, and nothing of it before the version that it
// needs.
START_TEST(test_the_inbox_goes_as_it_came)
{
    ck_assert_uint_eq(inbox_steps_up_count, inbox_steps_down_count);
    for (size_t i = 0; i < inbox_steps_up_count; i++) {
        const struct step *up = &inbox_steps_up[i];
        const struct step *down = &inbox_steps_down[inbox_steps_down_count - 1 - i];
        ck_assert(up->inbox && down->inbox);
        ck_assert_str_eq(up->name, down->name);
        ck_assert_int_eq(up->version, down->version);
        ck_assert_int_eq(up->function, down->function);
    }
}
END_TEST

START_TEST(test_versions_follow_each_other)
{
    for (size_t i = 1; i < steps_up_count; i++)
        ck_assert_int_ge(steps_up[i].version, steps_up[i - 1].version);
    for (size_t i = 1; i < steps_down_count; i++)
        ck_assert_int_le(steps_down[i].version, steps_down[i - 1].version);
    ck_assert_int_eq(steps_up[0].version, 1);
    ck_assert_int_eq(steps_up[steps_up_count - 1].version, SCHEMA_LATEST);
    ck_assert_int_eq(steps_down[0].version, SCHEMA_LATEST);
}
END_TEST

// Whatever is made is removed, and version 2 is only said to be there when all that every table of
// it has was made.
START_TEST(test_down_is_the_reverse_of_up)
{
    for (size_t i = 0; i < steps_up_count; i++) {
        size_t found = 0;
        for (size_t j = 0; j < steps_down_count; j++)
            found += steps_up[i].index != NULL && steps_down[j].index != NULL &&
                     strcmp(steps_up[i].index, steps_down[j].index) == 0;
        ck_assert_uint_eq(found, steps_up[i].index != NULL ? 1 : 0);
    }
    const struct step *last = NULL;
    for (size_t i = 0; i < steps_up_count; i++)
        if (steps_up[i].presence == PRESENT_ALWAYS)
            last = &steps_up[i];
    ck_assert_str_eq(last->statements[statement_count(last) - 1].sql, sql_schema_promote_version);
    ck_assert(last->statements[statement_count(last) - 1].must_touch);
}
END_TEST

// The names of the indexes say the numbers, and each is built before the number comes into force
// and dropped after it.
START_TEST(test_slots_come_in_order)
{
    int built = 0, dropped = 0;
    bool in_force = false;
    char index[32];

    for (size_t i = 0; i < steps_up_count; i++) {
        const struct step *step = &steps_up[i];
        in_force |= step->presence == PRESENT_TO_CHANGE_SLOTS;
        if (step->slots == 0)
            continue;
        snprintf(index, sizeof index, "_outrider_slots_%d", step->slots);
        ck_assert_str_eq(step->index, index);
        ck_assert_int_eq(step->presence, in_force ? PRESENT_FOR_OTHER_SLOTS : PRESENT_FOR_SLOTS);
        *(in_force ? &dropped : &built) |= step->slots;
    }
    ck_assert_int_eq(built, 2 * STORE_SLOTS_MAX - 2); // every power of two but 1
    ck_assert_int_eq(dropped, built);
}
END_TEST

static size_t
count_of(const struct text *text, const char *what)
{
    size_t count = 0;
    for (const char *p = text_str(text); (p = strstr(p, what)) != NULL; p++)
        count++;
    return count;
}

START_TEST(test_print_to_a_number_of_slots)
{
    struct text four = {0}, one = {0};
    struct error err;

    ck_assert(schema_print(&settings, 2, (struct schema_level){2, 4, false}, &four, &err));
    ck_assert(schema_print(&settings, 2, (struct schema_level){2, 1, false}, &one, &err));
    ck_assert_ptr_null(strchr(text_str(&four), '{'));
    ck_assert_uint_eq(count_of(&four, "CREATE INDEX"), 2); // and the waiting index
    ck_assert_uint_eq(count_of(&four, "& 3)"), 1);
    ck_assert_uint_eq(count_of(&four, "SET slots = 4"), 1);
    ck_assert_uint_eq(count_of(&four, "DROP INDEX"), 6);
    ck_assert_uint_eq(count_of(&four, "Out_outrider_slots_2\""), 1);
    ck_assert_uint_eq(count_of(&one, "CREATE INDEX"), 1);
    ck_assert_uint_eq(count_of(&one, "SET slots = 1"), 1);
    ck_assert_uint_eq(count_of(&one, "DROP INDEX"), 7);
    text_free(&four);
    text_free(&one);
}
END_TEST

// A step that changes the table of a running relay begins with the guard, and after a statement
// that makes writers wait comes none that may wait long.
START_TEST(test_transactions_wait_first_and_lock_last)
{
    for (size_t up = 0; up < 2; up++) {
        const struct step *steps = up ? steps_up : steps_down;
        const size_t count = up ? steps_up_count : steps_down_count;
        for (size_t i = 0; i < count; i++) {
            if (steps[i].kind != STEP_TRANSACTION || (up && steps[i].version == 1))
                continue;
            ck_assert_ptr_eq(steps[i].statements[0].sql, sql_schema_guard);
            for (size_t j = 1; j < statement_count(&steps[i]); j++)
                ck_assert(steps[i].statements[j - 1].patient || !steps[i].statements[j].patient);
        }
    }
}
END_TEST

// The settings that are set, reset and saved are the same ones.
START_TEST(test_options_agree)
{
    const char *options[] = {"autovacuum_vacuum_scale_factor", "autovacuum_vacuum_threshold",
                             "autovacuum_analyze_scale_factor", "autovacuum_analyze_threshold"};
    size_t set = 0, reset = 0, saved = 0;
    for (const char *p = sql_schema_set_options; (p = strstr(p, "autovacuum_")) != NULL; p++)
        set++;
    for (const char *p = sql_schema_reset_options; (p = strstr(p, "autovacuum_")) != NULL; p++)
        reset++;
    for (const char *p = sql_schema_version; (p = strstr(p, "autovacuum_")) != NULL; p++)
        saved++;
    ck_assert_uint_eq(set, 4);
    ck_assert_uint_eq(reset, 4);
    ck_assert_uint_eq(saved, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_ptr_nonnull(strstr(sql_schema_set_options, options[i]));
        ck_assert_ptr_nonnull(strstr(sql_schema_reset_options, options[i]));
        ck_assert_ptr_nonnull(strstr(sql_schema_version, options[i]));
    }
}
END_TEST

START_TEST(test_print_fills_everything_in)
{
    struct text sql = {0};
    struct error err;

    ck_assert(schema_print(&settings, 0, (struct schema_level){.version = 2}, &sql, &err));
    ck_assert(schema_print(&settings, 2, (struct schema_level){.version = 0}, &sql, &err));
    ck_assert_ptr_null(strchr(text_str(&sql), '{'));
    ck_assert_ptr_nonnull(
        strstr(text_str(&sql), "CREATE TABLE \"My.Schema\".\"Out\" (\n    \"Id\" uuid"));
    ck_assert_ptr_nonnull(strstr(text_str(&sql), "ADD COLUMN IF NOT EXISTS \"Nu\"\"mber\" bigint"));
    ck_assert_ptr_nonnull(strstr(text_str(&sql), "nextval('\"My.Schema\".\"Out_outrider_seq\"')"));
    ck_assert_ptr_nonnull(strstr(text_str(&sql), "SET lock_timeout = 250;"));
    ck_assert_ptr_nonnull(strstr(text_str(&sql), "SET LOCAL lock_timeout = 2500;"));
    ck_assert_ptr_nonnull(strstr(text_str(&sql), ">= 7"));
    ck_assert_ptr_nonnull(strstr(
        text_str(&sql), "DROP INDEX CONCURRENTLY IF EXISTS \"My.Schema\".\"Out_outrider_due\""));
    ck_assert_ptr_nonnull(strstr(text_str(&sql), "DROP COLUMN IF EXISTS \"Nu\"\"mber\""));
    text_free(&sql);
}
END_TEST

// What an earlier outrider made otherwise is mended from version 2 on, and can be run again.
START_TEST(test_print_mends_version_2)
{
    struct text mend = {0};
    struct error err;

    ck_assert(schema_print(&settings, 2, (struct schema_level){.version = 2}, &mend, &err));
    const char *made = strstr(text_str(&mend), "CREATE INDEX CONCURRENTLY IF NOT EXISTS "
                                               "\"Out_outrider_waiting_hash\"");
    const char *dropped = strstr(text_str(&mend), "DROP INDEX CONCURRENTLY IF EXISTS "
                                                  "\"My.Schema\".\"Out_outrider_waiting\"");
    ck_assert_ptr_nonnull(made);
    ck_assert_ptr_nonnull(dropped);
    ck_assert(made < dropped);
    ck_assert_uint_eq(count_of(&mend, "INDEX CONCURRENTLY"), 2);
    text_free(&mend);
}
END_TEST

START_TEST(test_print_of_one_version_is_a_part_of_all)
{
    struct text first = {0}, second = {0}, both = {0}, none = {0};
    struct error err;

    ck_assert(schema_print(&settings, 0, (struct schema_level){.version = 1}, &first, &err));
    ck_assert(schema_print(&settings, 1, (struct schema_level){.version = 2}, &second, &err));
    ck_assert(schema_print(&settings, 0, (struct schema_level){.version = 2}, &both, &err));
    ck_assert(schema_print(&settings, 1, (struct schema_level){.version = 1}, &none, &err));
    ck_assert_uint_eq(both.len + none.len, first.len + second.len);
    ck_assert_int_eq(strncmp(text_str(&both), text_str(&first), first.len), 0);
    text_free(&first);
    text_free(&second);
    text_free(&both);
    text_free(&none);
}
END_TEST

START_TEST(test_a_table_name_that_is_none)
{
    const struct store_settings wrong = {.table = "a.b.c", .lock_timeout_ms = 1000};
    struct text sql = {0};
    struct error err;

    ck_assert(!schema_print(&wrong, 0, (struct schema_level){.version = 2}, &sql, &err));
    ck_assert_str_eq(err.code, "TABLE");
    ck_assert_uint_eq(sql.len, 0);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("schema_steps", test_steps_are_whole, test_the_inbox_goes_as_it_came,
                     test_versions_follow_each_other, test_down_is_the_reverse_of_up,
                     test_transactions_wait_first_and_lock_last, test_slots_come_in_order,
                     test_options_agree, test_print_fills_everything_in, test_print_mends_version_2,
                     test_print_of_one_version_is_a_part_of_all, test_print_to_a_number_of_slots,
                     test_a_table_name_that_is_none);
}
