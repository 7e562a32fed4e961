// SPDX-License-Identifier: Apache-2.0
//
// Lines are whole, parse again, and hold nothing that could forge another line.
// links: base tests/fuzz/json.c
#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "tests/fuzz/json.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char line[16384];
static int pipe_fds[2] = {-1, -1};

static void
open_pipe(enum log_format format)
{
    unsetenv("JOURNAL_STREAM");
    ck_assert_int_eq(pipe2(pipe_fds, O_NONBLOCK), 0);
    log_set_fd(pipe_fds[1]);
    log_configure(LOG_DEBUG, format);
}

// All that was written since the last call, "" when nothing was.
static const char *
written(void)
{
    ssize_t n = read(pipe_fds[0], line, sizeof line - 1);
    line[n < 0 ? 0 : n] = '\0';
    return line;
}

// What follows the time, which is checked by itself below.
static const char *
after_time(void)
{
    const char *rest = strstr(written(), "level");
    return rest == NULL ? "" : rest;
}

static void
assert_matches(const char *text, const char *pattern)
{
    regex_t regex;
    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0)
        ck_abort_msg("\"%s\" does not match %s", text, pattern);
    regfree(&regex);
}

START_TEST(test_logfmt)
{
    open_pipe(LOG_FORMAT_LOGFMT);
    LOG(LOG_INFO, "relay_started", LOG_STR("table", "public.outbox"), LOG_INT("lanes", 2u),
        LOG_BOOL("standby", false), LOG_FLOAT("rate", 1234.5));
    assert_matches(written(), "^time=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z level=info "
                              "event=relay_started table=public.outbox lanes=2 standby=false "
                              "rate=1234.5\n$");
    LOG(LOG_DEBUG, "nothing");
    ck_assert_str_eq(after_time(), "level=debug event=nothing\n");
}
END_TEST

START_TEST(test_logfmt_quotes)
{
    open_pipe(LOG_FORMAT_LOGFMT);
    LOG(LOG_WARN, "x", LOG_STR("a", "two words"), LOG_STR("b", "say \"hi\" \\"),
        LOG_STR("c", "a\nlevel=error\r\t\x01\x7f"), LOG_STR("d", ""), LOG_STR("e", "k=v"));
    ck_assert_str_eq(after_time(), "level=warn event=x a=\"two words\" b=\"say \\\"hi\\\" \\\\\" "
                                   "c=\"a\\nlevel=error\\u000d\\t\\u0001\\u007f\" d=\"\" "
                                   "e=\"k=v\"\n");
}
END_TEST

START_TEST(test_json)
{
    open_pipe(LOG_FORMAT_JSON);
    LOG(LOG_ERROR, "x", LOG_STR("a", "q\"\\\n\x02"), LOG_INT("n", -7), LOG_BOOL("b", true),
        LOG_FLOAT("nan", NAN), LOG_FLOAT("inf", INFINITY));
    assert_matches(written(), "^\\{\"time\":\"[-0-9T:.]+Z\",\"level\":\"error\",\"event\":\"x\","
                              "\"a\":\"q\\\\\"\\\\\\\\\\\\n\\\\u0002\",\"n\":-7,"
                              "\"b\":true,\"nan\":null,\"inf\":null\\}\n$");
}
END_TEST

START_TEST(test_a_field_without_a_value_is_left_out)
{
    open_pipe(LOG_FORMAT_LOGFMT);
    LOG(LOG_WARN, "x", LOG_STR("a", NULL), LOG_INT("b", 1), LOG_STR("c", NULL));
    ck_assert_str_eq(after_time(), "level=warn event=x b=1\n");
    open_pipe(LOG_FORMAT_JSON);
    LOG(LOG_WARN, "x", LOG_STR("a", NULL), LOG_INT("b", 1), LOG_STR("c", NULL));
    assert_matches(written(), "\"event\":\"x\",\"b\":1\\}\n$");
}
END_TEST

