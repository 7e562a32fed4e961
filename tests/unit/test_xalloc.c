// SPDX-License-Identifier: Apache-2.0
//
// Allocation gives memory or ends the process with a line.
#include "outrider/base/xalloc.h"
#include "tests/support/unit.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Larger than any allocator gives, and not known to the compiler, which would warn.
static volatile size_t too_much = SIZE_MAX / 2;

START_TEST(test_size_zero_is_no_failure)
{
    AUTOFREE void *a = xmalloc(0);
    AUTOFREE void *b = xcalloc(0, 8);
    AUTOFREE void *c = xrealloc(NULL, 0);
    AUTOFREE void *d = xreallocarray(NULL, 0, 0);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_nonnull(d);
}
END_TEST

START_TEST(test_contents)
{
    AUTOFREE char *zeroed = xcalloc(4, 2);
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(zeroed[i], 0);
    AUTOFREE char *copy = xstrdup("outbox");
    ck_assert_str_eq(copy, "outbox");
    AUTOFREE char *part = xstrndup("outbox", 3);
    ck_assert_str_eq(part, "out");
    AUTOFREE char *whole = xstrndup("out", 30);
    ck_assert_str_eq(whole, "out");
    AUTOFREE char *given = xstrdup_or_null("outbox");
    ck_assert_str_eq(given, "outbox");
    ck_assert_ptr_null(xstrdup_or_null(NULL));
    char *grown = xstrdup("a");
    grown = xrealloc(grown, 5000);
    ck_assert_str_eq(grown, "a");
    free(grown);
}
END_TEST

static void
out_of_memory(int how)
{
    void *p = how == 0   ? xmalloc(too_much)
              : how == 1 ? xcalloc(too_much, 8)
              : how == 2 ? xrealloc(NULL, too_much)
                         : xreallocarray(NULL, too_much, 8);
    free(p);
}

// In a child of its own, so that its last line can be read.
START_TEST(test_out_of_memory_aborts_with_a_line)
{
    for (int how = 0; how < 4; how++) {
        int fds[2], status;
        ck_assert_int_eq(pipe(fds), 0);
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
            dup2(fds[1], STDERR_FILENO);
            signal(SIGABRT, SIG_DFL);
            out_of_memory(how);
            _exit(0);
        }
        close(fds[1]);
        char line[4096] = {0};
        size_t len = 0;
        ssize_t n;
        while ((n = read(fds[0], line + len, sizeof line - 1 - len)) > 0)
            len += (size_t)n;
        close(fds[0]);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
        ck_assert_ptr_nonnull(strstr(line, "outrider: out of memory\n"));
    }
}
END_TEST

int
main(int argc, char **argv)
{
    // A sanitizer's allocator aborts by itself unless told to return NULL; it reads this at start.
    if (argc == 1) {
        setenv("ASAN_OPTIONS", "allocator_may_return_null=1", 1);
        setenv("TSAN_OPTIONS", "allocator_may_return_null=1", 1);
        execl(argv[0], argv[0], "again", (char *)NULL);
        return EXIT_FAILURE;
    }
    return RUN_TESTS("xalloc", test_size_zero_is_no_failure, test_contents,
                     test_out_of_memory_aborts_with_a_line);
}
