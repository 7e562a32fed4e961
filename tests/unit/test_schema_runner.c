// SPDX-License-Identifier: Apache-2.0
//
// How steps are run: order, lock time-outs, tries, loops. Against a server that is scripted.
// links: base model schema src/store/names.c src/store/column_type.c src/store/column_kind.c
// links: tests/support/fake_session.c
#include "outrider/schema/schema.h"
#include "src/schema/context.h"
#include "src/schema/runner.h"
#include "tests/support/fake_session.h"
#include "tests/support/unit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

// The lock time-out is the unit of every pause.
static const struct store_settings settings = {
    .table = "outbox_messages",
    .lock_timeout_ms = 1,
    .max_retries = 5,
};

// What facts.sql answers for a table that is there.
#define FACTS                                                                                      \
    {                                                                                              \
        .like = "pg_get_userbyid", .times = -1, .columns = 17, .values = {                         \
            "public",                                                                              \
            "t",                                                                                   \
            "r",                                                                                   \
            "f",                                                                                   \
            "postgres",                                                                            \
            "t",                                                                                   \
            "t",                                                                                   \
            "t",                                                                                   \
            "f",                                                                                   \
            "f",                                                                                   \
            "postgres",                                                                            \
            "db",                                                                                  \
            "150020",                                                                              \
            "42",                                                                                  \
            "f",                                                                                   \
            "f",                                                                                   \
            NULL                                                                                   \
        }                                                                                          \
    }

static const struct step *
find_step(const char *name, bool up)
{
    const struct step *steps = up ? steps_up : steps_down;
    const size_t count = up ? steps_up_count : steps_down_count;
    for (size_t i = 0; i < count; i++)
        if (strcmp(steps[i].name, name) == 0 && (!up || steps[i].version == 2))
            return &steps[i];
    ck_abort_msg("no step %s", name);
}

static const struct step *
find_drop(void)
{
    return &steps_down[steps_down_count - 1];
}

// Opens a context on the script, runs one step, closes.
static bool
run_step(struct fake_answer *answers, size_t count, const struct step *step, bool force,
         struct error *err)
{
    struct context context;

    fake_session_script(answers, count);
    ck_assert(context_open(&context, &settings, (struct schema_level){0}, NULL, err));
    bool done = runner_run(&context, step, force, err);
    context_close(&context);
    return done;
}

#define RUN(answers, step, force, err)                                                             \
    run_step((answers), sizeof(answers) / sizeof(answers)[0], (step), (force), (err))

START_TEST(test_a_transaction_in_order)
{
    struct fake_answer answers[] = {FACTS};
    struct error err;

    ck_assert(RUN(answers, find_step("columns", true), false, &err));
    const size_t begin = fake_session_find("BEGIN", 0);
    const size_t patient = fake_session_find("SET LOCAL lock_timeout = 10", begin);
    const size_t guard = fake_session_find("pg_advisory_xact_lock", patient);
    const size_t options = fake_session_find("autovacuum_vacuum_threshold", guard);
    const size_t quick = fake_session_find("SET LOCAL lock_timeout = 1", options);
    const size_t columns = fake_session_find("ADD COLUMN", quick);
    const size_t commit = fake_session_find("=COMMIT", columns);
    ck_assert_uint_eq(patient, begin + 1);
    ck_assert_uint_eq(guard, patient + 1);
    ck_assert_uint_eq(quick, options + 1);
    ck_assert_uint_eq(columns, quick + 1);
    ck_assert_uint_eq(commit, fake_session_count() - 1);
    ck_assert_uint_eq(fake_session_count_like("ROLLBACK"), 0);
}
END_TEST

START_TEST(test_a_lock_that_is_not_to_be_had_is_tried_again)
{
    struct fake_answer answers[] = {FACTS,
                                    {.like = "ADD COLUMN", .times = 2, .code = "55P03"},
                                    {.like = "SET DEFAULT", .times = 1, .code = "40P01"}};
    struct error err;

    ck_assert(RUN(answers, find_step("columns", true), false, &err));
    ck_assert_uint_eq(fake_session_count_like("BEGIN"), 4);
    ck_assert_uint_eq(fake_session_count_like("ROLLBACK"), 3);
    ck_assert_uint_eq(fake_session_count_like("=COMMIT"), 1);
}
END_TEST

START_TEST(test_it_gives_up_after_sixty_tries)
{
    struct fake_answer answers[] = {
        FACTS,
        {.like = "ADD COLUMN", .times = -1, .code = "55P03"},
        {.like = "backend_type",
         .times = -1,
         .columns = 4,
         .values = {"4711", "psql", "idle in transaction", "12"}},
    };
    struct error err;

    ck_assert(!RUN(answers, find_step("columns", true), false, &err));
    ck_assert_str_eq(err.code, "LOCKED");
    ck_assert_ptr_nonnull(strstr(err.text, "pid 4711 (psql, idle in transaction for 12 s)"));
    ck_assert_uint_eq(fake_session_count_like("BEGIN"), 60);
    ck_assert_uint_eq(fake_session_count_like("ROLLBACK"), 60);
}
END_TEST

START_TEST(test_another_failure_is_not_tried_again)
{
    struct fake_answer answers[] = {FACTS, {.like = "ADD COLUMN", .times = -1, .code = "42501"}};
    struct error err;

    ck_assert(!RUN(answers, find_step("columns", true), false, &err));
    ck_assert_str_eq(err.code, "42501");
    ck_assert_str_eq(err.text, "columns: the server says no");
    ck_assert_uint_eq(fake_session_count_like("BEGIN"), 1);
    ck_assert_uint_eq(fake_session_count_like("ROLLBACK"), 1);
}
END_TEST

