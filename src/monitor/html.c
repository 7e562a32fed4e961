// SPDX-License-Identifier: Apache-2.0
//
// Text as HTML, and figures as small pictures.
//
// Everything that was not written here goes through html_text. A sparkline is drawn from 0 to its
// highest value, so that its height means the same everywhere; the number beside it says what it
// is.
#include "html.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
html_text(struct text *out, const char *text)
{
    while (*text != '\0') {
        const size_t len = utf8_length(text);
        const unsigned char c = (unsigned char)*text;
        if (c == '&')
            text_append(out, "&amp;");
        else if (c == '<')
            text_append(out, "&lt;");
        else if (c == '>')
            text_append(out, "&gt;");
        else if (c == '"')
            text_append(out, "&quot;");
        else if (c == '\'')
            text_append(out, "&#39;");
        else if (len == 0)
            text_append(out, UTF8_REPLACEMENT);
        else if (safe_must_escape(text))
            safe_append_escape(out, text, len);
        else
            text_append_bytes(out, text, len);
        text += len == 0 ? 1 : len;
    }
}

void
html_lines(struct text *out, const char *text)
{
    for (size_t len; *text != '\0'; text += len) {
        const bool feed = *text == '\n';
        len = feed ? 1 : strcspn(text, "\n");
        AUTOFREE char *part = xstrndup(text, len);
        if (feed)
            text_append_char(out, '\n');
        else
            html_text(out, part);
    }
}

void
html_element(struct text *out, const char *open, const char *text, const char *close)
{
    text_append(out, open);
    html_text(out, text);
    text_append(out, close);
}

enum { WIDTH = 120, HEIGHT = 30, PAD = 2 };

static double
highest(const double *values, size_t count)
{
    double most = 0;

    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]) && values[i] > most)
            most = values[i];
    return most;
}

static void
append_point(struct text *out, double x, double y)
{
    text_appendf(out, "%.1f,%.1f", x, HEIGHT - PAD - y);
}

// A line ends; one of a single point is that point twice, which a round cap makes a dot.
static void
end_line(struct text *out, int points, double x, double y)
{
    if (points == 0)
        return;
    if (points == 1) {
        text_append_char(out, ' ');
        append_point(out, x, y);
    }
    text_append(out, "\"/>");
}

void
html_sparkline(struct text *out, const char *label, const double *values, size_t count,
               size_t slots)
{
    const double most = highest(values, count);
    double x = 0, y = 0;
    int points = 0; // of the line that is drawn

    text_appendf(out, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" ",
                 WIDTH, HEIGHT);
    html_element(out, "aria-label=\"", label, "\">");
    text_appendf(out, "<line class=\"base\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", HEIGHT - PAD,
                 WIDTH, HEIGHT - PAD);
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            end_line(out, points, x, y);
            points = 0;
            continue;
        }
        x = slots < 2 ? 0 : (double)(slots - count + i) * WIDTH / (double)(slots - 1);
        y = most > 0 ? values[i] / most * (HEIGHT - 2 * PAD) : 0;
        text_append(out, points++ > 0 ? " " : "<polyline points=\"");
        append_point(out, x, y);
    }
    end_line(out, points, x, y);
    text_append(out, "</svg>");
}
