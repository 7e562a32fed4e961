// SPDX-License-Identifier: Apache-2.0
//
// The page: assets/monitor/page.html with its parts filled in.
//
// It is for somebody with a phone and a reason to look: a verdict first, then what it rests on. It
// needs no script, so there is none that could be made to do something.
#include "page.h"

#include "assets.h"

#include <assert.h>
#include <string.h>

enum { HTTP_OK = 200 };

static const struct page_part *
find(const char *name, size_t len)
{
    for (size_t i = 0; i < page_part_count; i++)
        if (strlen(page_parts[i].name) == len && memcmp(page_parts[i].name, name, len) == 0)
            return &page_parts[i];
    assert(!"page.html names a part that is there");
    return NULL;
}

unsigned
page_answer(const struct snapshot *snapshot, struct text *out)
{
    const char *rest = asset_page_html;

    for (const char *open = strstr(rest, "{{"); open != NULL; open = strstr(rest, "{{")) {
        const char *close = strstr(open, "}}");
        text_append_bytes(out, rest, (size_t)(open - rest));
        find(open + 2, (size_t)(close - open) - 2)->append(out, snapshot);
        rest = close + 2;
    }
    text_append(out, rest);
    return HTTP_OK;
}
