// SPDX-License-Identifier: Apache-2.0
//
// A drain's progress as one line.
//
// The line is made for a width and knows nothing of terminals, so that it can be tested. The bar
// takes the room that the figures leave; where that is not enough for a bar worth looking at, the
// bar goes first, then the rate, then the counts.
#include "progress.h"

#include "format.h"

enum { BAR_LEAST = 10, BAR_MOST = 50, ETA_MOST_S = 360000 };

static const char *const eighths[] = {"",       "\u258F", "\u258E", "\u258D",
                                      "\u258C", "\u258B", "\u258A", "\u2589"};

// Samples are spaced out, so that the rate is by seconds and not by single windows.
void
meter_add(struct meter *meter, struct mono at, int64_t done)
{
    if (meter->count > 0) { // the ring's newest
        size_t last = (meter->count - 1) % METER_SAMPLES;
        if (mono_diff_ns(at, meter->samples[last].at) < METER_STEP_MS * INT64_C(1000000))
            return;
    }
    size_t next = meter->count++ % METER_SAMPLES;
    meter->samples[next].at = at;
    meter->samples[next].done = done;
}

double
meter_rate(const struct meter *meter)
{
    if (meter->count < 2)
        return 0;
    size_t newest = (meter->count - 1) % METER_SAMPLES;
    size_t oldest = meter->count <= METER_SAMPLES ? 0 : meter->count % METER_SAMPLES;
    double seconds =
        (double)mono_diff_ns(meter->samples[newest].at, meter->samples[oldest].at) / 1e9;
    return (double)(meter->samples[newest].done - meter->samples[oldest].done) / seconds;
}

// Nobody believes an ETA of days, so it is given up beyond 100 hours.
int64_t
progress_eta_s(const struct progress *progress)
{
    if (progress->done >= progress->total)
        return 0;
    double seconds = (double)(progress->total - progress->done) / progress->rate;
    return progress->rate > 0 && seconds <= ETA_MOST_S ? (int64_t)seconds + 1 : -1;
}

// Of 1. Nothing to do counts as done.
static double
share(const struct progress *progress)
{
    if (progress->done >= progress->total)
        return 1;
    return progress->done > 0 ? (double)progress->done / (double)progress->total : 0;
}

// Full cells, one cell in eighths where the terminal can show it, empty cells.
static void
append_bar(struct text *out, double full, size_t cells, bool utf8, bool color)
{
    size_t parts = (size_t)(full * (double)cells * 8), used = parts / 8;
    text_append(out, color ? "\x1b[32m" : "");
    for (size_t i = 0; i < used; i++)
        text_append(out, utf8 ? "\u2588" : "#");
    if (utf8 && used < cells && parts % 8 > 0) {
        text_append(out, eighths[parts % 8]);
        used++;
    }
    text_append(out, color ? "\x1b[2m" : "");
    for (; used < cells; used++)
        text_append(out, utf8 ? "\u2591" : ".");
    text_append(out, color ? "\x1b[0m" : "");
}

// The ETA, or what there is to wait for in its place.
static void
append_end(struct text *out, const struct progress *progress)
{
    int64_t eta_s = progress_eta_s(progress);
    if (progress->wait_ms == PROGRESS_FOR_EVER) {
        text_append(out, "the rest waits for ever");
    } else if (progress->wait_ms > ETA_MOST_S * INT64_C(1000)) {
        text_append(out, "next attempt in more than 100 h");
    } else if (progress->wait_ms > 0) {
        text_append(out, "next attempt in ");
        format_clock(out, progress->wait_ms / 1000 + 1);
    } else if (eta_s < 0) {
        text_append(out, "ETA -");
    } else {
        text_append(out, "ETA ");
        format_clock(out, eta_s);
    }
}

// Appends "  part" to the line unless it would leave less than `reserve` columns of the width.
static void
append_part(struct text *line, const char *part, size_t width, size_t reserve)
{
    if (format_width(text_str(line)) + 2 + format_width(part) + reserve <= width)
        text_appendf(line, "  %s", part);
}

void
progress_append(const struct progress *progress, size_t width, bool utf8, bool color,
                struct text *out)
{
    __attribute__((cleanup(text_free))) struct text percent = {0}, counts = {0}, rate = {0},
                                                    end = {0}, tail = {0};

    text_appendf(&percent, "%3d %%", (int)(share(progress) * 100));
    format_count(&counts, progress->done);
    text_append(&counts, " of ");
    format_count(&counts, progress->total);
    format_count(&rate, (int64_t)progress->rate);
    text_append(&rate, " msg/s");
    append_end(&end, progress);

    // What must fit behind a part is reserved for it, so that the least important part goes first.
    const size_t room = width > percent.len ? width - percent.len : 0,
                 end_width = 2 + format_width(text_str(&end));
    append_part(&tail, text_str(&counts), room, end_width);
    append_part(&tail, text_str(&rate), room, end_width);
    append_part(&tail, text_str(&end), room, 0);

    size_t left = room - format_width(text_str(&tail));
    text_append(out, percent.len <= width ? text_str(&percent) : "");
    if (left >= BAR_LEAST + 2) {
        text_append(out, "  ");
        append_bar(out, share(progress), left - 2 < BAR_MOST ? left - 2 : BAR_MOST, utf8, color);
    }
    text_append(out, text_str(&tail));
}
