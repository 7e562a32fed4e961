// SPDX-License-Identifier: Apache-2.0
//
// The table of keys is sound: unique, documented, in sections that exist, with defaults that hold.
#include "outrider/config/parse.h"
#include "src/config/describe.h"
#include "src/config/keys.h"

#include "outrider/config/settings.h"
#include "tests/support/unit.h"

#include <string.h>

START_TEST(test_paths)
{
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        ck_assert_ptr_eq(keys_find(key->path), key);
        ck_assert_uint_eq(strspn(key->path, "abcdefghijklmnopqrstuvwxyz_."), strlen(key->path));
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(keys_table[j].offset != key->offset, "%s and %s", keys_table[j].path,
                          key->path);
    }
    ck_assert_ptr_null(keys_find("outbox"));
    ck_assert_ptr_null(keys_find("outbox.columns.id"));
    ck_assert(keys_is_section("outbox"));
    ck_assert(!keys_is_section("out"));
    ck_assert(!keys_is_section("stop_timeout"));
}
END_TEST

// Every section is in the list, and every one of the list has keys.
START_TEST(test_sections)
{
    for (size_t i = 0; i < keys_count; i++) {
        const char *path = keys_table[i].path;
        size_t len = strcspn(path, ".");
        size_t found = path[len] == '\0' && !keys_is_map(&keys_table[i]) ? 1 : 0;
        for (size_t s = 0; s < keys_section_count; s++)
            found += strlen(keys_sections[s].name) == len &&
                     strncmp(keys_sections[s].name, path, len) == 0;
        ck_assert_msg(found == 1, "%s", path);
    }
    for (size_t s = 0; s < keys_section_count; s++)
        ck_assert(keys_is_section(keys_sections[s].name) || keys_find(keys_sections[s].name));
}
END_TEST

START_TEST(test_documented)
{
    for (size_t i = 0; i < keys_count; i++) {
        const char *doc = keys_table[i].doc;
        ck_assert_msg(doc != NULL && strlen(doc) > 15, "%s", keys_table[i].path);
        ck_assert_msg(doc[strlen(doc) - 1] == '.', "%s", keys_table[i].path);
        ck_assert_msg(strchr(doc, '|') == NULL, "%s", keys_table[i].path);
        struct text allowed = {0};
        describe_allowed(&allowed, &keys_table[i]);
        ck_assert_uint_gt(allowed.len, 0);
        text_free(&allowed);
    }
}
END_TEST

static bool
parse_default(const struct key *key, int64_t *ret)
{
    int word;
    switch (key->type) {
    case KEY_INT:
        return parse_integer(key->fallback, ret);
    case KEY_DURATION:
    case KEY_PERIOD:
        return parse_duration(key->fallback, ret);
    case KEY_SIZE:
        return parse_size(key->fallback, ret);
    case KEY_ENUM:
        *ret = 0;
        return parse_word(key->fallback, key->words, key->word_count, &word);
    default:
        *ret = key->least;
        return true;
    }
}

START_TEST(test_defaults)
{
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        int64_t value;
        if (key->fallback == NULL)
            continue;
        ck_assert_msg(parse_default(key, &value), "%s", key->path);
        ck_assert_msg(value >= key->least && value <= key->most, "%s", key->path);
    }
}
END_TEST

// A duration goes into an int, and every word has a value.
START_TEST(test_bounds)
{
    for (size_t i = 0; i < keys_count; i++) {
        const struct key *key = &keys_table[i];
        ck_assert_msg(key->least <= key->most, "%s", key->path);
        const bool wide = key->type == KEY_SIZE || key->type == KEY_PERIOD;
        ck_assert_msg(wide || key->most <= INT32_MAX, "%s", key->path);
        ck_assert_int_eq(key->type == KEY_ENUM, key->word_count > 0);
        for (size_t w = 0; w < key->word_count; w++)
            ck_assert_ptr_nonnull(key->words[w]);
    }
}
END_TEST

static void
check_hint(const char *path, const char *expected)
{
    struct text hint = {0};
    describe_hint(&hint, path);
    ck_assert_msg(strstr(hint.data, expected) != NULL, "%s: %s", path, hint.data);
    text_free(&hint);
}

START_TEST(test_hints)
{
    check_hint("databse", "did you mean database?");
    check_hint("outbox.batchsize", "did you mean outbox.batch_size?");
    check_hint("outbox.topic", "did you mean message.topic?");
    check_hint("log_level", "did you mean log.level?");
    check_hint("outbox.columns.payloads", "did you mean outbox.columns.payload?");
    check_hint("outbox.columns.xyzzy", "known here: id, aggregate_type");
    check_hint("outbox.lanes", "write it nested");
    check_hint("kafka.acks", "write it nested");
    check_hint("log.xyzzyxyzzy", "known here: level, format");
    check_hint("xyzzyxyzzy.xyzzyxyzzy", "known here: database, outbox");
    check_hint("outbox.1", "known here: table, columns");
    check_hint("xyzzyxyzzyxyzzy",
               "known here: database, outbox, message, kafka, http, log, stop_timeout");
}
END_TEST

START_TEST(test_variables)
{
    struct text name = {0};
    describe_variable(&name, keys_find("database.direct_dsn"), NULL);
    ck_assert_str_eq(name.data, "OUTRIDER_DATABASE_DIRECT_DSN");
    text_clear(&name);
    describe_variable(&name, keys_find("kafka"), "sasl.username");
    ck_assert_str_eq(name.data, "OUTRIDER_KAFKA_SASL_USERNAME");
    text_clear(&name);
    describe_variable(&name, keys_find("outbox.columns"), "aggregate_type");
    ck_assert_str_eq(name.data, "OUTRIDER_OUTBOX_COLUMNS_AGGREGATE_TYPE");
    text_free(&name);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("keys", test_paths, test_sections, test_documented, test_defaults, test_bounds,
                     test_hints, test_variables);
}
