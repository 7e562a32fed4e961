// SPDX-License-Identifier: Apache-2.0
//
// Which names of hosts a stranger cannot own, and which the configuration adds.
#include "src/monitor/host_names.h"
#include "tests/support/unit.h"

#include <string.h>

// links: base src/monitor/host_names.c

static char *const patterns[] = {"*.Example.com", "relay.example.org", "[ab].example.net"};

static bool
allowed(const char *listen, size_t count, const char *host)
{
    struct host_names names = {0};

    host_names_set(&names, listen, patterns, count);
    const bool answer = host_names_allow(&names, host);
    host_names_free(&names);
    return answer;
}

START_TEST(test_what_no_stranger_owns)
{
    static const char *const hosts[] = {
        "127.0.0.1",       "127.0.0.1:8467",
        "10.1.2.3:1",      "[::1]",
        "[::1]:8467",      "[2001:db8::1]:80",
        "localhost",       "localhost:8467",
        "LOCALHOST.",      "outrider",
        "outrider:8467",   "a.localhost:1",
        "printer.local",   "outrider.default.svc:8467",
        "outrider.x.SVC.", "outrider.default.svc.cluster.local:8467",
        "x.internal",      "",
        ":8467",
    };

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        ck_assert_msg(allowed(NULL, 0, hosts[i]), "%s", hosts[i]);
    ck_assert(allowed(NULL, 0, NULL));
}
END_TEST

START_TEST(test_what_a_stranger_can_own)
{
    static const char *const hosts[] = {
        "evil.example",
        "evil.example:8467",
        "evil.example.",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8467",
        "127.0.0.1.nip.io",
        "svc.example",
        "notlocalhost.example",
        "evil.com",
        "xlocal.com",
        "evil.example:127.0.0.1",
        "1.2.3.4.5",
        "127.0.0.256",
        "[evil.example]:8467",
        "[127.0.0.1.evil.example]",
        "relay.example.org",
        ".evil.example",
    };
    char endless[400];

    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        ck_assert_msg(!allowed(NULL, 0, hosts[i]), "%s", hosts[i]);
    memset(endless, 'a', sizeof endless);
    endless[sizeof endless - 1] = '\0';
    ck_assert(!allowed(NULL, 0, endless));
}
END_TEST

START_TEST(test_what_is_configured)
{
    ck_assert(allowed("Relay.Example.Net:8467", 0, "relay.example.net:80"));
    ck_assert(allowed("relay.example.net:8467", 0, "RELAY.EXAMPLE.NET."));
    ck_assert(!allowed("relay.example.net:8467", 0, "other.example.net"));
    ck_assert(!allowed("no address", 0, "no.address"));
    ck_assert(allowed(NULL, 3, "a.b.example.com:8467"));
    ck_assert(allowed(NULL, 3, "A.EXAMPLE.COM"));
    ck_assert(allowed(NULL, 3, "relay.example.org."));
    ck_assert(allowed(NULL, 3, "b.example.net"));
    ck_assert(!allowed(NULL, 3, "c.example.net"));
    ck_assert(!allowed(NULL, 3, "example.com"));
    ck_assert(!allowed(NULL, 3, "a.example.com.evil.example"));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("host_names", test_what_no_stranger_owns, test_what_a_stranger_can_own,
                     test_what_is_configured);
}
