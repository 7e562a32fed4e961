// SPDX-License-Identifier: Apache-2.0
//
// `status --watch`.
//
// The view is drawn over itself: no other screen, no mode and no hidden cursor, so there is nothing
// to restore, however the process ends, and the last look stays to be read. A server that goes away
// is waited for once there was an answer; before that it is an error like any other.
#include "watch.h"

#include "ask.h"
#include "exits.h"
#include "screen.h"
#include "status_print.h"

#include "outrider/base/safe.h"
#include "outrider/base/signals.h"
#include "outrider/config/settings.h"

#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROWS_UNKNOWN = 24, COLUMNS_UNKNOWN = 80 };

struct watch {
    const struct settings *settings;
    struct store_settings store;
    int64_t interval_ms;
    bool json, terminal;
    struct report *report; // NULL: to be opened
    struct status status;  // of the latest look that had an answer
    struct text relay;     // what it said then
    struct trend trend;
    size_t drawn; // lines of the view that stand on the terminal
    size_t columns;
};

static bool
ask(struct watch *watch, struct backlog *ret_backlog, struct activity *ret_activity,
    struct error *err)
{
    if (watch->report == NULL &&
        !report_open_until(&watch->store, signals_terminated(), &watch->report, err))
        return false;
    if (!report_backlog(watch->report, &watch->settings->relay.envelope.topic, STATUS_COUNT_LIMIT,
                        ret_backlog, err))
        return false;
    if (report_activity(watch->report, ret_activity, err))
        return true;
    backlog_free(ret_backlog);
    return false;
}

static bool
look(struct watch *watch, struct error *err)
{
    struct backlog backlog;
    struct activity activity;

    if (!ask(watch, &backlog, &activity, err)) {
        report_close(watch->report);
        watch->report = NULL;
        return false;
    }
    backlog_free(&watch->status.backlog);
    watch->status.backlog = backlog;
    watch->status.version = report_version(watch->report);
    watch->status.wall_us = wall_us();
    text_clear(&watch->relay);
    if (watch->terminal)
        ask_relay(watch->settings->http_listen, &watch->relay);
    watch->status.relay = text_str(&watch->relay);
    trend_add(&watch->trend,
              (struct sample){
                  .at = mono_now(),
                  .messages = backlog.messages,
                  .in = activity.inserted,
                  .out = watch->store.on_published == ON_PUBLISHED_DELETE ? activity.deleted
                                                                          : activity.updated,
              });
    return true;
}

static struct status_view
view_of_terminal(const struct watch *watch, const char *trouble)
{
    struct winsize size;
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return (struct status_view){
        .rows = known && size.ws_row > 0 ? size.ws_row : ROWS_UNKNOWN,
        .columns = known && size.ws_col > 0 ? size.ws_col : COLUMNS_UNKNOWN,
        .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
        .interval_ms = watch->interval_ms,
        .trouble = trouble,
    };
}

// Over what was drawn before, in one write: up, each line with the rest of the old one erased, and
// what the old view had below it. Lines that a narrower window has broken cannot be counted: then
// everything goes.
static void
draw(struct watch *watch, const char *trouble)
{
    __attribute__((cleanup(text_free))) struct text lines = {0}, out = {0};
    const struct status_view view = view_of_terminal(watch, trouble);

    status_append_view(&lines, &watch->status, &watch->trend, &view);
    if (watch->drawn > 0 && view.columns < watch->columns)
        text_append(&out, "\x1b[H\x1b[2J");
    else if (watch->drawn > 0)
        text_appendf(&out, "\x1b[%zuA\r", watch->drawn);
    watch->drawn = 0;
    for (const char *line = text_str(&lines); *line != '\0'; watch->drawn++) {
        const size_t len = strcspn(line, "\n");
        text_append_bytes(&out, line, len);
        text_append(&out, "\x1b[K\n");
        line += len + (line[len] == '\n');
    }
    text_append(&out, "\x1b[J");
    watch->columns = view.columns;
    fputs(text_str(&out), stdout);
}

// err: why the look had no answer; NULL: it had one.
static void
show(struct watch *watch, const struct error *err)
{
    __attribute__((cleanup(text_free))) struct text out = {0};

    if (watch->terminal) {
        draw(watch, err == NULL ? NULL : err->text);
        return;
    }
    if (err != NULL) {
        safe_print_line(stderr, "outrider: status: %s; asking again", err->text);
        return;
    }
    if (watch->json)
        status_append_json(&out, &watch->status, &watch->trend);
    else
        status_append_line(&out, &watch->status, &watch->trend);
    fputs(text_str(&out), stdout);
}

// False when a signal asks for the end; SIGHUP too: the terminal is gone.
static bool
wait_for_next(struct mono next)
{
    struct pollfd signal_fd = {.fd = signals_fd(), .events = POLLIN};
    int left;

    for (;;) {
        const struct signals signals = signals_take();
        if (signals.terminate > 0 || signals.reload)
            return false;
        if ((left = mono_ms_until(next)) == 0)
            return true;
        poll(&signal_fd, 1, left);
    }
}

static struct mono
later(struct mono a, struct mono b)
{
    return mono_diff_ns(a, b) > 0 ? a : b;
}

// At most half of the time is spent in looks, so that a slow count is no load.
static int
watch_until_told(struct watch *watch)
{
    struct error err;

    for (;;) {
        const struct mono began = mono_now();
        const bool good = look(watch, &err);
        if (signals_terminations() > 0)
            return EX_OK;
        if (!good && (watch->trend.count == 0 || exit_of_error(&err) != EX_UNAVAILABLE))
            return exit_with_error("status", &err);
        show(watch, good ? NULL : &err);
        if (fflush(stdout) != 0) // main says why
            return EX_OK;
        const struct mono ended = mono_now();
        const int64_t took_ms = mono_diff_ns(ended, began) / 1000000;
        if (!wait_for_next(
                later(mono_add_ms(began, watch->interval_ms), mono_add_ms(ended, took_ms))))
            return EX_OK;
    }
}

int
watch_status(const struct settings *settings, int64_t interval_ms, bool json)
{
    struct watch watch = {
        .settings = settings,
        .store = settings->store,
        .interval_ms = interval_ms,
        .json = json,
        .terminal = !json && screen_is_terminal(STDOUT_FILENO),
        .status = {.table = settings->store.table, .relay = ""},
    };
    struct error err;

    if (!signals_start(&err)) {
        exit_with_error("status", &err);
        return EX_SOFTWARE;
    }
    signal(SIGPIPE, SIG_DFL); // a filter behind it that has seen enough ends it, as any command
    watch.store.standby_will_do = true;
    const int code = watch_until_told(&watch);
    report_close(watch.report);
    backlog_free(&watch.status.backlog);
    text_free(&watch.relay);
    signals_stop();
    return code;
}
