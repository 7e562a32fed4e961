// SPDX-License-Identifier: Apache-2.0
//
// Text as HTML, and figures as small pictures.
//
// Everything that was not written here goes through html_text. A sparkline is drawn from 0 to its
// highest value, so that its height means the same everywhere; the number beside it says what it
// is.
#include "html.h"

#include <math.h>

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
        else if (len == 0 || (c < ' ' && c != '\n') || c == 0x7F)
            text_append(out, UTF8_REPLACEMENT);
        else
            text_append_bytes(out, text, len);
        text += len == 0 ? 1 : len;
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

void
html_sparkline(struct text *out, const char *label, const double *values, size_t count,
               size_t slots)
{
    const double most = highest(values, count);
    bool drawing = false;

    text_appendf(out, "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" role=\"img\" ",
                 WIDTH, HEIGHT);
    html_element(out, "aria-label=\"", label, "\">");
    text_appendf(out, "<line class=\"base\" x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", HEIGHT - PAD,
                 WIDTH, HEIGHT - PAD);
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) {
            text_append(out, drawing ? "\"/>" : "");
            drawing = false;
            continue;
        }
        const double x = slots < 2 ? 0 : (double)(slots - count + i) * WIDTH / (double)(slots - 1);
        const double y = most > 0 ? values[i] / most * (HEIGHT - 2 * PAD) : 0;
        text_append(out, drawing ? " " : "<polyline points=\"");
        text_appendf(out, "%.1f,%.1f", x, HEIGHT - PAD - y);
        drawing = true;
    }
    text_append(out, drawing ? "\"/></svg>" : "</svg>");
}
