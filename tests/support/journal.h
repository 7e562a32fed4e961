// SPDX-License-Identifier: Apache-2.0
//
// What the fakes were asked to do, word by word, in the order in which it happened.
#ifndef OUTRIDER_TESTS_SUPPORT_JOURNAL_H
#define OUTRIDER_TESTS_SUPPORT_JOURNAL_H

void journal_clear(void);

// Adds a word; several threads may.
void journal_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

// All words so far with one space between them. Borrowed until the next call; one thread asks.
const char *journal(void);

// How many words begin with this.
int journal_count(const char *prefix);

#endif
