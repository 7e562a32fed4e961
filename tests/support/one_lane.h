// SPDX-License-Identifier: Apache-2.0
//
// One lane without its thread, between the fake store and the fake producer: a test runs its
// windows one by one and looks inside. Batches of two rows, ordering: key, three attempts.
#ifndef OUTRIDER_TESTS_SUPPORT_ONE_LANE_H
#define OUTRIDER_TESTS_SUPPORT_ONE_LANE_H

#include "src/relay/window.h"

struct one_lane {
    struct relay_settings settings;
    struct store_settings store_settings;
    struct producer_settings producer_settings;
    struct shared shared;
    struct lane lane;
    struct error err; // of the last window that failed
    int log;          // the file that log lines go to
};

extern struct one_lane one;

// Settings and empty fakes only, for a relay with threads of its own.
void one_prepare(int version);
// And a lane of that table version, connected.
void one_setup(int version);
void one_teardown(void);

// Connects again what a failed window closed.
void one_connect(void);

// One window; its journal begins anew.
enum window_end one_window(void);

// A window that must end so; the journal must read so.
#define ONE_WINDOW(end, expected)                                                                  \
    do {                                                                                           \
        ck_assert_int_eq(one_window(), (end));                                                     \
        ck_assert_str_eq(journal(), (expected));                                                   \
    } while (0)

// Ends every hold that lasts for a time.
void one_let_holds_pass(void);

// Waits for a condition that another thread will make true.
#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        struct mono give_up = mono_add_ms(mono_now(), 20000);                                      \
        while (!(condition)) {                                                                     \
            ck_assert_msg(!mono_passed(give_up), "not in time: %s", #condition);                   \
            mono_sleep_ms(1);                                                                      \
        }                                                                                          \
    } while (0)

// How many log lines hold this text.
int one_logged(const char *text);

#endif
