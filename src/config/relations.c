// SPDX-License-Identifier: Apache-2.0
// What values must be to each other.
//
// Time-outs that contradict each other do not fail at start but in the middle of an outage, so they
// are refused here. A contradiction is reported where it was made: at the value from the stronger
// source, because the weaker one was right before.
#include "relations.h"

#include "outrider/config/parse.h"
#include "outrider/config/settings.h"

#include <assert.h>
#include <string.h>

// Both of the same type, durations.
static const struct relation {
    const char *lesser, *greater;
    bool may_be_equal;
} relations[] = {
    {"database.lock_timeout", "database.statement_timeout", false},
    {"outbox.poll_min", "outbox.poll_max", true},
    {"outbox.retry_backoff", "outbox.retry_backoff_max", true},
};

// What is in force for a key that is an int.
static int
number_at(const struct settings *settings, const struct key *key)
{
    int value;
    memcpy(&value, (const char *)settings + key->offset, sizeof(value));
    return value;
}

// lesser may_be_equal greater, or else a problem at the stronger of the two.
static void
check_relation(const struct loading *loading, const struct settings *settings,
               const struct relation *relation)
{
    const struct key *low = keys_find(relation->lesser), *high = keys_find(relation->greater);
    assert(low != NULL && high != NULL);
    const struct entry *a = entry_find(loading->config, low, NULL);
    const struct entry *b = entry_find(loading->config, high, NULL);
    int left = number_at(settings, low), right = number_at(settings, high);
    if (a->bad || b->bad || left < right || (left == right && relation->may_be_equal))
        return;
    if (a->origin.kind >= b->origin.kind)
        problems_add(loading->problems, &a->origin, low->path,
                     "%s is too long beside %s, which is %s; allowed: %s", a->items[0], high->path,
                     b->items[0], relation->may_be_equal ? "at most that" : "less");
    else
        problems_add(loading->problems, &b->origin, high->path,
                     "%s is too short beside %s, which is %s; allowed: %s", b->items[0], low->path,
                     a->items[0], relation->may_be_equal ? "at least that" : "more");
}

// Kafka must give up a request while the window can still be settled.
static void
check_request_timeout(const struct loading *loading, const struct settings *settings)
{
    const struct entry *window =
        entry_find(loading->config, keys_find("outbox.window_deadline"), NULL);
    const struct entry *request =
        entry_find(loading->config, keys_find("kafka"), "request.timeout.ms");
    int64_t ms;
    if (request == NULL || request->bad || window->bad || !parse_integer(request->items[0], &ms) ||
        ms < settings->relay.window_deadline_ms)
        return;
    problems_add(loading->problems, &request->origin, "kafka.request.timeout.ms",
                 "%s is too long beside outbox.window_deadline, which is %s; allowed: less",
                 request->items[0], window->items[0]);
}

// The name that the table has for a column.
static const char *
effective_name(const struct settings *settings, enum column column)
{
    const char *mapped = settings->store.columns[column];
    return mapped != NULL ? mapped : column_name(column);
}

// NULL when the column is not mapped.
static const struct entry *
column_entry(const struct loading *loading, enum column column)
{
    return entry_find(loading->config, keys_find("outbox.columns"), column_name(column));
}

// Two of outrider's columns cannot be one of the table's.
static void
check_columns(const struct loading *loading, const struct settings *settings)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        for (int j = 0; j < i; j++) {
            enum column first = (enum column)j, second = (enum column)i;
            const struct entry *a = column_entry(loading, first);
            const struct entry *b = column_entry(loading, second);
            if (!str_equal(effective_name(settings, first), effective_name(settings, second)) ||
                (a != NULL && a->bad) || (b != NULL && b->bad))
                continue;
            // One of the two was given, or they would have different names.
            bool blame_second = a == NULL || (b != NULL && b->origin.kind >= a->origin.kind);
            const struct entry *blamed = blame_second ? b : a;
            CLEANUP(text_free) struct text path = {0};
            text_appendf(&path, "outbox.columns.%s", blamed->name);
            problems_add(loading->problems, &blamed->origin, text_str(&path),
                         "%s has the same name; allowed: one of its own",
                         column_name(blame_second ? first : second));
        }
}

void
relations_check(const struct loading *loading, const struct settings *settings)
{
    for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
        check_relation(loading, settings, &relations[i]);
    check_request_timeout(loading, settings);
    check_columns(loading, settings);
}
