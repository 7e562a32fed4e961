// SPDX-License-Identifier: Apache-2.0
//
// outrider drain, the loop of the main thread.
//
// The lanes publish; this thread looks. It never counts on its own figures alone to know that all
// is gone: rows may be published by others, deleted, or given up, so the table has the last word,
// on a connection of its own. A look costs a count, so it is made when the lanes have nothing in
// hand or have done as much as there was, at most once a second, and at most a twentieth of the
// time.
#include "drain.h"

#include "ask_holder.h"
#include "closing.h"
#include "exits.h"
#include "progress.h"
#include "run_log.h"
#include "screen.h"
#include "stop.h"

#include "outrider/base/backoff.h"
#include "outrider/base/log.h"
#include "outrider/base/signals.h"
#include "outrider/config/settings.h"
#include "outrider/relay/relay.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TICK_MS = 20,
    DRAW_MS = 100,
    LINE_MS = 5000,
    LOOK_MS = 1000,
    LOOK_SHARE = 20,   // a look of 1 s is followed by 20 s without
    STANDBY_MS = 2000, // standing by for so long is worth a word
    RETRY_MS = 500,
    RETRY_MAX_MS = 5000,
};

struct drain {
    const struct settings *settings;
    const struct drain_limits *limits;
    struct report *report; // NULL: its connection was lost
    struct relay *relay;
    struct screen screen;
    struct meter meter;
    struct progress progress;
    int64_t until;              // 0: all
    int version;                // of the table
    struct remaining remaining; // as of the last look
    bool counted;               // ... in this round of the loop
    const char **blocked;       // topics that were, when the lanes ended
    size_t blocked_count;
    struct mono started, relaying, last_moved, excused_until, next_look, next_draw;
    struct mono standing_by; // since when all lanes stand by
    int64_t moved;           // what last_moved is by
    int64_t failed_attempts;
    int holder_pid; // of a relay that had a slot before us; 0: none
    int slots;      // of the table
    bool complete;  // the lanes did as much as there was at the start
    bool said_standby, said_active;
};

static int64_t
ms_since(struct mono then)
{
    return mono_diff_ns(mono_now(), then) / 1000000;
}

static struct mono
later(struct mono a, struct mono b)
{
    return mono_diff_ns(a, b) > 0 ? a : b;
}

// A word to the user: on a terminal without the trimmings of a log.
static void
say(struct drain *drain, const char *event, const char *text)
{
    if (drain->screen.on)
        screen_print(&drain->screen, text);
    else
        LOG(LOG_INFO, event, LOG_STR("text", text));
}

// True when the table's version changed. A position of one version means nothing in another, so
// then the lanes go on without an end, and so does the count.
static bool
note_version(struct drain *drain)
{
    const int before = drain->version;
    drain->version = report_version(drain->report);
    if (before == 0 || before == drain->version)
        return false;
    drain->until = 0;
    return true;
}

// Counts what is left up to a position; with `reasons`, why.
static bool
count_remaining(struct drain *drain, bool reasons, int64_t until, struct error *err)
{
    if (!reasons)
        return report_count(drain->report, until, &drain->remaining, err);
    return report_remaining(drain->report, until, &drain->settings->relay.envelope.topic,
                            drain->blocked, drain->blocked_count, &drain->remaining, err);
}

// Counts what is left, and what there is to wait for. A lost connection is made again at the next
// look.
static bool
look(struct drain *drain, bool reasons, struct error *err)
{
    const struct mono before = mono_now();
    if (drain->report == NULL && !report_open(&drain->settings->store, &drain->report, err))
        return false;
    do {
        const int64_t until = drain->until == 0 ? INT64_MAX : drain->until;
        if (!count_remaining(drain, reasons, until, err)) {
            report_close(drain->report);
            drain->report = NULL;
            return false;
        }
    } while (note_version(drain));
    const struct mono now = mono_now();
    const int64_t pause_ms = mono_diff_ns(now, before) / 1000000 * LOOK_SHARE;
    drain->next_look = mono_add_ms(now, pause_ms > LOOK_MS ? pause_ms : LOOK_MS);
    drain->counted = true;
    if (drain->remaining.next_attempt_ms > 0)
        drain->excused_until = mono_add_ms(now, drain->remaining.next_attempt_ms);
    else if (drain->version > 1 && !mono_passed(drain->excused_until)) // it waits no more
        drain->excused_until = now;
    return true;
}

// Does this lane have both servers? It shows `connected` until a window has failed; but when Kafka
// goes away in the middle of one, the lane waits in publish or settle for its window's deadline,
// and that wait must not count as a server being there.
static bool
able(struct lane_view view, int64_t give_up_ms)
{
    const bool waits_for_kafka = view.phase == LANE_PUBLISH || view.phase == LANE_SETTLE;
    if (view.phase == LANE_CONNECT || view.phase == LANE_BACK_OFF)
        return false;
    return view.connected && !(waits_for_kafka && ms_since(view.since) >= give_up_ms / 2);
}

