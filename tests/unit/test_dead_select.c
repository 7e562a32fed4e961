// SPDX-License-Identifier: Apache-2.0
//
// From a command line to the rows that are meant by it.
#include "src/cli/arguments.h"
#include "src/cli/dead_select.h"
#include "tests/support/unit.h"

#include <string.h>

#define A "4fe4fff6-5fb5-4571-beb5-130c634bad68"
#define B "00000000-0000-0000-0000-000000000001"

static struct arguments arguments;

static const struct invocation *
parse(int argc, const char *const *words)
{
    struct error err = {0};
    bool parsed = arguments_parse(argc, (char *const *)words, &arguments, &err);
    ck_assert_msg(parsed, "%s", err.text);
    return &arguments.invocation;
}

#define PARSE(...)                                                                                 \
    parse(sizeof((const char *[]){"outrider", "dead", __VA_ARGS__}) / sizeof(char *),              \
          (const char *[]){"outrider", "dead", __VA_ARGS__, NULL})

START_TEST(test_nothing_means_any)
{
    struct dead_selection selection;
    const struct invocation *invocation = PARSE("list", "--json", "--limit", "3");
    ck_assert(!dead_select_given(invocation));
    ck_assert(dead_select(invocation, &selection));
    ck_assert_ptr_null(selection.ids);
    ck_assert_ptr_null(selection.topic);
    ck_assert_ptr_null(selection.aggregate);
    ck_assert_ptr_null(selection.error);
    ck_assert_ptr_null(selection.since);
    ck_assert_int_eq(selection.since_ms, 0);
    dead_select_free(&selection);
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_each_of_them_is_a_selection)
{
    const char *const options[][2] = {
        {"--topic", "t"}, {"--aggregate", ""}, {"--error", "e"}, {"--since", "2h"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        ck_assert(dead_select_given(PARSE("discard", options[i][0], options[i][1])));
        arguments_free(&arguments);
    }
    ck_assert(dead_select_given(PARSE("discard", "--all")));
    arguments_free(&arguments);
    ck_assert(dead_select_given(PARSE("discard", A)));
    arguments_free(&arguments);
    ck_assert(!dead_select_given(PARSE("discard", "--dry-run")));
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_texts_stay_as_they_are)
{
    struct dead_selection selection;
    ck_assert(dead_select(PARSE("retry", "--topic", "' OR true", "--error", "", "--aggregate", "é"),
                          &selection));
    ck_assert_str_eq(selection.topic, "' OR true");
    ck_assert_str_eq(selection.error, "");
    ck_assert_str_eq(selection.aggregate, "é");
    dead_select_free(&selection);
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_each_id_counts_once)
{
    struct dead_selection selection;
    char id[MESSAGE_ID_TEXT];
    ck_assert(
        dead_select(PARSE("retry", A, B, "4FE4FFF6-5FB5-4571-BEB5-130C634BAD68"), &selection));
    ck_assert_uint_eq(selection.id_count, 2);
    message_id_format(&selection.ids[0], id);
    ck_assert_str_eq(id, A);
    message_id_format(&selection.ids[1], id);
    ck_assert_str_eq(id, B);
    dead_select_free(&selection);
    arguments_free(&arguments);
}
END_TEST

START_TEST(test_what_is_no_id_is_refused)
{
    const char *const wrong[] = {"", "42", A "0", "{" A "}", "' OR true"};
    struct dead_selection selection;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert(!dead_select(PARSE("retry", A, wrong[i]), &selection));
        arguments_free(&arguments);
    }
}
END_TEST

// A duration, or whatever PostgreSQL may read. No duration at all is not "at any time".
START_TEST(test_since)
{
    static const struct {
        const char *given;
        int64_t ms;
        const char *since;
    } cases[] = {
        {"90s", 90000, NULL},
        {"2h", 7200000, NULL},
        {"0s", 0, "now"},
        {"yesterday", 0, "yesterday"},
        {"2026-11-21", 0, "2026-11-21"},
        {"", 0, ""},
        {"5", 0, "5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dead_selection selection;
        ck_assert(dead_select(PARSE("list", "--since", cases[i].given), &selection));
        ck_assert_int_eq(selection.since_ms, cases[i].ms);
        if (cases[i].since == NULL)
            ck_assert_ptr_null(selection.since);
        else
            ck_assert_str_eq(selection.since, cases[i].since);
        dead_select_free(&selection);
        arguments_free(&arguments);
    }
}
END_TEST

int
main(void)
{
    return RUN_TESTS("dead_select", test_nothing_means_any, test_each_of_them_is_a_selection,
                     test_texts_stay_as_they_are, test_each_id_counts_once,
                     test_what_is_no_id_is_refused, test_since);
}
