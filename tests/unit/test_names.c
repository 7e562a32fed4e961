// SPDX-License-Identifier: Apache-2.0
//
// Identifiers for SQL: what of a configuration reaches a statement, and in which form.
// links: base model store
#include "outrider/store/names.h"

#include "outrider/base/text.h"
#include "outrider/store/store.h"
#include "tests/support/unit.h"

#include <signal.h>
#include <string.h>

#define TEN "0123456789"

static const char *const own[COLUMN_COUNT];

// Frees `actual`.
static void
assert_owned(char *actual, const char *expected)
{
    ck_assert_str_eq(actual, expected);
    free(actual);
}

static struct names
parse(const char *table)
{
    struct names names;
    struct error err;
    ck_assert_msg(names_init(&names, table, own, &err), "%s: %s", table, err.text);
    return names;
}

// {given, schema, table}
static const char *const tables[][3] = {
    {"outbox_messages", NULL, "outbox_messages"},
    {"OutboxMessages", NULL, "OutboxMessages"},
    {"app.outbox", "app", "outbox"},
    {"\"app\".outbox", "app", "outbox"},
    {"app.\"Out box\"", "app", "Out box"},
    {"\"a.b\".\"c\"\"d\"", "a.b", "c\"d"},
    {"\"\"\"\"", NULL, "\""},
    {"two words", NULL, "two words"},
    {"\"; DROP TABLE x; --\"", NULL, "; DROP TABLE x; --"},
    {"b\xc3\xbc"
     "cher",
     NULL,
     "b\xc3\xbc"
     "cher"},
    {TEN TEN TEN TEN TEN TEN "012", NULL, TEN TEN TEN TEN TEN TEN "012"},
};

START_TEST(test_parses)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        struct names names = parse(tables[i][0]);
        ck_assert_pstr_eq(names.schema, tables[i][1]);
        ck_assert_str_eq(names.table, tables[i][2]);
        names_free(&names);
    }
}
END_TEST

static const char *const no_tables[] = {
    "",
    ".",
    "a.",
    ".a",
    "a.b.c",
    "a..b",
    "\"",
    "\"\"",
    "\"a",
    "a\"",
    "a\"b\"",
    "\"a\"b",
    "\"a\".",
    "\"a\"\"",
    "\"a\".\"b",
    "a.\"\"",
    TEN TEN TEN TEN TEN TEN "0123",
    TEN TEN TEN TEN TEN TEN "0123.a",
    "a." TEN TEN TEN TEN TEN TEN "0123",
};

START_TEST(test_refuses)
{
    for (size_t i = 0; i < sizeof no_tables / sizeof no_tables[0]; i++) {
        struct names names = {.table = (char *)"untouched"};
        struct error err;
        ck_assert_msg(!names_init(&names, no_tables[i], own, &err), "%s", no_tables[i]);
        ck_assert_str_eq(err.code, "TABLE");
        ck_assert_str_eq(names.table, "untouched");
        ck_assert(!store_check_table(no_tables[i], &err));
    }
}
END_TEST

START_TEST(test_columns_are_outriders_own_or_mapped)
{
    const char *columns[COLUMN_COUNT] = {[COLUMN_AGGREGATE_TYPE] = "aggregateType"};
    struct names names;
    struct error err;
    ck_assert(names_init(&names, "t", columns, &err));
    ck_assert_str_eq(names.columns[COLUMN_AGGREGATE_TYPE], "aggregateType");
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (i != COLUMN_AGGREGATE_TYPE)
            ck_assert_str_eq(names.columns[i], column_name((enum column)i));
    names_free(&names);
    names_free(&names);
}
END_TEST

