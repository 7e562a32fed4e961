// SPDX-License-Identifier: Apache-2.0
//
// No password of a DSN survives, in either form and however broken; everything else does.
#include "src/config/mask.h"
#include "tests/support/unit.h"

#include <string.h>

struct pair {
    const char *dsn, *masked;
};

static void
check(const struct pair *pairs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *masked = mask_dsn(pairs[i].dsn);
        ck_assert_str_eq(masked, pairs[i].masked);
        ck_assert_int_eq(mask_needed(pairs[i].dsn), strcmp(pairs[i].dsn, masked) != 0);
        char *again = mask_dsn(masked);
        ck_assert_str_eq(again, masked);
        free(again);
        free(masked);
    }
}

START_TEST(test_uris)
{
    const struct pair pairs[] = {
        {"postgresql://", "postgresql://"},
        {"postgresql://outrider@/orders", "postgresql://outrider@/orders"},
        {"postgresql://u:pw@h:5432/db", "postgresql://u:***@h:5432/db"},
        {"postgres://u:@h/db", "postgres://u:***@h/db"},
        {"postgresql://u:p%40w@h1:1,h2:2/db?sslmode=require",
         "postgresql://u:***@h1:1,h2:2/db?sslmode=require"},
        {"postgresql://h:5432/db?user=u@x", "postgresql://h:5432/db?user=u@x"},
        {"postgresql://u@[::1]:5432/db", "postgresql://u@[::1]:5432/db"},
        {"postgresql:///db?host=/tmp&password=pw&port=1",
         "postgresql:///db?host=/tmp&password=***&port=1"},
        {"postgresql://h/db?password=p@w:x", "postgresql://h/db?password=***"},
        {"postgresql://h/db?sslpassword=pw&sslkey=/k",
         "postgresql://h/db?sslpassword=***&sslkey=/k"},
        {"postgresql://h?oauth_client_secret=pw", "postgresql://h?oauth_client_secret=***"},
        {"postgresql://h?scram_client_key=a&scram_server_key=b",
         "postgresql://h?scram_client_key=***&scram_server_key=***"},
        // libpq decodes keywords too.
        {"postgresql://h/db?pass%77ord=pw&sslmode=require",
         "postgresql://h/db?pass%77ord=***&sslmode=require"},
        {"postgresql://h/db?%70%61%73%73%77%6F%72%64=pw",
         "postgresql://h/db?%70%61%73%73%77%6F%72%64=***"},
        {"postgresql://h/db?%20password%20=pw", "postgresql://h/db?%20password%20=***"},
        {"postgresql://h/db?ssl%70assword=pw", "postgresql://h/db?ssl%70assword=***"},
        {"postgresql://h/db?pass%7word=pw&pass%=pw&user=u",
         "postgresql://h/db?pass%7word=***&pass%=***&user=u"},
        {"postgresql://h/db?options=-c%20app.pass%77ord%3Dpw", "postgresql://h/db?options=***"},
        {"postgresql://h/db?%6Fptions=-c%20x.API_TOKEN%3Dpw&a=b",
         "postgresql://h/db?%6Fptions=***&a=b"},
        {"postgresql://h/db?options=-c%2", "postgresql://h/db?options=***"},
        {"postgresql://h/db?options=-c%20geqo%3Doff", "postgresql://h/db?options=-c%20geqo%3Doff"},
    };
    check(pairs, sizeof pairs / sizeof *pairs);
}
END_TEST

// A password with characters that should have been escaped.
START_TEST(test_broken_uris)
{
    const char *const broken[] = {
        "postgresql://u:hunter/2@h/db",
        "postgresql://u:a@hunter2@h/db",
        "postgresql://u:hunter?2@h/db",
        "postgresql://u:x/hunter2@y@h/db?sslmode=require",
        "postgresql://u:hunter2@",
        "postgresql://h?password=hunter2@x",
        "postgresql://h/db?PASSWORD=hunter2",
        "postgresql://u:p:hunter2@h/db",
        "http://u:hunter2@h/db",
        "postgresql://h:1/db?x=1&password=hunter2&",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        char *masked = mask_dsn(broken[i]);
        ck_assert_msg(strstr(masked, "hunter") == NULL, "%s", masked);
        free(masked);
    }
}
END_TEST

START_TEST(test_keywords)
{
    const struct pair pairs[] = {
        {"", ""},
        {"host=h dbname=db user=u", "host=h dbname=db user=u"},
        {"host=h password=pw dbname=db", "host=h password=*** dbname=db"},
        {"password = 'p w\\' x' host=h", "password = *** host=h"},
        {"password=p\\ w host=h", "password=*** host=h"},
        {"  user=u  sslpassword=pw", "  user=u  sslpassword=***"},
        {"PassWord=pw", "PassWord=***"},
        {"password='open", "password=***"},
        {"password=", "password=***"},
        {"host=h application_name='a password=x'", "host=h application_name='a password=x'"},
        {"options='-c x=://' password=pw", "options='-c x=://' password=***"},
        {"passfile=/etc/pass service=s", "passfile=/etc/pass service=s"},
        {"plain words", "plain words"},
        {"trailing\\", "trailing\\"},
        {"password=trailing\\", "password=***"},
        // A part of a password that was not escaped.
        {"host=h password=correct horse battery", "host=h password=*** ***"},
        {"password='it's me' host=h", "password=*** ***"},
        {"password=a b host=h", "password=*** ***"},
        {"password=''x", "password=*** ***"},
        {"password='a'host=h", "password=*** host=h"}, // libpq wants no blank there
        {"password=a  ", "password=***  "},
        {"host=h options='-c x.password=pw' user=u", "host=h options=*** user=u"},
        {"options=-c\\ my.Secret=pw", "options=***"},
        {"options='--session_key=pw'", "options=***"},
        {"options='-c app.pa\\ssword=pw'", "options=***"},
        {"options='-c app.jwt=pw'", "options=***"},
        {"options='-c geqo=off'", "options='-c geqo=off'"},
    };
    check(pairs, sizeof pairs / sizeof *pairs);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("mask", test_uris, test_broken_uris, test_keywords);
}
