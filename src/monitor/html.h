// SPDX-License-Identifier: Apache-2.0
// Text as HTML, and figures as small pictures. Private to the monitor.
#ifndef OUTRIDER_MONITOR_HTML_H
#define OUTRIDER_MONITOR_HTML_H

#include "outrider/base/text.h"

#include <stddef.h>

// Any text as it reads, in an element or in a quoted attribute: no byte of it is markup, and it
// is made safe (base/safe.h).
void html_text(struct text *out, const char *text);

// The same for a text of several lines that are its author's own.
void html_lines(struct text *out, const char *text);

// The same between two tags, e.g. html_element(out, "<td>", text, "</td>").
void html_element(struct text *out, const char *open, const char *text, const char *close);

// A line over `slots` places, of which the last `count` have values; NAN leaves a gap. label: what
// somebody hears who cannot see it.
void html_sparkline(struct text *out, const char *label, const double *values, size_t count,
                    size_t slots);

#endif
