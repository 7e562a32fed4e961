// SPDX-License-Identifier: Apache-2.0
//
// What `status` shows.
//
// Nothing here knows of terminals, but for their size, so that every view can be tested.
#include "status_print.h"

#include "format.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The members that the whole and each topic have.
static void
append_counts(struct text *out, int64_t messages, int64_t dead, int64_t oldest_age_ms)
{
    text_appendf(out, ",\"messages\":%" PRId64 ",\"dead\":%" PRId64 ",\"oldest_age_ms\":", messages,
                 dead);
    if (oldest_age_ms == BACKLOG_AGELESS)
        text_append(out, "null");
    else
        text_appendf(out, "%" PRId64, oldest_age_ms);
}

// When, and how fast; null where one look does not tell yet.
static void
append_pace_json(struct text *out, const struct status *status, const struct trend *trend)
{
    struct pace pace;
    char time[40];

    format_utc(status->wall_us, 3, time);
    text_appendf(out, "\"time\":\"%s\",", time);
    if (!trend_pace(trend, &pace)) {
        text_append(out, "\"in_per_second\":null,\"out_per_second\":null,"
                         "\"change_per_second\":null,\"eta_seconds\":null,");
        return;
    }
    text_appendf(out, "\"in_per_second\":%.1f,\"out_per_second\":%.1f,", pace.in, pace.out);
    if (status->backlog.capped)
        text_append(out, "\"change_per_second\":null,\"eta_seconds\":null,");
    else if (pace.eta_s < 0)
        text_appendf(out, "\"change_per_second\":%.1f,\"eta_seconds\":null,", pace.change);
    else
        text_appendf(out, "\"change_per_second\":%.1f,\"eta_seconds\":%" PRId64 ",", pace.change,
                     pace.eta_s);
}

void
status_append_json(struct text *out, const struct status *status, const struct trend *trend)
{
    const struct backlog *backlog = &status->backlog;

    text_append_char(out, '{');
    if (trend != NULL)
        append_pace_json(out, status, trend);
    text_append(out, "\"table\":");
    text_append_json(out, status->table);
    text_appendf(out, ",\"version\":%d", status->version);
    append_counts(out, backlog->messages, backlog->dead, backlog->oldest_age_ms);
    text_appendf(out, ",\"at_least\":%s,\"topics\":[", backlog->capped ? "true" : "false");
    for (size_t i = 0; i < backlog->count; i++) {
        const struct backlog_topic *topic = &backlog->topics[i];
        text_append(out, i > 0 ? ",{\"topic\":" : "{\"topic\":");
        text_append_json(out, topic->topic);
        append_counts(out, topic->messages, topic->dead, topic->oldest_age_ms);
        text_append_char(out, '}');
    }
    text_append(out, "]}\n");
}

static void
append_age(struct text *out, int64_t oldest_age_ms)
{
    if (oldest_age_ms == BACKLOG_AGELESS)
        text_append_char(out, '-');
    else
        format_age(out, oldest_age_ms);
}

static void
add_row(struct grid *grid, const char *name, int64_t messages, int64_t dead, int64_t oldest_age_ms)
{
    __attribute__((cleanup(text_free))) struct text oldest = {0};
    append_age(&oldest, oldest_age_ms);
    grid_add_printable(grid, name);
    grid_add_count(grid, messages);
    grid_add_count(grid, dead);
    grid_add(grid, text_str(&oldest));
}

// The first `count` of these topics and the whole.
static void
append_grid(struct text *out, const struct backlog *backlog,
            const struct backlog_topic *const *topics, size_t count)
{
    struct grid grid = {.columns = 4, .right = {false, true, true, true}};
    static const char *const heads[] = {"topic", "messages", "dead", "oldest"};

    for (size_t i = 0; i < grid.columns; i++)
        grid_add(&grid, heads[i]);
    for (size_t i = 0; i < count; i++)
        add_row(&grid, topics[i]->topic, topics[i]->messages, topics[i]->dead,
                topics[i]->oldest_age_ms);
    add_row(&grid, backlog->capped ? "at least" : "all", backlog->messages, backlog->dead,
            backlog->oldest_age_ms);
    grid_append(&grid, out);
    grid_free(&grid);
}

// In the order of their names; the caller frees the array.
static const struct backlog_topic **
list_topics(const struct backlog *backlog)
{
    const struct backlog_topic **topics = xcalloc(backlog->count + 1, sizeof(void *));
    for (size_t i = 0; i < backlog->count; i++)
        topics[i] = &backlog->topics[i];
    return topics;
}

void
status_append_table(struct text *out, const struct status *status)
{
    const struct backlog_topic **topics = list_topics(&status->backlog);
    text_append(out, "table ");
    safe_append(out, status->table);
    text_appendf(out, ", version %d\n\n", status->version);
    append_grid(out, &status->backlog, topics, status->backlog.count);
    free(topics);
    if (*status->relay != '\0')
        text_appendf(out, "\n%s\n", status->relay);
}