START_TEST(test_quotes)
{
    assert_owned(sql_identifier("plain"), "\"plain\"");
    assert_owned(sql_identifier("Case and space"), "\"Case and space\"");
    assert_owned(sql_identifier("a\"b\"\""), "\"a\"\"b\"\"\"\"\"");
    assert_owned(sql_identifier("it's \\ fine"), "\"it's \\ fine\"");
    assert_owned(sql_literal("plain"), "'plain'");
    assert_owned(sql_literal(""), "''");
    assert_owned(sql_literal("it's"), "'it''s'");
    assert_owned(sql_literal("\"t\""), "'\"t\"'");
    assert_owned(sql_literal("\\'"), " E'\\\\'''"); // whatever standard_conforming_strings is
}
END_TEST

START_TEST(test_relations)
{
    struct names names = parse("\"a.b\".\"c\"\"d\"");
    assert_owned(names_relation(&names, NULL), "\"a.b\".\"c\"\"d\"");
    assert_owned(names_relation(&names, "_outrider"), "\"a.b\".\"c\"\"d_outrider\"");
    assert_owned(names_derived(&names, "_idx"), "c\"d_idx");
    assert_owned(names_derived(&names, NULL), "c\"d");
    names_free(&names);
    names = parse("Outbox");
    assert_owned(names_relation(&names, NULL), "\"Outbox\"");
    names_free(&names);
}
END_TEST

static char *
derived(const char *table, const char *suffix)
{
    struct names names = parse(table);
    char *name = names_derived(&names, suffix);
    names_free(&names);
    return name;
}

START_TEST(test_long_names_are_cut_and_stay_apart)
{
    char *a = derived(TEN TEN TEN TEN TEN TEN "00a", "_outrider_seq");
    char *b = derived(TEN TEN TEN TEN TEN TEN "00b", "_outrider_seq");
    char *again = derived(TEN TEN TEN TEN TEN TEN "00a", "_outrider_seq");
    ck_assert_uint_eq(strlen(a), 63);
    ck_assert_uint_eq(strlen(b), 63);
    ck_assert_str_ne(a, b);
    ck_assert_str_eq(a, again);
    ck_assert(str_starts_with(a, TEN TEN TEN TEN "0_"));
    ck_assert_str_eq(a + 63 - strlen("_outrider_seq"), "_outrider_seq");
    free(a);
    free(b);
    free(again);
    // The longest that still fits stays as it is.
    assert_owned(derived(TEN TEN TEN TEN TEN, "_outrider_seq"),
                 TEN TEN TEN TEN TEN "_outrider_seq");
    a = derived(TEN TEN TEN TEN TEN "0", "_outrider_seq");
    ck_assert_uint_eq(strlen(a), 63);
    ck_assert(str_starts_with(a, TEN TEN TEN TEN "0_"));
    free(a);
}
END_TEST

static bool
is_utf8(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        int more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : *p >= 0xC0 ? 1 : *p >= 0x80 ? -1 : 0;
        for (; more > 0; more--)
            if ((*++p & 0xC0) != 0x80)
                return false;
        if (more < 0)
            return false;
    }
    return true;
}

// 20 three-byte characters and a prefix of every length: the cut meets each byte of a character.
START_TEST(test_a_cut_never_splits_a_character)
{
    for (int prefix = 0; prefix < 4; prefix++) {
        char table[64] = "";
        memset(table, 'x', (size_t)prefix);
        for (int i = 0; i < 20; i++)
            strcat(table, "\xe2\x82\xac");
        char *name = derived(table, "_suffix");
        ck_assert_msg(is_utf8(name), "%s", name);
        ck_assert_uint_le(strlen(name), 63);
        ck_assert_uint_ge(strlen(name), 61);
        free(name);
    }
}
END_TEST

