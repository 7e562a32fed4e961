// SPDX-License-Identifier: Apache-2.0
// What the instants of a load's messages come to.
//
// Everything is kept and sorted, so a quantile is a value that occurred, not the bound of a bucket.
#include "figures.h"

#include "bench.h"

#include "outrider/base/xalloc.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const int64_t second_ns = 1000000000;

struct sample {
    int64_t *values; // nanoseconds
    size_t count;
};

static int
compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

// A consumer can have a message before its writer hears of the commit.
static void
add(struct sample *sample, int64_t ns)
{
    sample->values[sample->count++] = ns > 0 ? ns : 0;
}

static double
quantile_ms(const struct sample *sample, double share)
{
    if (sample->count == 0)
        return 0;
    size_t rank = (size_t)(share * (double)sample->count);
    return (double)sample->values[rank < sample->count ? rank : sample->count - 1] / 1e6;
}

static void
print_quantiles(struct sample *sample)
{
    qsort(sample->values, sample->count, sizeof *sample->values, compare);
    printf("{\"p50\": %.3f, \"p90\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f}",
           quantile_ms(sample, 0.5), quantile_ms(sample, 0.9), quantile_ms(sample, 0.99),
           quantile_ms(sample, 0.999), quantile_ms(sample, 1));
}

// A way from one instant to another, by their places in struct instants.
struct way {
    const char *name;
    size_t from;
    size_t to;
};

static const struct way ways[] = {
    {"commit_to_consumer_ms", offsetof(struct instants, committed_ns),
     offsetof(struct instants, arrived_ns)},
    {"created_to_consumer_ms", offsetof(struct instants, created_ns),
     offsetof(struct instants, arrived_ns)},
    {"due_to_consumer_ms", offsetof(struct instants, due_ns),
     offsetof(struct instants, arrived_ns)},
    {"due_to_commit_ms", offsetof(struct instants, due_ns),
     offsetof(struct instants, committed_ns)},
};

static int64_t
instant(const struct instants *instants, size_t offset)
{
    return *(const int64_t *)((const char *)instants + offset);
}

static void
collect(const struct journey *journey, const struct way *way, struct sample *sample)
{
    sample->count = 0;
    for (int64_t n = journey->first; n < journey->count; n++) {
        const struct instants *instants = &journey->messages[n];
        if (instant(instants, way->to) != 0)
            add(sample, instant(instants, way->to) - instant(instants, way->from));
    }
}

// Pairs of a latency in milliseconds and the share of messages that took no longer.
static void
print_distribution(const struct sample *sample)
{
    static const double shares[] = {0,     0.1,   0.2,   0.3,    0.4,    0.5,  0.6,  0.7,
                                    0.8,   0.85,  0.9,   0.95,   0.97,   0.98, 0.99, 0.995,
                                    0.997, 0.998, 0.999, 0.9995, 0.9999, 1};

    printf("\"distribution\": [");
    for (size_t i = 0; i < COUNT(shares); i++)
        printf("%s[%.3f, %.4f]", i == 0 ? "" : ", ", quantile_ms(sample, shares[i]), shares[i]);
    printf("]");
}

// One second of the schedule: what was due in it.
static void
print_second(const struct journey *journey, int64_t from, int64_t to, struct sample *sample)
{
    sample->count = 0;
    for (int64_t n = from; n < to; n++) {
        const struct instants *instants = &journey->messages[n];
        if (instants->arrived_ns != 0)
            add(sample, instants->arrived_ns - instants->committed_ns);
    }
    qsort(sample->values, sample->count, sizeof *sample->values, compare);
    printf("[%zu, %.3f, %.3f, %.3f]", sample->count, quantile_ms(sample, 0.5),
           quantile_ms(sample, 0.99), quantile_ms(sample, 1));
}

static void
print_seconds(const struct journey *journey, int64_t began_ns, struct sample *sample)
{
    int64_t from = 0;

    printf("\"by_second\": [");
    for (int64_t second = 1; from < journey->count; second++) {
        int64_t to = from;
        while (to < journey->count && journey->messages[to].due_ns < began_ns + second * second_ns)
            to++;
        if (second > 1)
            printf(", ");
        print_second(journey, from, to, sample);
        from = to;
    }
    printf("]");
}

// From the first message's time to the last of an instant.
static double
duration_s(const struct journey *journey, int64_t began_ns, size_t offset)
{
    int64_t last = began_ns;

    for (int64_t n = 0; n < journey->count; n++)
        if (instant(&journey->messages[n], offset) > last)
            last = instant(&journey->messages[n], offset);
    return (double)(last - began_ns) / 1e9;
}

void
print_journey(const struct journey *journey, int64_t began_ns)
{
    struct sample sample = {.values = xcalloc((size_t)journey->count, sizeof *sample.values)};

    printf("\"messages\": %" PRId64 ", \"arrived\": %" PRId64 ", ", journey->count,
           journey->arrived);
    printf("\"written_s\": %.4f, \"seconds\": %.4f, ",
           duration_s(journey, began_ns, offsetof(struct instants, committed_ns)),
           duration_s(journey, began_ns, offsetof(struct instants, arrived_ns)));
    for (size_t i = COUNT(ways); i-- > 0;) { // the first way's sample is left for the distribution
        collect(journey, &ways[i], &sample);
        printf("\"%s\": ", ways[i].name);
        print_quantiles(&sample);
        printf(", ");
    }
    print_distribution(&sample);
    printf(", ");
    print_seconds(journey, began_ns, &sample);
    free(sample.values);
}
