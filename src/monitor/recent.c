// SPDX-License-Identifier: Apache-2.0
// The last warnings and errors.
//
// Lines that differ only in what they count are one entry, so that a thousand failed messages do
// not push out the one line that says why. Whoever logs holds the lock for the copy of one line,
// which is less than writing it takes.
#include "recent.h"

#include "outrider/base/clock.h"
#include "outrider/base/safe.h"
#include "outrider/base/text.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct recent entries[RECENT_MAX]; // the newest first
static size_t entry_count;

// "" when there is none.
static const char *
find_text(const struct log_field *fields, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].kind == LOG_KIND_STR && str_equal(fields[i].key, key))
            return fields[i].value.str == NULL ? "" : fields[i].value.str;
    return "";
}

// All fields but what happens next, which the page's reader sees for himself.
static void
join(struct text *out, const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!str_equal(fields[i].key, "next"))
            log_append_field(out, &fields[i]);
}

static void
describe(struct recent *recent, const struct log_field *fields, size_t n)
{
    __attribute__((cleanup(text_free))) struct text joined = {0};
    const char *error = find_text(fields, n, "error");

    if (*error == '\0')
        join(&joined, fields, n);
    safe_copy(recent->text, sizeof recent->text, *error != '\0' ? error : text_str(&joined));
}

static bool
same(const struct recent *a, const struct recent *b)
{
    return str_equal(a->event, b->event) && str_equal(a->code, b->code) &&
           str_equal(a->topic, b->topic);
}

// Puts it first, in the place of the same one, or of the oldest.
static void
put_first(struct recent *recent)
{
    size_t place = 0;

    while (place < entry_count && !same(&entries[place], recent))
        place++;
    if (place < entry_count) {
        recent->first_us = entries[place].first_us;
        recent->count += entries[place].count;
    } else if (entry_count < RECENT_MAX) {
        entry_count++;
    } else {
        place = RECENT_MAX - 1;
    }
    memmove(entries + 1, entries, place * sizeof *entries);
    entries[0] = *recent;
}

void
recent_observe(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    struct recent recent = {.level = level, .first_us = wall_us(), .count = 1};

    recent.last_us = recent.first_us;
    safe_copy(recent.event, sizeof recent.event, event);
    safe_copy(recent.code, sizeof recent.code, find_text(fields, n, "code"));
    safe_copy(recent.topic, sizeof recent.topic, find_text(fields, n, "topic"));
    describe(&recent, fields, n);
    pthread_mutex_lock(&lock);
    put_first(&recent);
    pthread_mutex_unlock(&lock);
}

size_t
recent_copy(struct recent ret_recent[static RECENT_MAX])
{
    pthread_mutex_lock(&lock);
    const size_t count = entry_count;
    memcpy(ret_recent, entries, count * sizeof *entries);
    pthread_mutex_unlock(&lock);
    return count;
}
