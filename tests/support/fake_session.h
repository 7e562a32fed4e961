// SPDX-License-Identifier: Apache-2.0
// A session without a server: answers by a script, and remembers what it was asked.
#ifndef OUTRIDER_TESTS_SUPPORT_FAKE_SESSION_H
#define OUTRIDER_TESTS_SUPPORT_FAKE_SESSION_H

#include <stddef.h>

enum { FAKE_COLUMNS = 20 };

// For statements that hold `like`. The first that fits and has `times` left answers; when none
// does, the statement succeeds with no row and touches one.
struct fake_answer {
    const char *like;
    int times;                        // -1: always
    const char *code;                 // NULL: success, else the statement fails with this SQLSTATE
    const char *values[FAKE_COLUMNS]; // one row; NULL after the last is SQL NULL
    size_t columns;                   // 0: no row
    size_t affected;
};

// Borrows the script, whose `times` are counted down.
void fake_session_script(struct fake_answer *answers, size_t count);

// The statements so far, each once, in order.
size_t fake_session_count(void);
const char *fake_session_statement(size_t i);

// How many of them hold a text, or with "=text" are it; where the first one at or after `from`
// does, or SIZE_MAX.
size_t fake_session_count_like(const char *like);
size_t fake_session_find(const char *like, size_t from);

#endif
