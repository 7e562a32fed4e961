// SPDX-License-Identifier: Apache-2.0
// A drain: what limits it, and when and why it ends.
#ifndef OUTRIDER_CLI_DRAIN_H
#define OUTRIDER_CLI_DRAIN_H

#include "outrider/store/report.h"

#include <stdbool.h>
#include <stdint.h>

struct settings;

struct drain_limits {
    bool follow;          // later rows too
    int64_t max_messages; // 0: no limit, like the next two
    int64_t max_ms;
    int64_t rate;
    int64_t give_up_ms;
};

enum drain_ending {
    DRAIN_GOES_ON,
    DRAIN_GONE,         // nothing is left
    DRAIN_MAX_MESSAGES, // the limits
    DRAIN_MAX_SECONDS,
    DRAIN_SIGNAL,
    DRAIN_STANDSTILL,  // the servers are there, and yet nothing moved for give_up_ms
    DRAIN_UNAVAILABLE, // a server was away for give_up_ms
};

// What the main thread sees when it looks.
struct drain_facts {
    int64_t published;
    bool reachable; // some lane is connected to both servers
    bool claiming;  // some lane waits for PostgreSQL's rows, and statement_timeout ends that
    bool signalled;
    int64_t elapsed_ms;
    int64_t
        still_ms; // since something moved; rows that wait for their next attempt are no standstill
    bool counted; // `remaining` was read just now
    struct remaining remaining;
};

enum drain_ending drain_judge(const struct drain_limits *limits, const struct drain_facts *facts);

// remaining: rows that are left, -1 when nobody could count them.
int drain_exit_code(enum drain_ending ending, int64_t remaining);

// Why it ended, for people; NULL for DRAIN_GONE.
const char *drain_ending_text(enum drain_ending ending);

// Publishes; the closing table goes to stdout. Returns the exit code.
int drain(const struct settings *settings, const struct drain_limits *limits);

#endif
