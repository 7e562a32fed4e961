// SPDX-License-Identifier: Apache-2.0
//
// One event, one line, one write.
//
// A line is built in memory of the caller's thread and written at once, so threads need no lock and
// lines never mix (a write to a pipe of at most PIPE_BUF bytes, or to a file opened for appending,
// is atomic). Level, format and descriptor are atomics because a reload changes them under running
// lanes.
#include "outrider/base/log.h"

#include "outrider/base/clock.h"
#include "outrider/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const log_level_names[LOG_LEVELS] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

const char *const log_format_names[LOG_FORMATS] = {
    [LOG_FORMAT_AUTO] = "auto",
    [LOG_FORMAT_LOGFMT] = "logfmt",
    [LOG_FORMAT_JSON] = "json",
};

// syslog(3)'s priorities, as sd-daemon(3) wants them in front of a line.
static const char *const priorities[LOG_LEVELS] = {
    [LOG_ERROR] = "<3>",
    [LOG_WARN] = "<4>",
    [LOG_INFO] = "<6>",
    [LOG_DEBUG] = "<7>",
};

static atomic_int current_level = LOG_INFO;
static atomic_int current_format = LOG_FORMAT_AUTO;
static atomic_int current_fd = STDERR_FILENO;

void
log_configure(enum log_level level, enum log_format format)
{
    atomic_store(&current_level, (int)level);
    atomic_store(&current_format, (int)format);
}

void
log_set_fd(int fd)
{
    atomic_store(&current_fd, fd);
}

bool
log_enabled(enum log_level level)
{
    return (int)level <= atomic_load(&current_level);
}

// $JOURNAL_STREAM says "device:inode" of the journal's stream; it is inherited by children whose
// output goes elsewhere, so it must be compared (systemd.exec(5)).
static bool
is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    unsigned long long device, inode;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

// What the first continuation byte must not be after these leading bytes: overlong forms,
// surrogates, and code points above U+10FFFF (RFC 3629, section 4).
static bool
is_forbidden(unsigned char lead, unsigned char next)
{
    return (lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) ||
           (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F);
}

// Length of the well-formed UTF-8 sequence at s, 0 when there is none.
static size_t
utf8_length(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return is_forbidden(s[0], s[1]) ? 0 : len;
}

// JSON's string escapes (RFC 8259, section 7), used inside logfmt's quotes too. A byte that is no
// UTF-8 becomes U+FFFD, so a line is always valid text.
static void
append_quoted(struct text *line, const char *value)
{
    const unsigned char *s = (const unsigned char *)value;
    text_append_char(line, '"');
    while (*s != '\0') {
        size_t len = utf8_length(s);
        if (*s == '"' || *s == '\\')
            text_appendf(line, "\\%c", *s);
        else if (*s == '\n')
            text_append(line, "\\n");
        else if (*s == '\t')
            text_append(line, "\\t");
        else if (*s < 0x20 || *s == 0x7F)
            text_appendf(line, "\\u%04x", *s);
        else if (len == 0)
            text_append(line, "\xEF\xBF\xBD");
        else
            text_append_bytes(line, (const char *)s, len);
        s += len == 0 ? 1 : len;
    }
    text_append_char(line, '"');
}

// logfmt needs no quotes around a plain word.
static bool
is_plain(const char *value)
{
    if (*value == '\0')
        return false;
    for (const unsigned char *s = (const unsigned char *)value; *s != '\0'; s++)
        if (*s <= ' ' || *s >= 0x7F || *s == '"' || *s == '=' || *s == '\\')
            return false;
    return true;
}

static void
append_str(struct text *line, const char *value, bool json)
{
    if (value == NULL)
        text_append(line, json ? "null" : "");
    else if (!json && is_plain(value))
        text_append(line, value);
    else
        append_quoted(line, value);
}

static void
append_value(struct text *line, const struct log_field *field, bool json)
{
    switch (field->kind) {
    case LOG_KIND_STR:
        append_str(line, field->value.str, json);
        break;
    case LOG_KIND_INT:
        text_appendf(line, "%lld", (long long)field->value.integer);
        break;
    case LOG_KIND_FLOAT: // JSON has no infinity and no NaN
        if (isfinite(field->value.number))
            text_appendf(line, "%.6g", field->value.number);
        else
            text_append(line, json ? "null" : "");
        break;
    case LOG_KIND_BOOL:
        text_append(line, field->value.boolean ? "true" : "false");
        break;
    }
}

static void
append_field(struct text *line, const struct log_field *field, bool json)
{
    text_appendf(line, json ? ",\"%s\":" : " %s=", field->key);
    append_value(line, field, json);
}

static void
append_head(struct text *line, enum log_level level, const char *event, bool json)
{
    char time[40];
    format_utc(wall_us(), 3, time);
    text_appendf(line, json ? "{\"time\":\"%s\",\"level\":\"%s\"" : "time=%s level=%s", time,
                 log_level_names[level]);
    append_field(line, &LOG_STR("event", event), json);
}

void
log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    if (!log_enabled(level))
        return;
    int fd = atomic_load(&current_fd);
    enum log_format format = (enum log_format)atomic_load(&current_format);
    bool json = format == LOG_FORMAT_JSON;
    __attribute__((cleanup(text_free))) struct text line = {0};

    if (format == LOG_FORMAT_AUTO && is_journal(fd))
        text_append(&line, priorities[level]);
    append_head(&line, level, event, json);
    for (size_t i = 0; i < n; i++)
        append_field(&line, &fields[i], json);
    text_append(&line, json ? "}\n" : "\n");

    ssize_t written;
    do
        written = write(fd, line.data, line.len);
    while (written < 0 && errno == EINTR);
}
