// SPDX-License-Identifier: Apache-2.0
//
// References stand for exactly what is behind them, and what is not there is named.
#include "src/config/reference.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char directory[64];
static char path[128];

// A folder with one file, "value", that holds these bytes.
static void
write_value(const char *bytes, size_t len)
{
    strcpy(directory, "/tmp/outrider-reference-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/value", directory);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static void
remove_value(void)
{
    unlink(path);
    rmdir(directory);
}

static void
check_followed(const char *text, char *const *environment, const char *expected)
{
    char *value = NULL;
    struct error err;
    ck_assert(reference_is(text));
    ck_assert_msg(reference_follow(text, environment, &value, &err), "%s", err.text);
    ck_assert_str_eq(value, expected);
    free(value);
}

static void
check_refused(const char *text, char *const *environment, const char *part)
{
    char *value = NULL;
    struct error err;
    ck_assert(!reference_follow(text, environment, &value, &err));
    ck_assert_ptr_null(value);
    ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
}

START_TEST(test_form)
{
    ck_assert(reference_is("${env:A}"));
    ck_assert(reference_is("${file:/etc/x y}"));
    ck_assert(reference_is("${cred:a-b}"));
    const char *const none[] = {"",        "env:A", "${env:A",          "${env:A} ", "x${env:A}",
                                "${env:}", "${A}",  "${env:A}${env:B}", "${ENV:A}",  "$${env:A}"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_msg(!reference_is(none[i]), "%s", none[i]);
}
END_TEST

START_TEST(test_environment)
{
    char one[] = "PW=a=b ${env:X}\n", two[] = "EMPTY=", three[] = "PWD=no", bad[] = "BAD=\xff";
    char *environment[] = {three, one, two, bad, NULL};
    check_followed("${env:PW}", environment, "a=b ${env:X}\n");
    check_followed("${env:EMPTY}", environment, "");
    check_refused("${env:P}", environment, "the variable P is not set");
    check_refused("${env:PW=a}", environment, "is not set");
    check_refused("${env:BAD}", environment, "UTF-8");
    check_refused("${env:P}", NULL, "is not set");
}
END_TEST

START_TEST(test_files)
{
    char reference[160];
    write_value("line\nhunter2\r\n", 14);
    snprintf(reference, sizeof reference, "${file:%s}", path);
    check_followed(reference, NULL, "line\nhunter2");
    remove_value();
    check_refused(reference, NULL, "No such file");
    check_refused("${file:relative}", NULL, "begin with /");
    check_refused("${file:/tmp}", NULL, "directory");

    write_value("one break only\n\n", 16);
    snprintf(reference, sizeof reference, "${file:%s}", path);
    check_followed(reference, NULL, "one break only\n");
    remove_value();

    write_value("a\0b", 3);
    snprintf(reference, sizeof reference, "${file:%s}", path);
    check_refused(reference, NULL, "NUL");
    remove_value();
}
END_TEST

// What is no regular file neither hangs nor is opened for its effects: a pipe that no program
// writes to, a device, a socket.
START_TEST(test_what_is_no_regular_file)
{
    char reference[160];
    write_value("", 0);
    snprintf(reference, sizeof reference, "${file:%s}", path);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    check_refused(reference, NULL, "a pipe, and no program has written");
    remove_value();
    check_followed("${file:/dev/null}", NULL, "");
    check_refused("${file:/dev/zero}", NULL, "a device or socket");
    check_refused("${file:/dev/tty}", NULL, "cannot be read");

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    write_value("", 0);
    ck_assert_int_eq(unlink(path), 0);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(reference, sizeof reference, "${file:%s}", path);
    check_refused(reference, NULL, "cannot be read");
    close(fd);
    remove_value();
}
END_TEST

// As "-c <(sops -d file)" gives one.
START_TEST(test_a_pipe_that_is_written)
{
    char reference[160];
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], "hunter2\n", 8), 8);
    close(fds[1]);
    snprintf(reference, sizeof reference, "${file:/dev/fd/%d}", fds[0]);
    check_followed(reference, NULL, "hunter2");
    close(fds[0]);
}
END_TEST

START_TEST(test_credentials)
{
    write_value("hunter2", 7);
    char variable[128];
    snprintf(variable, sizeof variable, "CREDENTIALS_DIRECTORY=%s", directory);
    char *environment[] = {variable, NULL};
    check_followed("${cred:value}", environment, "hunter2");
    check_refused("${cred:other}", environment, "other");
    check_refused("${cred:../value}", environment, "not a credential's name");
    check_refused("${cred:value}", NULL, "CREDENTIALS_DIRECTORY");
    remove_value();
}
END_TEST

START_TEST(test_literals)
{
    struct error err;
    ck_assert(reference_check_literal("a$b{c} $", false, &err));
    ck_assert(reference_check_literal("orders.${event_type}", true, &err));
    ck_assert(!reference_check_literal("x${env:A}", false, &err));
    ck_assert(strstr(err.text, "inside a longer value") != NULL);
    ck_assert(!reference_check_literal("x.${event_type}.${cred:A}", true, &err));
    ck_assert(!reference_check_literal("${env:A", false, &err));
    ck_assert(strstr(err.text, "without \"}\"") != NULL);
    ck_assert(!reference_check_literal("${hunter2}", false, &err));
    ck_assert(strstr(err.text, "hunter2") == NULL);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("reference", test_form, test_environment, test_files,
                     test_what_is_no_regular_file, test_a_pipe_that_is_written, test_credentials,
                     test_literals);
}
