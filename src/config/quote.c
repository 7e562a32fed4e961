// SPDX-License-Identifier: Apache-2.0
// Texts as YAML scalars.
//
// Plain is for people: what could mean anything else anywhere (a comment, a key, an alias, null)
// is quoted. Source of the escapes: YAML 1.2, 5.7 and 7.3.1.
#include "quote.h"

#include "utf8.h"

#include "outrider/base/safe.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

static bool
is_plain(const char *text)
{
    if (*text == '\0' || str_equal_nocase(text, "null"))
        return false;
    if (!isalnum((unsigned char)*text) && strchr("/$_", *text) == NULL)
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        bool end = p[1] == '\0' || p[1] == ' ';
        if (*p == ' ' ? end : *p == ':' && end)
            return false;
        if (!isalnum((unsigned char)*p) && strchr(" _-./:@%+,=${}?&;()*", *p) == NULL)
            return false;
    }
    return true;
}

// Characters that a reader may refuse, fold, take for its own or not show.
static bool
needs_escape(uint32_t c, const char *s)
{
    return safe_must_escape(s) || c == 0xfffe || c == 0xffff;
}

void
quote_append_item(struct text *out, const char *text)
{
    text_append_char(out, '"');
    while (*text != '\0') {
        const char *start = text;
        uint32_t c = utf8_next(&text);
        if (c == '"' || c == '\\')
            text_appendf(out, "\\%c", (char)c);
        else if (c == '\n')
            text_append(out, "\\n");
        else if (c != UINT32_MAX && needs_escape(c, start))
            text_appendf(out, c > 0xffff ? "\\U%08" PRIX32 : "\\u%04" PRIX32, c);
        else
            text_append_bytes(out, start, (size_t)(text - start));
    }
    text_append_char(out, '"');
}

void
quote_append(struct text *out, const char *text)
{
    if (is_plain(text))
        text_append(out, text);
    else
        quote_append_item(out, text);
}
