// SPDX-License-Identifier: Apache-2.0
//
// The sampler: looks at once, keeps one session while it is good, says a failure once, and holds no
// end up.
// links: base src/monitor/sampler.c src/monitor/sample.c src/relay/stats.c
#include "src/monitor/sampler.h"

#include "outrider/base/xalloc.h"
#include "tests/support/unit.h"

#include <stdlib.h>
#include <string.h>

// What the table's side does, and what the monitor's side got.
static struct {
    atomic_bool hangs, heeds_stop; // report_open_until; its end
    atomic_bool entered, left;     // also
    atomic_bool fails;             // report_backlog
    atomic_int opened, closed, reasons_asked;
    int64_t dead;
    atomic_int samples, failures;
    struct sample *sample;
    struct store_settings store;
} fake;

struct report {
    int version;
};

bool
report_open_until(const struct store_settings *settings, const atomic_bool *abort,
                  struct report **ret_report, struct error *err)
{
    fake.store = *settings;
    atomic_store(&fake.entered, true);
    while (atomic_load(&fake.hangs) && !(atomic_load(&fake.heeds_stop) && atomic_load(abort)))
        mono_sleep_ms(1);
    atomic_store(&fake.left, true);
    if (atomic_load(abort))
        return error_set(err, FAULT_CLUSTER, "ABORTED", "stopped");
    fake.opened++;
    *ret_report = xcalloc(1, sizeof **ret_report);
    (*ret_report)->version = 2;
    return true;
}

void
report_close(struct report *report)
{
    fake.closed += report != NULL;
    free(report);
}

int
report_version(const struct report *report)
{
    return report->version;
}

bool
report_backlog(struct report *report, const struct template *topic, int64_t limit,
               struct backlog *ret_backlog, struct error *err)
{
    (void)report, (void)topic;
    ck_assert_int_eq(limit, SAMPLE_ROWS);
    if (atomic_load(&fake.fails))
        return error_set(err, FAULT_CLUSTER, "57014", "canceling statement");
    *ret_backlog = (struct backlog){.messages = 7, .dead = fake.dead};
    return true;
}

bool
report_dead_reasons(struct report *report, const struct template *topic, int64_t limit, int most,
                    struct dead_reasons *ret_reasons, struct error *err)
{
    (void)report, (void)topic, (void)limit, (void)most, (void)err;
    fake.reasons_asked++;
    *ret_reasons = (struct dead_reasons){0};
    return true;
}

bool
report_fellows(struct report *report, const char *own_pids, struct fellows *ret_fellows,
               struct error *err)
{
    (void)report, (void)err;
    ck_assert_str_eq(own_pids, "{1,2}");
    *ret_fellows = (struct fellows){0};
    return true;
}

void
backlog_free(struct backlog *backlog)
{
    free(backlog->topics);
}

void
dead_reasons_free(struct dead_reasons *reasons)
{
    free(reasons->list);
}

void
fellows_free(struct fellows *fellows)
{
    free(fellows->list);
}

void
state_stats(struct state *state, struct stats *ret_stats)
{
    (void)state;
    *ret_stats = (struct stats){0};
}

void
state_append_pids(struct state *state, struct text *out)
{
    (void)state;
    text_append(out, "{1,2}");
}

bool
state_connected(struct state *state)
{
    (void)state;
    return true;
}

void
state_put_sample(struct state *state, struct sample *sample)
{
    (void)state;
    sample_drop(fake.sample);
    fake.sample = sample;
    fake.samples++;
}

void
state_put_failure(struct state *state, const struct error *err)
{
    (void)state;
    ck_assert_str_eq(err->code, "57014");
    fake.failures++;
}

void
state_put_point(struct state *state, const struct point *point)
{
    (void)state, (void)point;
}

#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        const struct mono deadline = mono_add_ms(mono_now(), 10000);                               \
        while (!(condition)) {                                                                     \
            ck_assert_msg(!mono_passed(deadline), "%s", #condition);                               \
            mono_sleep_ms(1);                                                                      \
        }                                                                                          \
    } while (0)

static const struct settings settings = {
    .store = {.statement_timeout_ms = 20000, .connect_timeout_ms = 5000, .dsn = "host=x"}};

START_TEST(test_it_looks_at_once_as_a_guest)
{
    struct sampler *sampler = sampler_start(&settings, NULL);
    WAIT_FOR(fake.samples == 1);
    ck_assert(sampler_stop(sampler));
    ck_assert_int_eq(fake.opened, 1);
    ck_assert_int_eq(fake.closed, 1);
    ck_assert_int_eq(fake.reasons_asked, 0);
    ck_assert_int_eq(fake.sample->backlog.messages, 7);
    ck_assert_int_eq(fake.sample->version, 2);
    ck_assert_int_eq(fake.store.statement_timeout_ms, 5000);
    ck_assert(fake.store.standby_will_do);
    sample_drop(fake.sample);
}
END_TEST

START_TEST(test_reasons_are_asked_for_when_there_are_dead)
{
    fake.dead = 3;
    struct sampler *sampler = sampler_start(&settings, NULL);
    WAIT_FOR(fake.samples == 1);
    ck_assert(sampler_stop(sampler));
    ck_assert_int_eq(fake.reasons_asked, 1);
    sample_drop(fake.sample);
}
END_TEST

START_TEST(test_a_failure_closes_the_session)
{
    atomic_store(&fake.fails, true);
    struct sampler *sampler = sampler_start(&settings, NULL);
    WAIT_FOR(fake.failures == 1);
    WAIT_FOR(fake.closed == 1);
    ck_assert(sampler_stop(sampler));
    ck_assert_int_eq(fake.samples, 0);
}
END_TEST

START_TEST(test_a_stop_ends_what_it_waits_for)
{
    atomic_store(&fake.hangs, true);
    atomic_store(&fake.heeds_stop, true);
    struct sampler *sampler = sampler_start(&settings, NULL);
    WAIT_FOR(atomic_load(&fake.entered));
    ck_assert(sampler_stop(sampler));
    ck_assert_int_eq(fake.samples + fake.failures, 0);
}
END_TEST

// The resolver has no end of ours: nobody waits for it for long, and what it brings is dropped. The
// sampler is its thread's until the process ends, which is no leak.
START_TEST(test_what_hangs_is_left_alone)
{
    static struct sampler *sampler;
    atomic_store(&fake.hangs, true);
    sampler = sampler_start(&settings, NULL);
    WAIT_FOR(atomic_load(&fake.entered));
    ck_assert(!sampler_stop(sampler));
    atomic_store(&fake.hangs, false);
    WAIT_FOR(atomic_load(&fake.left));
    ck_assert_int_eq(fake.samples + fake.failures, 0);
}
END_TEST

START_TEST(test_none_stops_well)
{
    ck_assert(sampler_stop(NULL));
}
END_TEST

int
main(void)
{
    return RUN_TESTS("sampler", test_it_looks_at_once_as_a_guest,
                     test_reasons_are_asked_for_when_there_are_dead,
                     test_a_failure_closes_the_session, test_a_stop_ends_what_it_waits_for,
                     test_what_hangs_is_left_alone, test_none_stops_well);
}
