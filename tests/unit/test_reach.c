// SPDX-License-Identifier: Apache-2.0
//
// Servers that refuse, are silent, or have no name that can be looked up: each gets its share of
// the time, and is named in the error. The real server is tests/integration/test_many_hosts.py's.
#include "src/store/reach.h"

#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// A loopback socket on a port of the kernel's choice. Listening, it takes connections and never
// answers; otherwise it refuses them and keeps the port from others.
static int
open_port(bool listening, int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    if (listening)
        ck_assert_int_eq(listen(fd, 8), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

// The C library's, but for one name that has two addresses wherever the test runs.
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
            struct addrinfo **ret_list)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo"); // as dlsym(3) does it
    if (!name || strcmp(name, "two.example") != 0)
        return real(name, service, hints, ret_list);
    int code = real("127.0.0.1", service, hints, ret_list);
    return code != 0 ? code : real("127.0.0.2", service, hints, &(*ret_list)->ai_next);
}

static int64_t
fail_to_reach(const char *dsn, int timeout_ms, const atomic_bool *abort, struct error *err)
{
    const struct store_settings settings = {
        .application_name = "test",
        .connect_timeout_ms = timeout_ms,
    };
    struct mono before = mono_now();
    struct wire wire;

    ck_assert(!reach_open(&settings, dsn, abort, &wire, err));
    ck_assert_int_eq(err->fault, FAULT_CLUSTER);
    ck_assert_ptr_null(strstr(err->text, "geheim"));
    return mono_diff_ns(mono_now(), before) / 1000000;
}

START_TEST(test_each_has_its_share)
{
    struct error err;
    char dsn[200], silent_name[64], refusing_name[64];
    int silent, refusing;
    int one = open_port(true, &silent);
    int other = open_port(false, &refusing);

    snprintf(dsn, sizeof dsn, "postgresql://u:geheim@127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/d",
             silent, refusing, silent);
    int64_t took_ms = fail_to_reach(dsn, 900, NULL, &err);
    ck_assert_int_ge(took_ms, 800);
    ck_assert_int_lt(took_ms, 3000);
    snprintf(silent_name, sizeof silent_name, "port %d failed: PostgreSQL did not answer", silent);
    snprintf(refusing_name, sizeof refusing_name, "port %d failed: Connection refused", refusing);
    ck_assert_ptr_nonnull(strstr(err.text, silent_name));
    ck_assert_ptr_nonnull(strstr(err.text, refusing_name));
    ck_assert_ptr_null(strstr(err.text, "Is the server running"));
    close(one);
    close(other);
}
END_TEST

START_TEST(test_an_address_is_a_host_too)
{
    struct error err;
    char dsn[200];
    int silent;
    int fd = open_port(true, &silent);

    snprintf(dsn, sizeof dsn, "host=db.example hostaddr=127.0.0.1 port=%d password=geheim", silent);
    ck_assert_int_ge(fail_to_reach(dsn, 200, NULL, &err), 190);
    ck_assert_str_eq(err.code, "TIMEOUT");
    ck_assert_ptr_nonnull(
        strstr(err.text, "db.example: connection to server at \"127.0.0.1\", port"));
    close(fd);
}
END_TEST

START_TEST(test_a_name_with_two_addresses)
{
    struct error err;
    char dsn[200];
    int silent;
    int fd = open_port(true, &silent); // at the first address only

    snprintf(dsn, sizeof dsn, "host=two.example port=%d password=geheim", silent);
    int64_t took_ms = fail_to_reach(dsn, 2000, NULL, &err);
    ck_assert_int_ge(took_ms, 990);
    ck_assert_int_lt(took_ms, 1900);
    ck_assert_ptr_nonnull(
        strstr(err.text, "two.example: connection to server at \"127.0.0.1\", port"));
    ck_assert_ptr_nonnull(
        strstr(err.text, "two.example: connection to server at \"127.0.0.2\", port"));
    close(fd);
}
END_TEST

START_TEST(test_a_name_that_is_none)
{
    struct error err;

    fail_to_reach("host=no\\'where.invalid,127.0.0.1 port=1 password=geheim", 1000, NULL, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "could not look up host \"no'where.invalid\""));
    ck_assert_ptr_nonnull(strstr(err.text, "127.0.0.1"));
}
END_TEST

START_TEST(test_what_libpq_refuses)
{
    struct error err;

    fail_to_reach("host=a,b port=1,2,3 password=geheim", 1000, NULL, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "could not match 3 port numbers to 2 hosts"));
    fail_to_reach("host=/none/such,@none-such port=1 password=geheim", 1000, NULL, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "/none/such/.s.PGSQL.1"));
    ck_assert_ptr_nonnull(strstr(err.text, "@none-such/.s.PGSQL.1"));
    fail_to_reach("host=127.0.0.1 target_session_attrs=often", 1000, NULL, &err);
    ck_assert_ptr_nonnull(strstr(err.text, "target_session_attrs"));
}
END_TEST

// A second choice is for servers that let us in and are not the first one.
START_TEST(test_no_second_choice_without_a_server)
{
    struct error err;
    char dsn[200];
    int silent;
    int fd = open_port(true, &silent);

    snprintf(dsn, sizeof dsn, "host=127.0.0.1 port=%d target_session_attrs=prefer-standby", silent);
    int64_t took_ms = fail_to_reach(dsn, 1000, NULL, &err);
    ck_assert_int_ge(took_ms, 990);
    ck_assert_int_lt(took_ms, 1900);
    close(fd);
}
END_TEST

START_TEST(test_abort)
{
    struct error err;
    char dsn[200];
    int silent;
    int fd = open_port(true, &silent);
    atomic_bool abort = true;

    snprintf(dsn, sizeof dsn, "host=127.0.0.1,127.0.0.1 port=%d", silent);
    ck_assert_int_lt(fail_to_reach(dsn, 60000, &abort, &err), 1000);
    ck_assert_str_eq(err.code, "ABORTED");
    close(fd);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("reach", test_each_has_its_share, test_an_address_is_a_host_too,
                     test_a_name_with_two_addresses, test_a_name_that_is_none,
                     test_what_libpq_refuses, test_no_second_choice_without_a_server, test_abort);
}
