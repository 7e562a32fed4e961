// SPDX-License-Identifier: Apache-2.0
//
// UUIDs: bytes to text as PostgreSQL prints them, and back.
#include "outrider/model/message_id.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

// The name space ID for DNS of RFC 9562, section 6.6.
static const struct message_id dns = {
    .bytes = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4,
              0x30, 0xc8},
};

START_TEST(test_text_is_lower_case_with_hyphens)
{
    char text[MESSAGE_ID_TEXT];
    message_id_format(&dns, text);
    ck_assert_str_eq(text, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");

    struct message_id zero = {0};
    message_id_format(&zero, text);
    ck_assert_str_eq(text, "00000000-0000-0000-0000-000000000000");
}
END_TEST

START_TEST(test_reads_what_it_writes)
{
    struct message_id id;
    ck_assert(message_id_parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8", &id));
    ck_assert_mem_eq(id.bytes, dns.bytes, sizeof id.bytes);
    ck_assert(message_id_parse("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", &id));
    ck_assert_mem_eq(id.bytes, dns.bytes, sizeof id.bytes);
    ck_assert(message_id_parse("ffffffff-ffff-ffff-ffff-ffffffffffff", &id));
    for (size_t i = 0; i < sizeof id.bytes; i++)
        ck_assert_uint_eq(id.bytes[i], 0xff);
}
END_TEST

static const char *const bad[] = {
    "",
    "6ba7b810",
    "6ba7b8109dad11d180b400c04fd430c8",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c",
    "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
    " 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
    "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
    "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
};

START_TEST(test_refuses_what_is_no_uuid)
{
    struct message_id id = dns;
    ck_assert(!message_id_parse(bad[_i], &id));
    ck_assert_mem_eq(id.bytes, dns.bytes, sizeof id.bytes);
}
END_TEST

int
main(void)
{
    TCase *tests = tcase_create("message_id");
    tcase_add_test(tests, test_text_is_lower_case_with_hyphens);
    tcase_add_test(tests, test_reads_what_it_writes);
    tcase_add_loop_test(tests, test_refuses_what_is_no_uuid, 0, sizeof bad / sizeof bad[0]);
    Suite *suite = suite_create("message_id");
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
