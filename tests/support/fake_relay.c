// SPDX-License-Identifier: Apache-2.0
//
// A relay and a report out of a test's script; see the header.
#include "tests/support/fake_relay.h"

#include "outrider/base/xalloc.h"

#include <stdlib.h>

struct fake fake;

struct relay {
    struct stats stats;
    size_t moment;
};

struct report {
    int version;
};

static struct relay the_relay;

static const struct fake_moment *
moment(void)
{
    return &fake.moments[the_relay.moment];
}

static void
show(void)
{
    the_relay.stats.published = moment()->published;
    the_relay.stats.claimed = moment()->claimed;
    the_relay.stats.failed_attempts = moment()->failed_attempts;
    the_relay.stats.dead = moment()->dead;
}

struct relay *
relay_start(const struct relay_settings *settings, const struct store_settings *store,
            const struct producer_settings *producer, const struct relay_goal *goal)
{
    (void)settings, (void)store, (void)producer;
    fake.goal = *goal;
    fake.started = true;
    show();
    return &the_relay;
}

const char **
relay_blocked(const struct relay *relay, size_t *ret_count)
{
    (void)relay;
    *ret_count = 0;
    return NULL;
}

bool
relay_topic_blocked(const struct relay *relay, size_t topic)
{
    (void)relay;
    return topic < TOPIC_INDEX_SIZE && fake.blocked[topic];
}

void
relay_stop(struct relay *relay, bool now)
{
    (void)relay, (void)now;
    fake.stopped = true;
}

void
relay_pause(struct relay *relay, bool paused)
{
    (void)relay;
    fake.paused = paused;
}

bool
relay_wait(struct relay *relay, int timeout_ms)
{
    (void)relay, (void)timeout_ms;
    return fake.stopped;
}

void
relay_free(struct relay *relay)
{
    (void)relay;
}

const struct stats *
relay_stats(const struct relay *relay)
{
    if (the_relay.moment + 1 < fake.moment_count && !fake.stopped)
        the_relay.moment++;
    show();
    return &relay->stats;
}

size_t
relay_lanes(const struct relay *relay)
{
    (void)relay;
    return 1;
}

struct lane_view
relay_lane(const struct relay *relay, size_t lane)
{
    (void)relay, (void)lane;
    const struct mono then = {mono_now().ns - moment()->still_ms * 1000000};
    return (struct lane_view){.phase = moment()->phase,
                              .since = then,
                              .last_progress = then,
                              .connected = moment()->connected,
                              .active = moment()->active,
                              .standby = moment()->standby};
}

bool
relay_lane_taken(const struct relay *relay, size_t lane, struct lane_trouble *ret_trouble)
{
    (void)relay, (void)lane;
    *ret_trouble = (struct lane_trouble){.event = "slot_taken", .error = fake.taken_by};
    return fake.taken_by.text[0] != '\0';
}

bool
relay_lane_trouble(const struct relay *relay, size_t lane, struct lane_trouble *ret_trouble)
{
    (void)relay, (void)lane;
    if (moment()->trouble == NULL)
        return false;
    *ret_trouble = *moment()->trouble;
    return true;
}

static const struct fake_count *
the_count(void)
{
    return &fake.counts[fake.counted < fake.count_count ? fake.counted : fake.count_count - 1];
}

bool
report_open(const struct store_settings *settings, struct report **ret_report, struct error *err)
{
    (void)settings;
    if (the_count()->error != NULL) {
        const char *code = the_count()->error;
        fake.counted++;
        return error_set(err, FAULT_CLUSTER, code, "scripted");
    }
    *ret_report = xcalloc(1, sizeof **ret_report);
    (*ret_report)->version = the_count()->version;
    return true;
}

void
report_close(struct report *report)
{
    free(report);
}

int
report_version(const struct report *report)
{
    return report->version;
}

int
report_slots(const struct report *report)
{
    (void)report;
    return fake.slots > 0 ? fake.slots : 1;
}

bool
report_end(struct report *report, int64_t *ret_until, int64_t *ret_messages, struct error *err)
{
    (void)report, (void)err;
    *ret_until = fake.end_until;
    *ret_messages = fake.end_messages;
    return true;
}

bool
report_count(struct report *report, int64_t until, struct remaining *ret_remaining,
             struct error *err)
{
    const struct fake_count *count = the_count();
    fake.until = until;
    fake.counted++;
    if (count->error != NULL)
        return error_set(err, FAULT_CLUSTER, count->error, "scripted");
    report->version = count->version;
    *ret_remaining = count->remaining;
    return true;
}

bool
report_remaining(struct report *report, int64_t until, const struct template *topic,
                 const char *const *blocked, size_t blocked_count, struct remaining *ret_remaining,
                 struct error *err)
{
    (void)topic, (void)blocked, (void)blocked_count;
    fake.reasons_asked = true;
    return report_count(report, until, ret_remaining, err);
}

bool
report_slot_holder(struct report *report, struct slot_holder *ret_holder, struct error *err)
{
    (void)report, (void)err;
    *ret_holder = fake.holder;
    return true;
}
