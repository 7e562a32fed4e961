// SPDX-License-Identifier: Apache-2.0
// THE table of metrics, as a reference.
#ifndef OUTRIDER_MONITOR_METRICS_H
#define OUTRIDER_MONITOR_METRICS_H

#include <stdio.h>

// Every metric: name, type, labels, meaning. Markdown.
void metrics_print_reference(FILE *out);

#endif
