// SPDX-License-Identifier: Apache-2.0
//
// What the service manager hears of a running relay.
//
// The watchdog is fed by the main thread on behalf of the lanes, while each of them turns. Only a
// lane that hangs in a call starves it: an outage is waited out, and restarting would not end it.
#include "supervise.h"

#include "format.h"

#include "outrider/base/notify.h"
#include "outrider/base/safe.h"

#include <inttypes.h>

enum {
    STATUS_MS = 1000,
    LEAVING_MS = 4000, // what an end takes beyond stop_timeout: src/cli/stop.c, and some air
    US_NS = 1000,
    MS_US = 1000,
};

void
supervise_start(struct supervision *supervision)
{
    *supervision = (struct supervision){.beat_ms = notify_watchdog_ms() / 2};
}

void
supervise_end(struct supervision *supervision)
{
    text_free(&supervision->status);
}

void
supervise_ready(void)
{
    notify_send("READY=1");
}

// The time tells this reload's READY=1 from one that was under way already (sd_notify(3)).
void
supervise_reloading(void)
{
    __attribute__((cleanup(text_free))) struct text state = {0};
    text_appendf(&state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, mono_now().ns / US_NS);
    notify_send(text_str(&state));
}

void
supervise_stopping(int stop_timeout_ms)
{
    __attribute__((cleanup(text_free))) struct text state = {0};
    text_appendf(&state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64,
                 ((int64_t)stop_timeout_ms + LEAVING_MS) * MS_US);
    notify_send(text_str(&state));
}

void
supervise_beat(struct supervision *supervision, const struct health *health)
{
    if (supervision->beat_ms == 0 || !mono_passed(supervision->next_beat))
        return;
    supervision->next_beat = mono_add_ms(mono_now(), supervision->beat_ms);
    if (health->worst != LANE_STUCK)
        notify_send("WATCHDOG=1");
}

int
supervise_wait_ms(const struct supervision *supervision)
{
    if (supervision->beat_ms == 0)
        return STATUS_MS;
    const int until_beat = mono_ms_until(supervision->next_beat);
    return until_beat < STATUS_MS ? until_beat : STATUS_MS;
}

static const struct {
    const char *event, *words;
} troubles[] = {
    {"kafka_unavailable", "waiting for Kafka"},
    {"postgres_unavailable", "waiting for PostgreSQL"},
    {"window_failed", "trying again"},
    {"slot_taken", "kept from sending"},
};

// The last failure of a lane. Line breaks would begin another variable of the protocol.
static void
append_trouble(struct text *out, const struct lane_trouble *trouble)
{
    const char *words = "waiting";
    for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
        if (str_equal(troubles[i].event, trouble->event))
            words = troubles[i].words;
    text_appendf(out, "%s: ", words);
    safe_append(out, trouble->error.text);
}

static void
append_work(struct text *out, int64_t published, double rate)
{
    if (rate >= 1) {
        text_append(out, "relaying, ");
        format_count(out, (int64_t)rate);
        text_append(out, " msg/s, ");
    } else {
        text_append(out, "idle, ");
    }
    format_count(out, published);
    text_append(out, " published");
}

static void
append_rest(struct text *out, int64_t published)
{
    text_append(out, "paused, SIGUSR2 lets it go on, ");
    format_count(out, published);
    text_append(out, " published");
}

// How many topics cannot be written, and the first few.
static void
append_blocked(struct text *out, const struct relay *relay)
{
    const char *names[TOPIC_INDEX_SIZE];
    size_t count = 0;
    for (size_t i = 0; i < TOPIC_INDEX_SIZE; i++)
        if (relay_topic_blocked(relay, i))
            names[count++] = topic_index_name(i);
    if (count == 0)
        return;
    text_appendf(out, "; %zu topic%s blocked: ", count, count > 1 ? "s" : "");
    format_names(out, names, count);
}

// One lane that works says more than others that wait, a standby more than one that cannot.
void
supervise_append_status(struct text *out, const struct relay *relay, const struct health *health,
                        int64_t published, double rate)
{
    struct lane_trouble trouble, taken_by;
    bool works = false, rests = false, stands_by = false, starts = false;
    bool troubled = false, taken = false;
    for (size_t i = 0; i < relay_lanes(relay); i++) {
        const struct lane_view view = relay_lane(relay, i);
        works |= view.active;
        rests |= view.phase == LANE_PAUSED;
        stands_by |= view.standby;
        starts |= view.connected && !view.standby;
        troubled = troubled || relay_lane_trouble(relay, i, &trouble);
        taken = taken || relay_lane_taken(relay, i, &taken_by);
    }
    if (health->worst == LANE_STUCK)
        text_appendf(out, "stuck: lane %zu in %s", health->lane,
                     lane_phase_name(relay_lane(relay, health->lane).phase));
    else if (works)
        append_work(out, published, rate);
    else if (rests)
        append_rest(out, published);
    else if (taken)
        append_trouble(out, &taken_by);
    else if (stands_by && !starts)
        text_append(out, "standby: another relay is active");
    else if (troubled)
        append_trouble(out, &trouble);
    else if (starts)
        text_append(out, "starting: the first window is under way");
    else
        text_append(out, "connecting");
    append_blocked(out, relay);
}

void
supervise_status(struct supervision *supervision, const struct relay *relay,
                 const struct health *health, int64_t published)
{
    __attribute__((cleanup(text_free))) struct text state = {0};
    const size_t prefix = sizeof "STATUS=" - 1;
    meter_add(&supervision->meter, mono_now(), published);
    if (!mono_passed(supervision->next_status))
        return;
    text_append(&state, "STATUS=");
    supervise_append_status(&state, relay, health, published, meter_rate(&supervision->meter));
    if (str_equal(text_str(&state) + prefix, text_str(&supervision->status)))
        return;
    supervision->next_status = mono_add_ms(mono_now(), STATUS_MS);
    text_clear(&supervision->status);
    text_append(&supervision->status, text_str(&state) + prefix);
    notify_send(text_str(&state));
}