// Each wrong byte becomes U+FFFD; what is right stays.
START_TEST(test_invalid_utf8)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x90\x8E", NULL},
        {"\x80", "\xEF\xBF\xBD"},
        {"a\xC3", "a\xEF\xBF\xBD"},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x82", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xFFz", "\xEF\xBF\xBDz"},
    };
    open_pipe(LOG_FORMAT_JSON);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[128];
        snprintf(expected, sizeof expected, "\"v\":\"%s\"}\n",
                 cases[i].text == NULL ? cases[i].value : cases[i].text);
        LOG(LOG_INFO, "x", LOG_STR("v", cases[i].value));
        ck_assert_str_eq(strstr(written(), "\"v\""), expected);
    }
}
END_TEST

// Every byte, at every place of a sequence of up to three: one line, one object, valid UTF-8.
START_TEST(test_odd_bytes)
{
    static const unsigned char around[] = {'a', '"', '\\', '\n', 0x80, 0xC2, 0xE2, 0xED, 0xF4};
    open_pipe(LOG_FORMAT_JSON);
    for (int byte = 1; byte < 256; byte++)
        for (size_t i = 0; i < sizeof around; i++)
            for (size_t k = 0; k < sizeof around; k++) {
                const char value[] = {(char)around[i], (char)byte, (char)around[k], '\0'};
                struct json_object object;
                LOG(LOG_INFO, "x", LOG_STR("v", value), LOG_INT("end", 1));
                const char *text = written();
                const size_t len = strlen(text);
                ck_assert(strchr(text, '\n') == text + len - 1);
                ck_assert_msg(json_read((struct bytes){text, len - 1}, &object), "%s", text);
                ck_assert_uint_eq(object.count, 5);
                ck_assert(json_name_is(object.members[4].name, "end"));
                for (const char *s = text; *s != '\0'; s += utf8_length(s))
                    ck_assert_uint_gt(utf8_length(s), 0);
            }
}
END_TEST

START_TEST(test_repeats_of_a_thread_that_is_limited)
{
    int lines = 0;
    open_pipe(LOG_FORMAT_LOGFMT);
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 30; i++) {
        LOG(LOG_WARN, "unlimited");
        lines += *written() != '\0';
    }
    ck_assert_int_eq(lines, 30);
    log_limit_repeats();
    for (int i = 0; i < 30; i++) {
        LOG(LOG_WARN, "limited");
        lines += *written() != '\0';
        LOG(LOG_DEBUG, "hidden");
        ck_assert_str_eq(written(), "");
    }
    ck_assert_int_eq(lines, 30 + 20);
    struct suppressed rest;
    ck_assert(!log_take_suppressed(false, &rest));
    ck_assert(log_take_suppressed(true, &rest));
    ck_assert_str_eq(rest.event, "limited");
    ck_assert_int_eq(rest.count, 10);
    log_configure(LOG_DEBUG, LOG_FORMAT_LOGFMT);
    LOG(LOG_WARN, "limited");
    ck_assert_str_eq(after_time(), "level=warn event=limited\n");
}
END_TEST

START_TEST(test_repeats_with_another_code)
{
    struct error err;
    int lines = 0;
    open_pipe(LOG_FORMAT_LOGFMT);
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT);
    log_limit_repeats();
    error_set(&err, FAULT_CLUSTER, "08006", "gone");
    for (int i = 0; i < 30; i++) {
        LOG(LOG_WARN, "window_failed", LOG_INT("lane", 0), LOG_FAULT(&err));
        lines += *written() != '\0';
    }
    ck_assert_int_eq(lines, 20);
    error_set(&err, FAULT_CLUSTER, "57P01", "ended");
    LOG(LOG_WARN, "window_failed", LOG_INT("lane", 0), LOG_FAULT(&err));
    ck_assert_str_eq(after_time(), "level=warn event=window_failed lane=0 class=cluster "
                                   "code=57P01 error=ended\n");
}
END_TEST

