// SPDX-License-Identifier: Apache-2.0
//
// A datagram reaches the service manager's socket by path and by abstract name, and nothing else
// than that ever happens.
#include "outrider/base/notify.h"
#include "tests/support/unit.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Binds like the service manager; '@' stands for the NUL of an abstract name.
static int
manager(const char *name)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(un.sun_path, name, len);
    if (name[0] == '@')
        un.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(fd, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&un, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void
expect(int fd, const char *state)
{
    char got[128] = {0};
    ck_assert_int_eq(recv(fd, got, sizeof got - 1, 0), (ssize_t)strlen(state));
    ck_assert_str_eq(got, state);
}

START_TEST(test_path)
{
    char dir[] = "/tmp/outrider-notify-XXXXXX", path[64];
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/socket", dir);
    int fd = manager(path);
    notify_send("READY=1\nSTATUS=2 lanes");
    expect(fd, "READY=1\nSTATUS=2 lanes");
    close(fd);
    notify_send("STOPPING=1"); // nobody listens any more
    unlink(path);
    notify_send("STOPPING=1");
    rmdir(dir);
}
END_TEST

START_TEST(test_abstract)
{
    char name[64];
    snprintf(name, sizeof name, "@outrider-notify-%d", (int)getpid());
    int fd = manager(name);
    notify_send("WATCHDOG=1");
    expect(fd, "WATCHDOG=1");
    close(fd);
}
END_TEST

START_TEST(test_names_that_are_none)
{
    int before = dup(0);
    close(before);
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    const char *const names[] = {"", "relative", "vsock:2:1", longer, "/nowhere/at/all"};
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_send("READY=1");
    }
    // No descriptor stays open.
    int after = dup(0);
    close(after);
    ck_assert_int_eq(after, before);
}
END_TEST

START_TEST(test_watchdog)
{
    char mine[32], longest[32];
    snprintf(mine, sizeof mine, "%d", (int)getpid());
    snprintf(longest, sizeof longest, "%lld", LLONG_MAX);
    const struct {
        const char *interval, *pid;
        int ms;
    } cases[] = {
        {NULL, NULL, 0},
        {"30000000", NULL, 30000},
        {"30000000", mine, 30000},
        {"30000000", "1", 0},
        {"30000000", "", 0},
        {"30000000", "x", 0},
        {"0", NULL, 0},
        {"-5", NULL, 0},
        {"", NULL, 0},
        {"30s", NULL, 0},
        {"1500000", mine, 1500},
        {longest, mine, INT_MAX},
        {"9999999999999999999", NULL, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsetenv("WATCHDOG_USEC");
        unsetenv("WATCHDOG_PID");
        if (cases[i].interval != NULL)
            setenv("WATCHDOG_USEC", cases[i].interval, 1);
        if (cases[i].pid != NULL)
            setenv("WATCHDOG_PID", cases[i].pid, 1);
        ck_assert_int_eq(notify_watchdog_ms(), cases[i].ms);
    }
}
END_TEST

int
main(void)
{
    return RUN_TESTS("notify", test_path, test_abstract, test_names_that_are_none, test_watchdog);
}
