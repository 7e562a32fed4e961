// SPDX-License-Identifier: Apache-2.0
//
// The fakes' journal: one text behind a lock.
#include "tests/support/journal.h"

#include "outrider/base/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct text words, shown;

void
journal_clear(void)
{
    pthread_mutex_lock(&lock);
    text_free(&words);
    text_free(&shown);
    pthread_mutex_unlock(&lock);
}

void
journal_add(const char *fmt, ...)
{
    char word[64];
    va_list args;
    va_start(args, fmt);
    vsnprintf(word, sizeof word, fmt, args);
    va_end(args);
    pthread_mutex_lock(&lock);
    text_appendf(&words, words.len > 0 ? " %s" : "%s", word);
    pthread_mutex_unlock(&lock);
}

const char *
journal(void)
{
    pthread_mutex_lock(&lock);
    text_clear(&shown);
    text_append(&shown, text_str(&words));
    pthread_mutex_unlock(&lock);
    return text_str(&shown);
}

int
journal_count(const char *prefix)
{
    int count = 0;
    pthread_mutex_lock(&lock);
    for (const char *word = text_str(&words); *word;) {
        count += str_starts_with(word, prefix);
        word += strcspn(word, " ");
        word += *word == ' ';
    }
    pthread_mutex_unlock(&lock);
    return count;
}
