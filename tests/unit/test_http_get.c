// SPDX-License-Identifier: Apache-2.0
//
// One question by HTTP: what counts as an answer, and that nobody keeps it waiting.
#include "outrider/base/http_get.h"

#include "tests/support/unit.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOON_MS = 20000, BRIEF_MS = 50 };

// A socket that listens on loopback; connections are taken by the kernel already.
static int
listen_somewhere(const char *host, struct address *ret_bound)
{
    const struct address any = {.host = "127.0.0.1", .port = "0"};
    struct error err;
    int fd = -1;

    ck_assert(address_listen(&any, &fd, ret_bound, &err));
    strcpy(ret_bound->host, host);
    return fd;
}

// Answers one question with that text and ends; whoever asked has closed before this returns.
static void
serve(int fd, const char *answer, const char *wanted)
{
    char request[512] = "";
    int one = -1;

    while (one < 0)
        one = accept(fd, NULL, NULL);
    ck_assert_int_gt(recv(one, request, sizeof request - 1, 0), 0);
    ck_assert_ptr_nonnull(strstr(request, wanted));
    for (size_t sent = 0; sent < strlen(answer);) {
        const ssize_t n = send(one, answer + sent, strlen(answer) - sent, MSG_NOSIGNAL);
        if (n < 0)
            break;
        sent += (size_t)n;
    }
    close(one);
}

// Asks somebody who gives that answer.
static bool
ask(const char *host, const char *answer, int *ret_status, struct text *ret_body, struct error *err)
{
    struct address address;
    const int fd = listen_somewhere(host, &address);

    if (check_fork() == 0) {
        serve(fd, answer, "GET /healthz HTTP/1.0\r\n");
        _exit(0);
    }
    close(fd);
    return http_get(&address, "/healthz", mono_add_ms(mono_now(), SOON_MS), ret_status, ret_body,
                    err);
}

START_TEST(test_an_answer)
{
    struct text body = {0};
    struct error err;
    int status = 0;

    ck_assert(ask("127.0.0.1", "HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"healthy\":true}\r\n\r\n!",
                  &status, &body, &err));
    ck_assert_int_eq(status, 200);
    ck_assert_str_eq(text_str(&body), "{\"healthy\":true}\r\n\r\n!");
    text_clear(&body);
    ck_assert(ask("0.0.0.0", "HTTP/1.0 503 \r\n\r\n", &status, &body, &err));
    ck_assert_int_eq(status, 503);
    ck_assert_str_eq(text_str(&body), "");
    text_free(&body);
}
END_TEST

START_TEST(test_no_answer)
{
    static const char *const none[] = {
        "",
        "HTTP/1.1",
        "HTTP/1.1 200 OK\r\n",
        "SSH-2.0-x 200 x\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 ok\r\n\r\n",
        "HTTP/1.1\r\n\r\n 200 ",
    };
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct text body = {0};
        struct error err;
        int status = -1;
        ck_assert_msg(!ask("127.0.0.1", none[i], &status, &body, &err), "%s", none[i]);
        ck_assert_str_eq(err.code, "HTTP");
        ck_assert_str_eq(err.text, "the answer is no HTTP");
        ck_assert_int_eq(status, -1);
        ck_assert_uint_eq(body.len, 0);
    }
}
END_TEST

START_TEST(test_an_answer_without_end)
{
    static char endless[1024 * 1024 + 1];
    struct text body = {0};
    struct error err;
    int status;

    memset(endless, 'x', sizeof endless - 1);
    ck_assert(!ask("127.0.0.1", endless, &status, &body, &err));
    ck_assert_str_eq(err.text, strerror(EMSGSIZE));
}
END_TEST

// The kernel takes the connection, and nobody says a word.
START_TEST(test_silence_ends_at_the_deadline)
{
    struct address address;
    const int fd = listen_somewhere("127.0.0.1", &address);
    struct text body = {0};
    struct error err;
    int status;

    ck_assert(!http_get(&address, "/", mono_add_ms(mono_now(), BRIEF_MS), &status, &body, &err));
    ck_assert_str_eq(err.text, strerror(ETIMEDOUT));
    close(fd);
}
END_TEST

START_TEST(test_nobody_there)
{
    struct address address;
    const int fd = listen_somewhere("127.0.0.1", &address);
    struct text body = {0};
    struct error err;
    int status;

    close(fd);
    ck_assert(!http_get(&address, "/", mono_add_ms(mono_now(), SOON_MS), &status, &body, &err));
    ck_assert_str_eq(err.text, strerror(ECONNREFUSED));
    strcpy(address.host, "nobody.invalid"); // RFC 6761
    ck_assert(!http_get(&address, "/", mono_add_ms(mono_now(), SOON_MS), &status, &body, &err));
    ck_assert_str_eq(err.code, "HTTP");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("http_get", test_an_answer, test_no_answer, test_an_answer_without_end,
                     test_silence_ends_at_the_deadline, test_nobody_there);
}
