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
#include "repeats.h"

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
static _Atomic(log_observer *) current_observer;
static _Thread_local bool limits_repeats;

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

void
log_observe(log_observer *observer)
{
    atomic_store(&current_observer, observer);
}

bool
log_enabled(enum log_level level)
{
    return (int)level <= atomic_load(&current_level);
}

void
log_limit_repeats(void)
{
    limits_repeats = true;
}

bool
log_take_suppressed(bool all, struct suppressed *ret)
{
    return repeats_take(all, mono_now(), ret);
}

// Who asks for every detail gets it.
static bool
limits_now(void)
{
    return limits_repeats && !log_enabled(LOG_DEBUG);
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
    if (!json && is_plain(value))
        text_append(line, value);
    else
        text_append_json(line, value); // in logfmt's quotes too
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
    if (field->kind == LOG_KIND_STR && field->value.str == NULL)
        return;
    if (json)
        text_appendf(line, ",\"%s\":", field->key);
    else
        text_appendf(line, "%s%s=", line->len > 0 ? " " : "", field->key);
    append_value(line, field, json);
}

void
log_append_field(struct text *out, const struct log_field *field)
{
    append_field(out, field, false);
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

// The cause of an event, as LOG_FAULT has it; NULL: it has none.
static const char *
code_of(const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].kind == LOG_KIND_STR && str_equal(fields[i].key, "code"))
            return fields[i].value.str;
    return NULL;
}

static void
write_event(enum log_level level, const char *event, const struct log_field *fields, size_t n,
            bool limited)
{
    log_observer *observer = level <= LOG_WARN ? atomic_load(&current_observer) : NULL;
    int64_t suppressed = 0;
    if (observer != NULL)
        observer(level, event, fields, n);
    if (!log_enabled(level) ||
        (limited && !repeats_admit(event, code_of(fields, n), mono_now(), &suppressed)))
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
    if (suppressed > 0)
        append_field(&line, &LOG_INT("suppressed", suppressed), json);
    text_append(&line, json ? "}\n" : "\n");

    ssize_t written;
    do
        written = write(fd, line.data, line.len);
    while (written < 0 && errno == EINTR);
}

void
log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    write_event(level, event, fields, n, limits_now());
}

void
log_event_limited(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    write_event(level, event, fields, n, true);
}
