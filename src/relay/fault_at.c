// SPDX-License-Identifier: Apache-2.0
// The fault tests' only hook: OUTRIDER_FAULT_AT=<phase>:<n>:<KILL|STOP> makes the process send
// itself that signal when its lanes, counted together, enter that phase for the n-th time.
//
// A test cannot hit a phase of some microseconds from outside. Whatever else the fault tests do is
// done to the program from outside. Nobody sets the variable in earnest, and unset it costs one
// comparison a phase. It is read before main, so that no layer has to hand it down.
#include "fault_at.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define VARIABLE "OUTRIDER_FAULT_AT"

struct fault_point *fault_at;

static bool
parse_phase(const char *text, size_t len, enum lane_phase *ret_phase)
{
    for (enum lane_phase phase = LANE_CONNECT; phase <= LANE_ENDED; phase++) {
        const char *name = lane_phase_name(phase);
        if (strlen(name) == len && memcmp(name, text, len) == 0) {
            *ret_phase = phase;
            return true;
        }
    }
    return false;
}

static int
parse_signal(const char *text)
{
    if (strcmp(text, "KILL") == 0)
        return SIGKILL;
    return strcmp(text, "STOP") == 0 ? SIGSTOP : 0;
}

bool
fault_point_parse(const char *text, struct fault_point *ret_point)
{
    enum lane_phase phase;
    size_t len = strcspn(text, ":");

    if (text[len] != ':' || !parse_phase(text, len, &phase))
        return false;
    const char *number = text + len + 1;
    char *end;
    long left = strtol(number, &end, 10);
    if (end == number || *end != ':' || left < 1)
        return false;
    int signal = parse_signal(end + 1);
    if (signal == 0)
        return false;
    ret_point->phase = phase;
    ret_point->signal = signal;
    atomic_init(&ret_point->left, left);
    return true;
}

void
fault_point_enter(struct fault_point *point, enum lane_phase phase)
{
    if (phase == point->phase && atomic_fetch_sub(&point->left, 1) == 1)
        raise(point->signal);
}

// A test that misspells its fault must not pass without one.
__attribute__((constructor)) static void
read_environment(void)
{
    static struct fault_point point;
    const char *text = getenv(VARIABLE);

    if (!text)
        return;
    if (!fault_point_parse(text, &point)) {
        fputs(VARIABLE ": not <phase>:<n>:<KILL|STOP>\n", stderr);
        exit(EX_USAGE);
    }
    fault_at = &point;
}