START_TEST(test_an_index_waits_without_limit_and_alone)
{
    struct fake_answer answers[] = {FACTS};
    struct error err;

    ck_assert(RUN(answers, find_step("claim index", true), false, &err));
    const size_t without = fake_session_find("SET lock_timeout = 0", 0);
    const size_t create = fake_session_find("CREATE INDEX CONCURRENTLY", without);
    const size_t with = fake_session_find("SET lock_timeout = 1", create);
    ck_assert_uint_eq(with, create + 1);
    ck_assert_uint_eq(fake_session_count_like("BEGIN"), 0);
    ck_assert_uint_eq(fake_session_count_like("DROP INDEX"), 0);
}
END_TEST

START_TEST(test_what_an_interrupted_build_left_is_dropped_first)
{
    struct fake_answer answers[] = {
        FACTS,
        {.like = "NOT (indisvalid", .times = -1, .columns = 1, .values = {"t"}},
        {.like = "CREATE INDEX", .times = 1, .code = "40P01"},
    };
    struct error err;

    ck_assert(RUN(answers, find_step("claim index", true), false, &err));
    const size_t drop = fake_session_find("DROP INDEX CONCURRENTLY", 0);
    ck_assert_uint_eq(fake_session_find("CREATE INDEX CONCURRENTLY", drop), drop + 1);
    ck_assert_uint_eq(fake_session_count_like("DROP INDEX"), 2);
    ck_assert_uint_eq(fake_session_count_like("CREATE INDEX"), 2);
}
END_TEST

START_TEST(test_a_loop_turns_until_nothing_is_taken)
{
    struct fake_answer answers[] = {
        FACTS,
        {.like = "AS taken", .times = 3, .columns = 2, .values = {"5000", "5000"}},
        {.like = "AS taken", .times = 2, .columns = 2, .values = {"10", "0"}}, // all locked
        {.like = "AS taken", .times = 1, .columns = 2, .values = {"10", "10"}},
        {.like = "AS taken", .times = -1, .columns = 2, .values = {"0", "0"}},
    };
    struct error err;

    ck_assert(RUN(answers, find_step("numbers", true), false, &err));
    ck_assert_uint_eq(fake_session_count_like("AS taken"), 7);
    ck_assert_uint_eq(fake_session_count_like("CREATE TEMPORARY TABLE"), 1);
    ck_assert_uint_eq(fake_session_find("DROP TABLE pg_temp", 0), fake_session_count() - 1);
}
END_TEST

START_TEST(test_rows_that_stay_locked_end_a_loop)
{
    struct fake_answer answers[] = {
        FACTS, {.like = "AS taken", .times = -1, .columns = 2, .values = {"10", "0"}}};
    struct error err;

    ck_assert(!RUN(answers, find_step("numbers", true), false, &err));
    ck_assert_str_eq(err.code, "LOCKED");
    ck_assert_uint_eq(fake_session_count_like("AS taken"), 60);
}
END_TEST

START_TEST(test_version_2_waits_for_what_it_needs)
{
    struct fake_answer answers[] = {FACTS, {.like = "SET version = 2", .times = -1}};
    struct error err;

    ck_assert(!RUN(answers, find_step("version", true), false, &err));
    ck_assert_str_eq(err.code, "UNMET");
    ck_assert_uint_eq(fake_session_count_like("=COMMIT"), 0);
    ck_assert_uint_eq(fake_session_count_like("ROLLBACK"), 1);
}
END_TEST

START_TEST(test_a_table_without_its_columns_ends_apply_before_the_first_change)
{
    struct fake_answer answers[] = {
        FACTS,
        {.like = "pg_try_advisory_lock", .times = -1, .columns = 1, .values = {"t"}},
    };
    struct error err;
    struct schema_level reached = {.version = -1, .slots = -1};

    fake_session_script(answers, sizeof answers / sizeof answers[0]);
    ck_assert(!schema_apply(&settings, (struct schema_level){.version = 2}, NULL, &reached, &err));
    ck_assert_str_eq(err.code, "TABLE");
    ck_assert_int_eq(reached.version, -1);
    ck_assert_uint_eq(fake_session_count_like("BEGIN"), 0);
}
END_TEST

START_TEST(test_rows_that_are_left_are_refused_unless_forced)
{
    struct fake_answer answers[] = {
        FACTS, {.like = "count(*)", .times = -1, .columns = 1, .values = {"3"}}};
    struct error err;

    ck_assert(!RUN(answers, find_drop(), false, &err));
    ck_assert_str_eq(err.code, "ROWS");
    ck_assert_ptr_nonnull(strstr(err.text, "3 unpublished rows"));
    ck_assert_uint_eq(fake_session_count_like("DROP TABLE"), 0);
    ck_assert(RUN(answers, find_drop(), true, &err));
    ck_assert_uint_eq(fake_session_count_like("DROP TABLE"), 1);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("schema_runner", test_a_transaction_in_order,
                     test_a_lock_that_is_not_to_be_had_is_tried_again,
                     test_it_gives_up_after_sixty_tries, test_another_failure_is_not_tried_again,
                     test_an_index_waits_without_limit_and_alone,
                     test_what_an_interrupted_build_left_is_dropped_first,
                     test_a_loop_turns_until_nothing_is_taken,
                     test_rows_that_stay_locked_end_a_loop, test_version_2_waits_for_what_it_needs,
                     test_a_table_without_its_columns_ends_apply_before_the_first_change,
                     test_rows_that_are_left_are_refused_unless_forced);
}