// The lanes as one: what they are about, and whether they can be.
struct lanes {
    bool idle;     // every lane found nothing to do, or may do nothing
    bool able;     // some lane is connected to both servers
    bool active;   // some lane has had a slot in its latest window
    bool standby;  // every lane that is connected stands by
    bool claiming; // some lane waits for PostgreSQL's rows, and for longer than for a slot
};

static struct lanes
view_lanes(const struct drain *drain)
{
    struct lanes lanes = {.idle = true, .standby = true};
    for (size_t i = 0; i < relay_lanes(drain->relay); i++) {
        struct lane_view view = relay_lane(drain->relay, i);
        lanes.idle &= view.phase == LANE_IDLE || view.phase == LANE_STANDBY;
        lanes.able |= able(view, drain->limits->give_up_ms);
        lanes.active |= view.active;
        lanes.standby &= view.standby || !view.connected;
        lanes.claiming |= view.phase == LANE_CLAIM &&
                          ms_since(view.since) > drain->settings->store.lock_timeout_ms + LOOK_MS;
    }
    return lanes;
}

// Where a table has several slots, relays share them, and nothing is taken over.
static void
say_active(struct drain *drain, const char *whom)
{
    __attribute__((cleanup(text_free))) struct text text = {0};
    const bool shared = drain->settings->store.ordering == ORDERING_NONE || drain->slots > 1;

    if (drain->slots > 1)
        text_appendf(&text, "working beside other relays, each in some of the table's %d slots%s",
                     drain->slots, whom);
    else
        text_appendf(&text,
                     shared ? "working beside the running relay%s"
                            : "took the slot over from the running relay%s",
                     whom);
    say(drain, shared ? "drain_beside" : "drain_took_over", text_str(&text));
}

static void
say_standby(struct drain *drain, const char *whom)
{
    __attribute__((cleanup(text_free))) struct text text = {0};
    struct slot_holder holder;
    enum holder_kind kind;
    struct error why;

    if (drain->report != NULL && ask_holder(drain->report, drain->settings, &holder, &kind, &why) &&
        kind != HOLDER_RELAY) {
        holder_explain(&holder, kind, &why);
        say(drain, "drain_kept_out", why.text);
        return;
    }
    if (drain->slots > 1)
        text_appendf(&text, "other relays have all %d slots%s", drain->slots, whom);
    else
        text_appendf(&text, "another relay is working%s", whom);
    text_append(&text, "; watching the backlog fall");
    say(drain, "drain_standby", text_str(&text));
}

// Says once who works, if somebody else did or does. A lane whose first window is under way works
// itself, or will know soon.
static void
say_who_works(struct drain *drain, const struct lanes *lanes)
{
    __attribute__((cleanup(text_free))) struct text whom = {0};
    if (drain->holder_pid != 0)
        text_appendf(&whom,
                     drain->slots > 1 ? " (one of their backends is pid %d)"
                                      : " (its backend is pid %d)",
                     drain->holder_pid);
    if (lanes->active && !drain->said_active && (drain->holder_pid != 0 || drain->said_standby)) {
        say_active(drain, text_str(&whom));
        drain->said_active = true;
    }
    if (!lanes->standby || !lanes->able)
        drain->standing_by = mono_now();
    if (!drain->said_standby && ms_since(drain->standing_by) >= STANDBY_MS) {
        say_standby(drain, text_str(&whom));
        drain->said_standby = true;
    }
}

// What is done, by whomever, and when something last was.
static void
update_progress(struct drain *drain, const struct stats *stats)
{
    struct progress *progress = &drain->progress;
    const int64_t own = (int64_t)stats->published + (int64_t)stats->dead;
    const int64_t failed = (int64_t)stats->failed_attempts;
    const struct mono now = mono_now();

    progress->done = own > progress->done ? own : progress->done;
    if (drain->counted) { // what others did, or deleted, is gone too
        if (drain->limits->follow)
            progress->total = progress->done + drain->remaining.messages;
        const int64_t gone = progress->total - drain->remaining.messages;
        progress->done = gone > progress->done ? gone : progress->done;
    }
    if (progress->done > progress->total)
        progress->total = progress->done;
    meter_add(&drain->meter, now, progress->done);
    progress->rate = meter_rate(&drain->meter);
    if (progress->done + failed != drain->moved) {
        drain->moved = progress->done + failed;
        drain->last_moved = now;
    }
    if (failed != drain->failed_attempts && drain->version == 1) {
        // The time of the next attempt is in the lane's memory only, but bounded.
        const int backoff_ms = drain->settings->relay.retry_backoff_max_ms;
        drain->excused_until = later(drain->excused_until, mono_add_ms(now, backoff_ms));
    }
    drain->failed_attempts = failed;
}