static void
append_rate(struct text *out, double rate)
{
    if (rate < 9.95) {
        text_appendf(out, "%.1f/s", rate);
    } else {
        format_count(out, (int64_t)(rate + 0.5));
        text_append(out, "/s");
    }
}

// "in 120/s, out 118/s, rising 2.0/s". What is counted to a limit has no trend.
static void
append_pace(struct text *out, const struct status *status, const struct trend *trend)
{
    struct pace pace;

    if (!trend_pace(trend, &pace)) {
        text_append(out, "in -, out -");
        return;
    }
    text_append(out, "in ");
    append_rate(out, pace.in);
    text_append(out, ", out ");
    append_rate(out, pace.out);
    if (status->backlog.capped)
        return;
    if (pace.change == 0) {
        text_append(out, ", steady");
        return;
    }
    text_append(out, pace.change > 0 ? ", rising " : ", falling ");
    append_rate(out, fabs(pace.change));
    if (pace.eta_s >= 0) {
        text_append(out, ", empty in ");
        format_clock(out, pace.eta_s);
    }
}

void
status_append_line(struct text *out, const struct status *status, const struct trend *trend)
{
    const struct backlog *backlog = &status->backlog;
    char time[40];

    format_utc(status->wall_us, 3, time);
    text_appendf(out, "%s  %s", time, backlog->capped ? "at least " : "");
    format_count(out, backlog->messages);
    text_append(out, " messages, ");
    format_count(out, backlog->dead);
    text_append(out, " dead, oldest ");
    append_age(out, backlog->oldest_age_ms);
    text_append(out, ", ");
    append_pace(out, status, trend);
    text_append_char(out, '\n');
}

// The backlog of the latest looks, oldest first, each as high as it is beside the highest.
static void
append_picture(struct text *out, const struct trend *trend, size_t columns)
{
    static const char *const bars[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                       "\u2585", "\u2586", "\u2587", "\u2588"};
    const struct sample *sample;
    int64_t most = 0;
    size_t count = 0;

    for (; count < columns && (sample = trend_sample(trend, count)) != NULL; count++)
        most = sample->messages > most ? sample->messages : most;
    while (count-- > 0) {
        const double part =
            most > 0 ? (double)trend_sample(trend, count)->messages / (double)most : 0;
        text_append(out, bars[(size_t)(part * 7 + 0.5)]);
    }
}

static int
by_messages(const void *a, const void *b)
{
    const struct backlog_topic *const *one = a, *const *other = b;
    const int64_t x = (*one)->messages, y = (*other)->messages;
    return x != y ? (x < y) - (x > y) : strcmp((*one)->topic, (*other)->topic);
}

// Appends the lines, each cut to the width.
static void
append_cut(struct text *out, const char *lines, size_t columns)
{
    while (*lines != '\0') {
        const size_t len = strcspn(lines, "\n");
        AUTOFREE char *line = xstrndup(lines, len);
        format_cut(out, line, columns);
        text_append_char(out, '\n');
        lines += len + (lines[len] == '\n');
    }
}

static void
append_head(struct text *out, const struct status *status, const struct status_view *view)
{
    enum { CLOCK = 11, CLOCK_LEN = 8 }; // of "2026-11-26T13:05:11.123Z"
    char time[40];

    format_utc(status->wall_us, 3, time);
    text_appendf(out, "%.*sZ  table ", CLOCK_LEN, time + CLOCK);
    safe_append(out, status->table);
    text_appendf(out, ", version %d, every ", status->version);
    format_age(out, view->interval_ms);
    text_append(out, "\n\n");
}

static void
append_foot(struct text *out, const struct status *status, const struct trend *trend,
            const struct status_view *view)
{
    text_append_char(out, '\n');
    if (view->trouble != NULL) {
        text_append(out, "no answer, asking again: ");
        safe_append(out, view->trouble);
    } else {
        append_pace(out, status, trend);
    }
    text_append_char(out, '\n');
    if (*status->relay != '\0')
        text_appendf(out, "%s\n", status->relay);
    if (view->utf8)
        append_picture(out, trend, view->columns);
    text_append_char(out, '\n');
}

void
status_append_view(struct text *out, const struct status *status, const struct trend *trend,
                   const struct status_view *view)
{
    enum { OTHERS = 10, LEAST_COLUMNS = 20 }; // lines that are no topic, one for those left out too
    __attribute__((cleanup(text_free))) struct text lines = {0};
    const struct backlog *backlog = &status->backlog;
    const struct backlog_topic **topics = list_topics(backlog);
    size_t room = view->rows > OTHERS ? view->rows - OTHERS : 0, count = backlog->count;

    append_head(&lines, status, view);
    if (count > room) {
        qsort(topics, count, sizeof(void *), by_messages);
        count = room;
    }
    append_grid(&lines, backlog, topics, count);
    if (count < backlog->count)
        text_appendf(&lines, "and %zu topics with fewer messages\n", backlog->count - count);
    append_foot(&lines, status, trend, view);
    append_cut(out, text_str(&lines),
               view->columns > LEAST_COLUMNS ? view->columns : LEAST_COLUMNS);
    free(topics);
}