START_TEST(test_levels)
{
    open_pipe(LOG_FORMAT_LOGFMT);
    log_configure(LOG_WARN, LOG_FORMAT_LOGFMT);
    ck_assert(log_enabled(LOG_ERROR) && log_enabled(LOG_WARN) && !log_enabled(LOG_INFO));
    LOG(LOG_INFO, "hidden");
    ck_assert_str_eq(written(), "");
    LOG(LOG_WARN, "shown");
    ck_assert_str_eq(after_time(), "level=warn event=shown\n");
}
END_TEST

START_TEST(test_fault_fields)
{
    open_pipe(LOG_FORMAT_AUTO);
    struct error err;
    error_set(&err, FAULT_TOPIC, "UNKNOWN_TOPIC", "no topic");
    LOG(LOG_ERROR, "publish_failed", LOG_FAULT(&err), LOG_INT("row", 1));
    ck_assert_str_eq(after_time(), "level=error event=publish_failed class=topic "
                                   "code=UNKNOWN_TOPIC error=\"no topic\" row=1\n");
}
END_TEST

START_TEST(test_journal_priorities)
{
    static const char *const starts[LOG_LEVELS] = {"<3>time=", "<4>time=", "<6>time=", "<7>time="};
    open_pipe(LOG_FORMAT_AUTO);
    struct stat st;
    char stream[64];
    fstat(pipe_fds[1], &st);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    for (int level = LOG_ERROR; level < LOG_LEVELS; level++) {
        LOG((enum log_level)level, "x");
        ck_assert(strncmp(written(), starts[level], strlen(starts[level])) == 0);
    }
    log_configure(LOG_DEBUG, LOG_FORMAT_LOGFMT);
    LOG(LOG_INFO, "x");
    ck_assert(strncmp(written(), "time=", 5) == 0);

    // Somebody else's stream, inherited.
    log_configure(LOG_DEBUG, LOG_FORMAT_AUTO);
    setenv("JOURNAL_STREAM", "1:2", 1);
    LOG(LOG_INFO, "x");
    ck_assert(strncmp(written(), "time=", 5) == 0);
    setenv("JOURNAL_STREAM", "nonsense", 1);
    LOG(LOG_INFO, "x");
    ck_assert(strncmp(written(), "time=", 5) == 0);
}
END_TEST

static void *
chatter(void *name)
{
    for (int i = 0; i < 200; i++)
        LOG(LOG_INFO, "chatter", LOG_STR("thread", name), LOG_INT("i", i));
    return NULL;
}

START_TEST(test_threads_do_not_mix_lines)
{
    char path[] = "/tmp/outrider-log-XXXXXX";
    int fd = mkostemp(path, O_APPEND);
    ck_assert_int_ge(fd, 0);
    open_pipe(LOG_FORMAT_LOGFMT);
    log_set_fd(fd);
    pthread_t threads[4];
    char names[4][2] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, chatter, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    FILE *file = fopen(path, "r");
    int lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        char thread;
        int i, end = 0;
        const char *fields = strstr(line, "event=");
        ck_assert_ptr_nonnull(fields);
        ck_assert_int_eq(sscanf(fields, "event=chatter thread=%c i=%d%n", &thread, &i, &end), 2);
        ck_assert_str_eq(fields + end, "\n");
        lines++;
    }
    ck_assert_int_eq(lines, 800);
    fclose(file);
    close(fd);
    unlink(path);
}
END_TEST

START_TEST(test_a_full_pipe_does_not_block)
{
    open_pipe(LOG_FORMAT_LOGFMT);
    for (int i = 0; i < 5000; i++)
        LOG(LOG_INFO, "filling", LOG_INT("i", i));
    close(pipe_fds[1]);
    LOG(LOG_INFO, "closed");
}
END_TEST

int
main(void)
{
    return RUN_TESTS("log", test_logfmt, test_logfmt_quotes, test_json,
                     test_a_field_without_a_value_is_left_out, test_invalid_utf8, test_odd_bytes,
                     test_repeats_of_a_thread_that_is_limited, test_repeats_with_another_code,
                     test_levels, test_fault_fields, test_journal_priorities,
                     test_threads_do_not_mix_lines, test_a_full_pipe_does_not_block);
}
