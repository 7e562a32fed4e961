// SPDX-License-Identifier: Apache-2.0
//
// A pause is told when the lanes rest, and again when it may have been forgotten.
// links: base src/relay/phase.c src/cli/pause.c tests/support/fake_relay.c
#include "src/cli/pause.h"

#include "outrider/base/log.h"
#include "tests/support/fake_relay.h"
#include "tests/support/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct signals usr1 = {.pause = true}, usr2 = {.resume = true},
                            both = {.pause = true, .resume = true}, none = {0};
static struct pause state;
static struct fake_moment now;
static int log_fd;

static void
prepare(void)
{
    log_fd = memfd_create("log", MFD_CLOEXEC);
    ck_assert_int_ge(log_fd, 0);
    log_set_fd(log_fd);
    now = (struct fake_moment){.phase = LANE_SETTLE};
    fake = (struct fake){.moments = &now, .moment_count = 1};
    state = (struct pause){0};
}

// What was logged since the last call.
static const char *
logged(void)
{
    static char text[2048];
    ssize_t size = pread(log_fd, text, sizeof text - 1, 0);
    ck_assert_int_ge(size, 0);
    text[size] = '\0';
    ck_assert_int_eq(ftruncate(log_fd, 0), 0);
    ck_assert_int_eq(lseek(log_fd, 0, SEEK_SET), 0);
    return text;
}

static void
watch_and_hear(const char *expected)
{
    pause_watch(&state, NULL);
    const char *text = logged();
    if (expected == NULL)
        ck_assert_str_eq(text, "");
    else
        ck_assert_ptr_nonnull(strstr(text, expected));
}

START_TEST(test_told_when_all_rest)
{
    prepare();
    watch_and_hear(NULL);
    ck_assert(pause_obey(&state, NULL, &usr1) && fake.paused);
    ck_assert_ptr_nonnull(strstr(logged(), "level=info event=relay_pausing"));
    watch_and_hear(NULL);
    now.phase = LANE_PAUSED;
    watch_and_hear("level=info event=relay_paused");
    watch_and_hear(NULL);
    ck_assert(pause_obey(&state, NULL, &usr2) && !fake.paused);
    ck_assert_ptr_nonnull(strstr(logged(), "event=relay_resumed"));
    watch_and_hear(NULL);
}
END_TEST

START_TEST(test_told_again)
{
    prepare();
    ck_assert(pause_obey(&state, NULL, &usr1));
    now.phase = LANE_PAUSED;
    watch_and_hear("relay_paused");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_gt(mono_ms_until(state.remind_at), 590000);
        state.remind_at = (struct mono){0};
        watch_and_hear("level=warn event=relay_paused");
        watch_and_hear(NULL);
    }
}
END_TEST

START_TEST(test_what_changes_nothing_is_not_told)
{
    prepare();
    ck_assert(!pause_obey(&state, NULL, &none) && !pause_obey(&state, NULL, &usr2));
    ck_assert(!pause_obey(&state, NULL, &both));
    ck_assert(pause_obey(&state, NULL, &usr1));
    logged();
    ck_assert(!pause_obey(&state, NULL, &usr1) && !pause_obey(&state, NULL, &none));
    ck_assert(fake.paused);
    ck_assert_str_eq(logged(), "");
    ck_assert(pause_obey(&state, NULL, &both) && !fake.paused);
}
END_TEST

int
main(void)
{
    return RUN_TESTS("pause", test_told_when_all_rest, test_told_again,
                     test_what_changes_nothing_is_not_told);
}
