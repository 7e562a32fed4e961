// SPDX-License-Identifier: Apache-2.0
//
// DSNs: each way in which a password can spill into another field is refused, and no error text
// ever holds a part of one.
// links: base model store
#include "outrider/store/store.h"

#include "tests/support/unit.h"

#include <string.h>

static const char *const good[] = {
    "",
    "host=h dbname=d",
    "host=h password='it\\'s' port=5432",
    "host=h password=a@b/c:d?e#f",
    "host=h password='a = b'",
    "host=h,i port=5432,5433",
    "service=orders",
    "postgresql://",
    "postgresql://h/d",
    "postgres://u@h:5432/d?sslmode=verify-full",
    "postgresql://u:p@h:5432,i:5433/d?target_session_attrs=read-write",
    "postgresql://u:p%40ss%2fword%3F%23@h/d",
    "postgresql://u:p?ss@h/d", // libpq takes all up to the first @ of the authority
    "postgresql://u:p#s:s@h/d",
    "postgresql://u:p@[::1]:5432/d",
    "postgresql://u@/d?host=/run/postgresql&password=p%40ss",
    "postgresql://h/d?password=p@ss",
    "host=h options='-c search_path=a://b'",
};

START_TEST(test_good_ones)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct error err;
        ck_assert_msg(store_check_dsn(good[i], &err), "%s: %s", good[i], err.text);
    }
}
END_TEST

// The password is "s3kr" and one more character that was not encoded, or not quoted, and "et99".
static const char *const spilling[] = {
    "postgresql://u:s3kr@et99@h/d",
    "postgresql://u:s3kr@et99@h:5432/d?sslmode=require",
    "postgresql://u:s3kr/et99@h/d",
    "postgresql://u:1/s3kret99@h/d", // the part before the slash passes for a port
    "postgres://u:s3kr/@et99@h/d",
    "postgresql://u:s3kr?/et99@h/d",
    "postgresql://u:s3kr%zzet99@h/d",
    "postgresql://u:s3kret99%@h/d",
    "postgresql://u:s3kr%00et99@h/d",
    "postgresql://u:s3kret99/h",
    "postgresql://h/d?password=s3kr&et99",
    "postgresql://h/d?password=s3kr=et99",
    "postgresql://h/d?s3kret99=x",
    "postgresql://u@[s3kret99/d",
    "postgre://u:s3kret99@h/d",
    "postgre://u:s3kr=et99@h/d",
    "http://u:s3kret99@h/d",
    "u:s3kret99@h/d",
    "host=h password=s3kr et99",
    "host=h password=s3kr s3kr=et99",
    "host=h password='s3kret99",
    "host=h password='s3kr'et99'",
    "dbname=postgresql://u:s3kret99@h/d",
    "host=postgresql://u:s3kret99@h/d",
    "host=h port=s3kret99",
};

START_TEST(test_spilt_passwords_are_refused_and_not_quoted)
{
    for (size_t i = 0; i < sizeof spilling / sizeof spilling[0]; i++) {
        struct error err;
        ck_assert_msg(!store_check_dsn(spilling[i], &err), "%s", spilling[i]);
        ck_assert_str_eq(err.code, "DSN");
        ck_assert_int_eq(err.fault, FAULT_CLUSTER);
        ck_assert_msg(strstr(err.text, "s3kr") == NULL && strstr(err.text, "et99") == NULL,
                      "%s: %s", spilling[i], err.text);
        ck_assert_uint_gt(strlen(err.text), 20);
    }
}
END_TEST

START_TEST(test_the_remedy_is_named)
{
    struct error err;
    ck_assert(!store_check_dsn("postgresql://u:a/b@h/d", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "percent-encoded"));
    ck_assert_ptr_null(strstr(err.text, "%%"));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("conninfo", test_good_ones, test_spilt_passwords_are_refused_and_not_quoted,
                     test_the_remedy_is_named);
}
