// SPDX-License-Identifier: Apache-2.0
// A report's session, and its statements over many rows. Private to the store.
#ifndef OUTRIDER_STORE_REPORT_PRIVATE_H
#define OUTRIDER_STORE_REPORT_PRIVATE_H

#include "outrider/store/report.h"
#include "unreadable.h"
#include "visit.h"

enum { REPORT_COUNT_MS = 600000 }; // a full count of a large table

struct report {
    struct visit visit;
    int count_timeout_ms;         // for reports that stop at a limit
    bool keeps_order;             // a row may hold back others
    const char *application_name; // borrowed from the settings
    struct unreadable unreadable; // rows that were found so; counted, and nothing else of them
};

// A statement for the table as it is. topic: whose expression is {topic}, where the statement has
// one; NULL: it has none. Caller frees.
char *report_expand(const struct report *report, const char *sql, const struct template *topic);

// A statement over many rows, which a row that cannot be read does not make fail.
bool report_ask(struct report *report, const char *statement, const struct template *topic,
                const char *const *params, size_t param_count, int timeout_ms,
                struct session_result **ret_result, struct error *err) MUST_CHECK;

#endif