// The bar, or without a terminal a line in the log.
static void
draw(struct drain *drain)
{
    __attribute__((cleanup(text_free))) struct text line = {0};
    const struct progress *progress = &drain->progress;
    const struct remaining *left = &drain->remaining;

    if (drain->screen.on) {
        struct progress shown = *progress;
        if (drain->version > 1 && left->waiting > 0 && left->claimable == 0)
            shown.wait_ms = left->next_attempt_ms == 0
                                ? PROGRESS_FOR_EVER
                                : INT64_C(1) + mono_ms_until(drain->excused_until);
        screen_print(&drain->screen, NULL);
        progress_append(&shown, screen_width(&drain->screen) - 1, drain->screen.utf8,
                        drain->screen.color, &line);
        screen_draw(&drain->screen, text_str(&line));
    } else if (ms_since(drain->started) >= LINE_MS) {
        const int64_t eta_s = progress_eta_s(progress);
        LOG(LOG_INFO, "drain_progress", LOG_INT("done", progress->done),
            LOG_INT("total", progress->total), LOG_FLOAT("rate", progress->rate),
            eta_s < 0 ? LOG_STR("eta_seconds", NULL) : LOG_INT("eta_seconds", eta_s));
    }
}

// Ten times a second on a terminal, every five seconds in a log, whatever the pace of the loop.
static void
draw_when_due(struct drain *drain)
{
    if (!mono_passed(drain->next_draw))
        return;
    draw(drain);
    drain->next_draw = mono_add_ms(mono_now(), drain->screen.on ? DRAW_MS : LINE_MS);
}

// One round of the loop.
static enum drain_ending
turn(struct drain *drain)
{
    const struct stats *stats = relay_stats(drain->relay);
    const struct lanes lanes = view_lanes(drain);
    const int64_t own = (int64_t)stats->published + (int64_t)stats->dead;
    struct error err;

    say_who_works(drain, &lanes);
    drain->counted = false;
    // The first time that all seems done there is nothing to wait for.
    if (own >= drain->progress.total && !drain->complete)
        drain->next_look = mono_now();
    drain->complete = own >= drain->progress.total;
    const bool worth_it = lanes.idle || drain->complete || ms_since(drain->last_moved) >= LOOK_MS;
    if (worth_it && mono_passed(drain->next_look) && !look(drain, false, &err)) {
        LOG(LOG_WARN, "drain_look_failed", LOG_FAULT(&err),
            LOG_STR("next", "looking again in 1 s"));
        drain->next_look = mono_add_ms(mono_now(), LOOK_MS);
    }
    update_progress(drain, stats);
    draw_when_due(drain);
    const struct mono still_since =
        lanes.able ? later(drain->last_moved, drain->excused_until) : drain->last_moved;
    const struct drain_facts facts = {
        .published = (int64_t)stats->published,
        .reachable = lanes.able,
        .claiming = lanes.claiming,
        .signalled = signals_take().terminate > 0,
        .elapsed_ms = ms_since(drain->started),
        .still_ms = ms_since(still_since),
        .counted = drain->counted,
        .remaining = drain->remaining,
    };
    return drain_judge(drain->limits, &facts);
}

// Waits for a signal, but not for long. True when one came.
static bool
pause_ms(int ms)
{
    return poll(&(struct pollfd){.fd = signals_fd(), .events = POLLIN}, 1, ms) > 0;
}

// While the lanes are ending, the bar and their last log lines are still to be seen.
static bool
tick(void *drain)
{
    draw_when_due(drain);
    return false;
}

// Relays until it ends; *ret_ended is false when lanes are left behind.
static enum drain_ending
relay_rows(struct drain *drain, struct figures *ret_figures, bool *ret_ended)
{
    const struct settings *settings = drain->settings;
    const struct relay_goal goal = {
        .wait_for_slot = true,
        .until = drain->until,
        .max_messages = (uint64_t)drain->limits->max_messages,
        .rate = (uint64_t)drain->limits->rate,
    };
    enum drain_ending ending;

    drain->standing_by = drain->excused_until = drain->relaying;
    drain->relay = relay_start(&settings->relay, &settings->store, &settings->producer, &goal);
    while ((ending = turn(drain)) == DRAIN_GOES_ON)
        pause_ms(TICK_MS);
    *ret_ended = stop_relay(drain->relay, settings->relay.stop_timeout_ms, tick, drain);
    update_progress(drain, relay_stats(drain->relay));
    figures_take(relay_stats(drain->relay), ret_figures);
    if (*ret_ended)
        drain->blocked = relay_blocked(drain->relay, &drain->blocked_count);
    return ending;
}

