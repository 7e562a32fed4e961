// SPDX-License-Identifier: Apache-2.0
//
// Foreign text made safe to show.
//
// Every way out (log, terminal, page, JSON, metrics) escapes the same characters in the same form,
// because this file alone decides. The table holds the controls (Cc), the format characters (Cf),
// the separators of lines and paragraphs (Zl, Zp), and the rest of what Unicode calls
// Default_Ignorable: characters that show nothing. Left out are the variation selectors U+FE00 to
// U+FE0F, which only choose between two pictures of the character before them.
// Source: Unicode Character Database 15.0, DerivedGeneralCategory.txt, DerivedCoreProperties.txt.
#include "outrider/base/safe.h"

#include "outrider/base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { ESCAPE_MAX = 13 }; // two of "\uXXXX" and the NUL

// In rising order.
static const struct {
    uint32_t first, last;
} unsafe[] = {
    {0x0000, 0x001F},   // C0
    {0x007F, 0x009F},   // DEL, C1
    {0x00AD, 0x00AD},   // soft hyphen
    {0x034F, 0x034F},   // combining grapheme joiner
    {0x0600, 0x0605},   // Arabic number signs
    {0x061C, 0x061C},   // Arabic letter mark
    {0x06DD, 0x06DD},   // Arabic end of ayah
    {0x070F, 0x070F},   // Syriac abbreviation mark
    {0x0890, 0x0891},   // Arabic currency marks
    {0x08E2, 0x08E2},   // Arabic disputed end of ayah
    {0x115F, 0x1160},   // Hangul fillers
    {0x17B4, 0x17B5},   // Khmer inherent vowels
    {0x180B, 0x180F},   // Mongolian variation selectors
    {0x200B, 0x200F},   // zero-width characters, left-to-right and right-to-left marks
    {0x2028, 0x202E},   // separators, embeddings and overrides of the direction
    {0x2060, 0x206F},   // word joiner, invisible operators, isolates
    {0x3164, 0x3164},   // Hangul filler
    {0xFEFF, 0xFEFF},   // byte order mark
    {0xFFA0, 0xFFA0},   // halfwidth Hangul filler
    {0xFFF0, 0xFFFB},   // interlinear annotations
    {0x110BD, 0x110BD}, // Kaithi number signs
    {0x110CD, 0x110CD}, {0x13430, 0x1343F}, // Egyptian hieroglyph format controls
    {0x1BCA0, 0x1BCA3},                     // shorthand format controls
    {0x1D173, 0x1D17A},                     // musical format controls
    {0xE0000, 0xE0FFF},                     // tags and the variation selectors' supplement
};

static uint32_t
decode(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;
    uint32_t code = len == 1 ? u[0] : u[0] & (0x7FU >> len);
    for (size_t i = 1; i < len; i++)
        code = code << 6 | (u[i] & 0x3FU);
    return code;
}

bool
safe_must_escape(const char *s)
{
    const unsigned char first = (unsigned char)*s;
    if (first >= ' ' && first < 0x7F)
        return false;
    const uint32_t code = decode(s, utf8_length(s));
    for (size_t i = 0; i < COUNT(unsafe) && unsafe[i].first <= code; i++)
        if (code <= unsafe[i].last)
            return true;
    return false;
}

// RFC 8259, section 7. Returns the escape's length.
static size_t
format_escape(char escape[static ESCAPE_MAX], const char *s, size_t len)
{
    const uint32_t code = decode(s, len);
    int written;
    if (code == '\n' || code == '\t')
        written = snprintf(escape, ESCAPE_MAX, "%s", code == '\n' ? "\\n" : "\\t");
    else if (code < 0x10000)
        written = snprintf(escape, ESCAPE_MAX, "\\u%04x", code);
    else
        written = snprintf(escape, ESCAPE_MAX, "\\u%04x\\u%04x", 0xD7C0U + (code >> 10),
                           0xDC00U + (code & 0x3FFU));
    return (size_t)written;
}

void
safe_append_escape(struct text *out, const char *s, size_t len)
{
    char escape[ESCAPE_MAX];
    text_append_bytes(out, escape, format_escape(escape, s, len));
}

// The safe form of the character that *s begins with, and *s behind it.
struct piece {
    char bytes[ESCAPE_MAX];
    size_t len;
};

static void
take(const char **s, struct piece *ret_piece)
{
    const size_t len = utf8_length(*s);
    if (len == 0)
        memcpy(ret_piece->bytes, UTF8_REPLACEMENT, ret_piece->len = strlen(UTF8_REPLACEMENT));
    else if (safe_must_escape(*s))
        ret_piece->len = format_escape(ret_piece->bytes, *s, len);
    else
        memcpy(ret_piece->bytes, *s, ret_piece->len = len);
    *s += len == 0 ? 1 : len;
}

void
safe_append(struct text *out, const char *foreign)
{
    struct piece piece;
    while (*foreign != '\0') {
        take(&foreign, &piece);
        text_append_bytes(out, piece.bytes, piece.len);
    }
}

void
safe_copy(char *to, size_t size, const char *foreign)
{
    struct piece piece;
    size_t used = 0;
    while (*foreign != '\0') {
        take(&foreign, &piece);
        if (used + piece.len >= size)
            break;
        memcpy(to + used, piece.bytes, piece.len);
        used += piece.len;
    }
    to[used] = '\0';
}

void
safe_flatten(char *text)
{
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n')
        text[--len] = '\0';
    for (char *p = text; (p = strpbrk(p, "\n\t")) != NULL;)
        *p = ' ';
}

void
safe_print_line(FILE *stream, const char *fmt, ...)
{
    __attribute__((cleanup(text_free))) struct text out = {0};
    char *raw = NULL;
    va_list args;

    va_start(args, fmt);
    const int len = vasprintf(&raw, fmt, args);
    va_end(args);
    if (len < 0)
        abort();
    safe_append(&out, raw);
    text_append_char(&out, '\n');
    free(raw);
    fputs(text_str(&out), stream);
}
