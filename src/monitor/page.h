// SPDX-License-Identifier: Apache-2.0
// The page. Private to the monitor.
#ifndef OUTRIDER_MONITOR_PAGE_H
#define OUTRIDER_MONITOR_PAGE_H

#include "snapshot.h"

#include "outrider/base/text.h"

unsigned page_answer(const struct snapshot *snapshot, struct text *out);

// Its parts, each in the place of {{name}} in assets/monitor/page.html.
struct page_part {
    const char *name;
    void (*append)(struct text *out, const struct snapshot *snapshot);
};

extern const struct page_part page_parts[];
extern const size_t page_part_count;

#endif