// Connects and finds out where the end is, for as long as the limits allow.
static enum drain_ending
find_end(struct drain *drain, struct error *err)
{
    const struct drain_limits *limits = drain->limits;
    struct backoff backoff = {.initial_ms = RETRY_MS, .maximum_ms = RETRY_MAX_MS};
    struct drain_facts facts = {0};
    enum drain_ending ending;
    int64_t messages;

    for (;;) {
        if ((drain->report != NULL || report_open(&drain->settings->store, &drain->report, err)) &&
            report_end(drain->report, &drain->until, &messages, err)) {
            note_version(drain);
            drain->progress.total = messages;
            return messages == 0 ? DRAIN_GONE : DRAIN_GOES_ON;
        }
        report_close(drain->report);
        drain->report = NULL;
        if (exit_of_error(err) != EX_UNAVAILABLE)
            return DRAIN_UNAVAILABLE;
        const int wait_ms = backoff_next(&backoff);
        facts.elapsed_ms = facts.still_ms = ms_since(drain->started);
        facts.signalled = signals_take().terminate > 0;
        if ((ending = drain_judge(limits, &facts)) != DRAIN_GOES_ON)
            return ending;
        LOG(LOG_WARN, "drain_waiting", LOG_FAULT(err), LOG_INT("next_attempt_ms", wait_ms));
        screen_print(&drain->screen, NULL);
        pause_ms(wait_ms);
    }
}

// Who has a slot now is asked before our lanes want it: afterwards they might be the answer.
static void
log_start(struct drain *drain)
{
    struct slot_holder holder;
    struct error err;

    drain->slots = report_slots(drain->report);
    if (report_slot_holder(drain->report, &holder, &err))
        drain->holder_pid = holder.pid;
    else
        LOG(LOG_DEBUG, "drain_look_failed", LOG_FAULT(&err), LOG_STR("next", "going on"));
    LOG(LOG_INFO, "drain_started", LOG_STR("table", drain->settings->store.table),
        LOG_INT("version", drain->version), LOG_INT("messages", drain->progress.total));
}

// The closing table, by a last look at what is left.
static int
close_drain(struct drain *drain, enum drain_ending ending, const struct figures *figures)
{
    __attribute__((cleanup(text_free))) struct text out = {0};
    struct closing closing = {
        .ending = ending,
        .total = drain->limits->follow ? 0 : drain->progress.total,
        .elapsed_ms = ms_since(drain->started),
        .busy_ms = mono_diff_ns(drain->last_moved, drain->relaying) / 1000000,
        .now_us = wall_us(),
        .figures = *figures,
    };
    struct error err;
    closing.counted = ending == DRAIN_GONE || look(drain, true, &err);
    if (!closing.counted)
        LOG(LOG_WARN, "drain_look_failed", LOG_FAULT(&err),
            LOG_STR("next", "ending without a count"));
    closing.remaining = drain->remaining;
    closing.blocked = drain->blocked;
    closing.blocked_count = drain->blocked_count;
    closing.has_due_time = drain->version >= 2;
    if (closing.counted && drain->remaining.messages == 0)
        closing.ending = DRAIN_GONE;
    closing_append(&closing, &out);
    fputs(text_str(&out), stdout);
    return drain_exit_code(closing.ending, closing.counted ? drain->remaining.messages : -1);
}

int
drain(const struct settings *settings, const struct drain_limits *limits)
{
    struct drain drain = {.settings = settings, .limits = limits, .started = mono_now()};
    struct figures figures = {0};
    struct error err;
    bool ended = true;
    int code;

    if (!signals_start(&err)) {
        exit_with_error("drain", &err);
        return EX_SOFTWARE;
    }
    screen_open(&drain.screen);
    if (drain.screen.on && !settings_given(settings, "log.level")) // the bar says the rest
        log_configure(LOG_WARN, settings->log_format);
    enum drain_ending ending = find_end(&drain, &err);
    drain.relaying = drain.last_moved = mono_now();
    if (limits->follow) // the end was only needed to know how much there is at first
        drain.until = 0;
    if (ending == DRAIN_GOES_ON) {
        log_start(&drain);
        ending = relay_rows(&drain, &figures, &ended);
    }
    run_log_suppressed(true);
    screen_close(&drain.screen);
    if (ending != DRAIN_GONE && drain.relay == NULL) { // it was never found out what there is to do
        code = exit_with_error("drain", &err);
        code = ending == DRAIN_UNAVAILABLE ? code : drain_exit_code(ending, -1);
    } else {
        code = close_drain(&drain, ending, &figures);
    }
    report_close(drain.report);
    free(drain.blocked);
    if (!ended)
        stop_abandon(code);
    relay_free(drain.relay);
    signals_stop();
    return code;
}
