// SPDX-License-Identifier: Apache-2.0
//
// outrider status: the backlog, its age and the dead, by topic; a probe; and a view that is kept up
// to date.
//
// Counting stops at a limit, for a full count of a large backlog would cost more than relaying it;
// the age does not suffer from that, since the oldest rows are counted first.
#include "ask.h"
#include "command.h"
#include "exits.h"
#include "status_print.h"
#include "watch.h"

#include "outrider/base/safe.h"
#include "outrider/config/settings.h"

#include <stdio.h>

enum { INTERVAL_MS = 2000, INTERVAL_LEAST_MS = 100 };

// One connection for one question: status holds nothing open.
static bool
read_status(const struct settings *settings, struct status *ret_status, struct error *err)
{
    struct store_settings store = settings->store;
    struct report *report = NULL;

    store.standby_will_do = true; // to look: the backlog is of interest when the primary is away
    bool good = report_open(&store, &report, err) &&
                report_backlog(report, &settings->relay.envelope.topic, STATUS_COUNT_LIMIT,
                               &ret_status->backlog, err);
    if (good)
        ret_status->version = report_version(report);
    report_close(report);
    return good;
}

static int
wrong(const char *what)
{
    fprintf(stderr, "outrider: status: %s\n", what);
    return EX_USAGE;
}

static int
watch(const struct invocation *invocation)
{
    int64_t interval_ms = INTERVAL_MS;

    if (!invocation_duration_ms(invocation, "interval", &interval_ms))
        return EX_USAGE;
    if (interval_ms < INTERVAL_LEAST_MS)
        return wrong("--interval: at least 100ms");
    if (invocation_flag(invocation, "max-age"))
        return wrong("--max-age answers by the exit code, and --watch never ends by itself; leave "
                     "out one of them");
    return watch_status(invocation->settings, interval_ms, invocation_flag(invocation, "json"));
}

int
cmd_status(const struct invocation *invocation)
{
    __attribute__((cleanup(text_free))) struct text out = {0}, relay = {0};
    struct status status = {.table = invocation->settings->store.table};
    int64_t max_age_ms = INT64_MAX;
    struct error err;

    if (invocation_flag(invocation, "watch"))
        return watch(invocation);
    if (invocation_flag(invocation, "interval"))
        return wrong("--interval is --watch's");
    if (!invocation_duration_ms(invocation, "max-age", &max_age_ms))
        return EX_USAGE;
    if (!read_status(invocation->settings, &status, &err))
        return exit_with_error("status", &err);
    if (invocation_flag(invocation, "json")) {
        status_append_json(&out, &status, NULL);
    } else {
        ask_relay(invocation->settings->http_listen, &relay);
        status.relay = text_str(&relay);
        status_append_table(&out, &status);
    }
    fputs(text_str(&out), stdout);
    bool older = status.backlog.oldest_age_ms > max_age_ms;
    if (older)
        safe_print_line(stderr, "outrider: the oldest message is older than %s",
                        invocation_option(invocation, "max-age"));
    backlog_free(&status.backlog);
    return older ? EX_NO : EX_OK;
}
