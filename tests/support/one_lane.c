// SPDX-License-Identifier: Apache-2.0
//
// One lane without its thread; see the header.
#include "tests/support/one_lane.h"

#include "outrider/base/log.h"
#include "tests/support/fake_producer.h"
#include "tests/support/fake_store.h"
#include "tests/support/journal.h"

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct one_lane one;

static char *allow_all[] = {(char[]){"*"}};

static void
fill_settings(void)
{
    one.settings = (struct relay_settings){
        .envelope = {.topics_allow = allow_all,
                     .topics_allow_count = 1,
                     .key = COLUMN_AGGREGATE_ID},
        .lanes = 1,
        .batch_size = 2,
        .batch_bytes = 4 << 20,
        .window_deadline_ms = 20000,
        .poll_min_ms = 1,
        .poll_max_ms = 8,
        .max_retries = 3,
        .retry_backoff_ms = 1000,
        .retry_backoff_max_ms = 60000,
        .topic_retry_ms = 20,
        .stop_timeout_ms = 8000,
    };
    ck_assert(template_parse("${event_type}", &one.settings.envelope.topic, &one.err));
    one.store_settings = (struct store_settings){.ordering = ORDERING_KEY, .max_retries = 3};
}

void
one_prepare(int version)
{
    memset(&one, 0, sizeof one);
    one.log = memfd_create("log", MFD_CLOEXEC);
    // Without it, threads that write at once may write to one place.
    ck_assert_int_eq(fcntl(one.log, F_SETFL, O_APPEND), 0);
    log_set_fd(one.log);
    fake_producer_reset();
    fake_store_reset(version);
    fill_settings();
}

void
one_setup(int version)
{
    one_prepare(version);
    one.shared.settings = &one.settings;
    one.shared.store_settings = &one.store_settings;
    one.shared.producer_settings = &one.producer_settings;
    one.lane.shared = &one.shared;
    one.lane.until = INT64_MAX;
    one.lane.mean_bytes = 1;
    slots_prepare(&one.lane.slots, 1, 0, one.settings.topic_retry_ms);
    one.lane.slot = one.lane.slots.list;
    one_connect();
}

void
one_connect(void)
{
    struct lane *lane = &one.lane;
    if (!lane->producer)
        ck_assert(producer_open(&one.producer_settings, &lane->producer, &one.err));
    if (!lane->store)
        ck_assert(store_open(&one.store_settings, NULL, &lane->store, &one.err));
}

void
one_teardown(void)
{
    store_close(one.lane.store);
    producer_close(one.lane.producer);
    slots_free(&one.lane.slots);
    doubts_free(&one.lane.doubts);
    template_free(&one.settings.envelope.topic);
    log_set_fd(2);
    close(one.log);
    journal_clear();
}

enum window_end
one_window(void)
{
    journal_clear();
    return window_run(&one.lane, &one.err);
}

void
one_let_holds_pass(void)
{
    for (size_t i = 0; i < one.lane.slot->holds.count; i++)
        one.lane.slot->holds.list[i].until = (struct mono){0};
}

int
one_logged(const char *text)
{
    static char lines[1 << 20];
    ssize_t size = pread(one.log, lines, sizeof lines - 1, 0);
    ck_assert_int_ge(size, 0);
    lines[size] = '\0';
    int count = 0;
    for (const char *p = strstr(lines, text); p; p = strstr(p + 1, text))
        count++;
    return count;
}
