// SPDX-License-Identifier: Apache-2.0
//
// Strings that grow, and the few comparisons that people's input needs.
#include "outrider/base/text.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Longer words are not compared: no name of ours is near to them.
#define NEAREST_MAX 63

// Room for `more` bytes and the NUL.
static void
reserve(struct text *text, size_t more)
{
    size_t need = text->len + more + 1;
    if (need <= text->cap)
        return;
    size_t cap = text->cap < 64 ? 64 : 2 * text->cap;
    text->cap = cap < need ? need : cap;
    text->data = xrealloc(text->data, text->cap);
}

void
text_append_bytes(struct text *text, const char *data, size_t len)
{
    reserve(text, len);
    if (len > 0)
        memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void
text_append(struct text *text, const char *s)
{
    text_append_bytes(text, s, strlen(s));
}

void
text_append_char(struct text *text, char c)
{
    text_append_bytes(text, &c, 1);
}

void
text_appendf(struct text *text, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len >= 0) {
        reserve(text, (size_t)len);
        vsnprintf(text->data + text->len, (size_t)len + 1, fmt, again);
        text->len += (size_t)len;
    }
    va_end(again);
}

void
text_append_shell(struct text *text, const char *word)
{
    text_append_char(text, '\'');
    for (; *word != '\0'; word++)
        if (*word == '\'')
            text_append(text, "'\\''");
        else
            text_append_char(text, *word);
    text_append_char(text, '\'');
}

void
text_append_shell_word(struct text *text, const char *word)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:,@%+";

    if (*word != '\0' && word[strspn(word, plain)] == '\0')
        text_append(text, word);
    else
        text_append_shell(text, word);
}

// What the first continuation byte must not be after these leading bytes: overlong forms,
// surrogates, and code points above U+10FFFF (RFC 3629, section 4).
static bool
is_forbidden(unsigned char lead, unsigned char next)
{
    return (lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F) ||
           (lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F);
}

size_t
utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t len = s[0] >= 0xF0 ? 4 : s[0] >= 0xE0 ? 3 : 2;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return is_forbidden(s[0], s[1]) ? 0 : len;
}

void
text_append_json(struct text *text, const char *s)
{
    text_append_char(text, '"');
    while (*s != '\0') {
        const size_t len = utf8_length(s);
        const unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_appendf(text, "\\%c", c);
        else if (len == 0)
            text_append(text, UTF8_REPLACEMENT);
        else if (safe_must_escape(s))
            safe_append_escape(text, s, len);
        else
            text_append_bytes(text, s, len);
        s += len == 0 ? 1 : len;
    }
    text_append_char(text, '"');
}

const char *
text_str(const struct text *text)
{
    return text->data == NULL ? "" : text->data;
}

void
text_clear(struct text *text)
{
    text->len = 0;
    if (text->data != NULL)
        text->data[0] = '\0';
}

void
text_free(struct text *text)
{
    if (text == NULL)
        return;
    free(text->data);
    *text = (struct text){0};
}

bool
str_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
str_equal_nocase(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcasecmp(a, b) == 0);
}

bool
str_starts_with(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
glob_match(const char *pattern, const char *word)
{
    return fnmatch(pattern, word, FNM_NOESCAPE) == 0;
}

static bool
same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t
least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Optimal string alignment distance, with the three latest rows of the usual matrix.
static size_t
distance(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t rows[3][NEAREST_MAX + 1];
    for (size_t j = 0; j <= blen; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= alen; i++) {
        size_t *now = rows[i % 3], *one = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            size_t d = one[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
            d = least(d, least(one[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                d = least(d, two[j - 2] + 1);
            now[j] = d;
        }
    }
    return rows[alen % 3][blen];
}

const char *
nearest(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t best_distance = 0, len = strlen(word);
    if (len > NEAREST_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]);
        if (name_len > NEAREST_MAX)
            continue;
        size_t d = distance(word, len, names[i], name_len);
        size_t longer = len > name_len ? len : name_len;
        if (d <= (longer + 2) / 3 && (best == NULL || d < best_distance)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