START_TEST(test_expands)
{
    const char *columns[COLUMN_COUNT] = {[COLUMN_ID] = "ID\"", [COLUMN_SEQ] = "{table}"};
    const struct placeholder placeholders[] = {
        {"limit", "10", false},
        {"row", "o.{id}, {inner}", true},
        {"inner", "{limit}", true},
        {"name", "\"{limit}{no_such}\"", false},
    };
    struct names names;
    struct error err;
    ck_assert(names_init(&names, "s.t", columns, &err));
#define EXPANDS(sql, expected) assert_owned(names_expand(&names, sql, placeholders, 4), expected)
    EXPANDS("", "");
    EXPANDS("SELECT 1", "SELECT 1");
    EXPANDS("{table}", "\"s\".\"t\"");
    EXPANDS("SELECT {row} FROM {table} LIMIT {limit}",
            "SELECT o.\"ID\"\"\", 10 FROM \"s\".\"t\" LIMIT 10");
    EXPANDS("{limit}{limit}x", "1010x");
    // Names are the user's, and never expanded again.
    EXPANDS("{seq}", "\"{table}\"");
    EXPANDS("{name}", "\"{limit}{no_such}\"");
    EXPANDS("{aggregate_id} {next_attempt_at}", "\"aggregate_id\" \"next_attempt_at\"");
    // Braces of SQL's own.
    EXPANDS("'{}'", "'{}'");
    EXPANDS("'{1,2}'::int[] { {limit} }", "'{1,2}'::int[] { 10 }");
    EXPANDS("{{limit}}", "{10}");
    EXPANDS("{", "{");
    EXPANDS("}{limit", "}{limit");
    EXPANDS("{Limit} {limit }", "{Limit} {limit }");
#undef EXPANDS
    names_free(&names);
}
END_TEST

START_TEST(test_a_placeholder_of_the_caller_hides_a_column)
{
    const struct placeholder placeholders[] = {{"payload", "NULL", false}, {"table", "x", false}};
    struct names names = parse("t");
    assert_owned(names_expand(&names, "{payload} {table}", placeholders, 2), "NULL x");
    names_free(&names);
}
END_TEST

START_TEST(test_a_topic_is_cut_and_compared_by_its_bytes)
{
    struct template topic = {0};
    struct error err;
    struct names names = parse("t");

    ck_assert(template_parse("it's.${event_type}${aggregate_id}", &topic, &err));
    assert_owned(names_topic(&names, &topic),
                 "('it''s.' || coalesce(left(o.\"event_type\"::text, 250), '') || "
                 "coalesce(left(o.\"aggregate_id\"::text, 250), '')) COLLATE \"C\"");
    template_free(&topic);
    names_free(&names);
}
END_TEST

START_TEST(test_numbers_without_a_version_table_are_refused)
{
    struct names names = parse("t");
    struct error err;

    ck_assert(names_check_unversioned(&names, NULL, &err));
    ck_assert(!names_check_unversioned(&names, "old.u_outrider_seq", &err));
    ck_assert_str_eq(err.code, "TABLE");
    ck_assert_ptr_nonnull(strstr(err.text, "outrider schema apply"));
    ck_assert_ptr_nonnull(
        strstr(err.text, "old.u_outrider_seq, has to be named \"t_outrider_seq\""));
    names_free(&names);
}
END_TEST

START_TEST(test_an_unknown_placeholder_aborts)
{
    struct names names = parse("t");
    free(names_expand(&names, "{no_such_thing}", NULL, 0));
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("names");
    tcase_add_test(tests, test_parses);
    tcase_add_test(tests, test_refuses);
    tcase_add_test(tests, test_columns_are_outriders_own_or_mapped);
    tcase_add_test(tests, test_quotes);
    tcase_add_test(tests, test_relations);
    tcase_add_test(tests, test_long_names_are_cut_and_stay_apart);
    tcase_add_test(tests, test_a_cut_never_splits_a_character);
    tcase_add_test(tests, test_expands);
    tcase_add_test(tests, test_a_placeholder_of_the_caller_hides_a_column);
    tcase_add_test(tests, test_a_topic_is_cut_and_compared_by_its_bytes);
    tcase_add_test(tests, test_numbers_without_a_version_table_are_refused);
    tcase_add_test_raise_signal(tests, test_an_unknown_placeholder_aborts, SIGABRT);
    Suite *suite = suite_create("names");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
