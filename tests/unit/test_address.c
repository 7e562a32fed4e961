// SPDX-License-Identifier: Apache-2.0
//
// Where to listen: what is a host and a port, and a socket that does.
#include "outrider/base/address.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
assert_parts(const char *text, const char *host, const char *port)
{
    struct address address;
    struct error err;
    ck_assert_msg(address_parse(text, &address, &err), "%s", text);
    ck_assert_str_eq(address.host, host);
    ck_assert_str_eq(address.port, port);
}

START_TEST(test_what_is_one)
{
    assert_parts("127.0.0.1:8467", "127.0.0.1", "8467");
    assert_parts("localhost:80", "localhost", "80");
    assert_parts("[::1]:8467", "::1", "8467");
    assert_parts("[fe80::1%eth0]:1", "fe80::1%eth0", "1");
    assert_parts(":65535", "", "65535");
    assert_parts("host:0080", "host", "80");
    assert_parts("host:0", "host", "0");
}
END_TEST

START_TEST(test_what_is_none)
{
    static const char *const bad[] = {"8467",      "host",     "host:", "host:http", "host:65536",
                                      "host:-1",   "::1:8467", "[::1]", "[::1:84",   "[]:1",
                                      "[::1]8467", "host:1 ",  "",      "a:b:1",     "host:999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct address address = {.host = "untouched"};
        struct error err;
        ck_assert_msg(!address_parse(bad[i], &address, &err), "%s", bad[i]);
        ck_assert_str_eq(address.host, "untouched");
        ck_assert_str_eq(err.code, "ADDRESS");
    }
    char *longest = calloc(1, 400);
    struct address address;
    struct error err;
    memset(longest, 'h', 300);
    strcat(longest, ":1");
    ck_assert(!address_parse(longest, &address, &err));
    free(longest);
}
END_TEST

START_TEST(test_a_port_is_had_once)
{
    const struct address any = {.host = "127.0.0.1", .port = "0"};
    struct address bound, again;
    struct error err;
    int first, second = -1;
    ck_assert(address_listen(&any, &first, &bound, &err));
    ck_assert_str_ne(bound.port, "0");
    ck_assert_str_eq(bound.host, "127.0.0.1");
    ck_assert(!address_listen(&bound, &second, &again, &err));
    ck_assert_int_eq(second, -1);
    ck_assert_ptr_nonnull(strstr(err.text, "another program has that port"));
    ck_assert_ptr_nonnull(strstr(err.text, bound.port));
    close(first);
    ck_assert(address_listen(&bound, &second, &again, &err));
    close(second);
}
END_TEST

static bool
is_taken(const char *host, const char *port)
{
    struct address address, bound;
    struct error err;
    int fd;
    snprintf(address.host, sizeof address.host, "%s", host);
    snprintf(address.port, sizeof address.port, "%s", port);
    if (!address_listen(&address, &fd, &bound, &err))
        return true;
    close(fd);
    return false;
}

START_TEST(test_every_address)
{
    const struct address any = {.host = "", .port = "0"};
    struct address bound;
    struct error err;
    int fd;
    ck_assert(address_listen(&any, &fd, &bound, &err));
    ck_assert(is_taken("127.0.0.1", bound.port));
    ck_assert(is_taken("localhost", bound.port));
    ck_assert(is_taken("", bound.port));
    close(fd);
    ck_assert(!is_taken("127.0.0.1", bound.port));
}
END_TEST

START_TEST(test_an_address_of_somebody_else)
{
    const struct address address = {.host = "192.0.2.1", .port = "0"}; // RFC 5737
    struct address bound;
    struct error err;
    int fd;
    ck_assert(!address_listen(&address, &fd, &bound, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "192.0.2.1"));
}
END_TEST

START_TEST(test_what_is_a_host_of_ones_own)
{
    static const char *const own[] = {
        "",          "/run",       "@pg", "localhost",       "LocalHost", "a.localhost",
        "127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"};
    static const char *const others[] = {
        "db1",     "127.example", "10.0.0.1",  "localhost.example", "::ffff:10.0.0.1",
        "fe80::1", ".localhost",  "xlocalhost"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        ck_assert_msg(address_is_own(own[i]), "%s", own[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_msg(!address_is_own(others[i]), "%s", others[i]);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("address", test_what_is_one, test_what_is_none, test_a_port_is_had_once,
                     test_every_address, test_an_address_of_somebody_else,
                     test_what_is_a_host_of_ones_own);
}
