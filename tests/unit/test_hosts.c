// SPDX-License-Identifier: Apache-2.0
//
// The servers that a DSN names: lists of hosts, addresses and ports, from the DSN, a service file
// and the environment; and what is left to libpq as it is.
#include "src/store/hosts.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// As "host/hostaddr/port", one after the other; '-' where nothing is given.
static const char *
shown(const char *dsn)
{
    static char text[512];
    struct hosts hosts;
    size_t len = 0;

    hosts_find(dsn, "read-write", &hosts);
    for (size_t i = 0; i < hosts.count; i++) {
        const struct host *host = &hosts.list[i];
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%s/%s/%s", i > 0 ? " " : "",
                             host->host ? host->host : "-", host->hostaddr ? host->hostaddr : "-",
                             host->port ? host->port : "-");
    }
    hosts_free(&hosts);
    return text;
}

static void
forget_environment(void)
{
    const char *const names[] = {"PGHOST",    "PGHOSTADDR",    "PGPORT",
                                 "PGSERVICE", "PGSERVICEFILE", "PGTARGETSESSIONATTRS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

static const struct {
    const char *dsn, *hosts;
} cases[] = {
    {"host=a", "a/-/5432"},
    {"host=a port=5433", "a/-/5433"},
    {"host=a,b", "a/-/5432 b/-/5432"},
    {"host=a,b port=5433", "a/-/5433 b/-/5433"},
    {"host=a,b port=5433,5434", "a/-/5433 b/-/5434"},
    {"host=a,b port=5433,", "a/-/5433 b/-/5432"},
    {"host=a,b hostaddr=10.0.0.1,10.0.0.2", "a/10.0.0.1/5432 b/10.0.0.2/5432"},
    {"hostaddr=10.0.0.1,::1 port=1,2", "-/10.0.0.1/1 -/::1/2"},
    {"postgresql://u:p@a:1,b:2,[::1]:3/d", "a/-/1 b/-/2 ::1/-/3"},
    {"postgresql://u@/d?host=/run/postgresql&port=6432", "/run/postgresql/-/6432"},
    {"host=/tmp,a", "/tmp/-/5432 a/-/5432"},
    // Left to libpq: no host at all, an empty one among others, lists of different lengths.
    {"", "-/-/-"},
    {"dbname=d", "-/-/-"},
    {"host=a,", "-/-/-"},
    {"host=,a", "-/-/-"},
    {"host=a,,b", "-/-/-"},
    {"host=a,b hostaddr=10.0.0.1", "-/-/-"},
    {"host=a,b hostaddr=10.0.0.1,", "-/-/-"},
    {"host=a,b port=1,2,3", "-/-/-"},
    {"service=none-such", "-/-/-"},
};

START_TEST(test_lists)
{
    forget_environment();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_msg(strcmp(shown(cases[i].dsn), cases[i].hosts) == 0, "%s: %s, not %s",
                      cases[i].dsn, shown(cases[i].dsn), cases[i].hosts);
}
END_TEST

START_TEST(test_environment)
{
    forget_environment();
    setenv("PGHOST", "a,b", 1);
    setenv("PGPORT", "1,2", 1);
    ck_assert_str_eq(shown("dbname=d"), "a/-/1 b/-/2");
    ck_assert_str_eq(shown("host=c port=3"), "c/-/3");
}
END_TEST

START_TEST(test_service)
{
    char path[] = "/tmp/outrider-service-XXXXXX";
    int fd = mkstemp(path);
    const char text[] = "[orders]\nhost=a,b\nport=1,2\npassword=secret\n";

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    forget_environment();
    setenv("PGSERVICEFILE", path, 1);
    ck_assert_str_eq(shown("service=orders dbname=d"), "a/-/1 b/-/2");
    setenv("PGSERVICE", "orders", 1);
    ck_assert_str_eq(shown("host=c,d"), "c/-/1 d/-/2");
    unlink(path);
}
END_TEST

static void
check_session(const char *dsn, const char *wanted)
{
    struct hosts hosts;

    hosts_find(dsn, "read-write", &hosts);
    ck_assert_str_eq(hosts.session, wanted);
    hosts_free(&hosts);
}

START_TEST(test_session)
{
    forget_environment();
    check_session("host=a", "read-write");
    check_session("host=a target_session_attrs=any", "any");
    check_session("postgresql://a,b/d?target_session_attrs=prefer-standby", "prefer-standby");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("hosts", test_lists, test_environment, test_service, test_session);
}
