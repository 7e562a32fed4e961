// SPDX-License-Identifier: Apache-2.0
//
// Foreign text made safe: one line of valid UTF-8 without controls and format characters, as a
// decoder of the test's own reads it; made safe again it is the same; a cut copy is its beginning;
// and text that needs no escape stays byte for byte.
// links: base
#include "tests/fuzz/fuzz.h"

#include "outrider/base/safe.h"
#include "outrider/base/text.h"

#include <stdbool.h>

// What a terminal obeys or hides, written out once more.
static bool
is_control_or_format(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0, 0x1F},        {0x7F, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},   {0x200B, 0x200F},
        {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

// UTF-8 by RFC 3629's table, written out: a decoder that shares nothing with the code.
static size_t
decode(const unsigned char *s, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const size_t len = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    uint32_t code = len < 2 ? s[0] : s[0] & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        CHECK((s[i] & 0xC0) == 0x80, "byte %02x after %02x", s[i], s[0]);
        code = code << 6 | (s[i] & 0x3F);
    }
    CHECK(len > 0 && s[0] < 0xF8 && code >= least[len] && code <= 0x10FFFF &&
              (code < 0xD800 || code > 0xDFFF),
          "U+%04x from %02x", code, s[0]);
    *ret_code = code;
    return len;
}

static void
check_safe(const char *safe)
{
    uint32_t code;
    for (const unsigned char *s = (const unsigned char *)safe; *s != '\0';) {
        s += decode(s, &code);
        CHECK(!is_control_or_format(code), "U+%04x in %s", code, safe);
    }
}

static void
check_copy(const char *foreign, const char *safe)
{
    char copy[32];
    safe_copy(copy, sizeof copy, foreign);
    check_safe(copy);
    CHECK(strncmp(copy, safe, strlen(copy)) == 0, "%s of %s", copy, safe);
    CHECK(strlen(safe) < sizeof copy ? strcmp(copy, safe) == 0 : strlen(copy) + 13 > sizeof copy,
          "%s of %s", copy, safe);
}

static void
check_json(const char *foreign)
{
    CLEANUP(text_free) struct text json = {0};
    text_append_json(&json, foreign);
    check_safe(text_str(&json));
    CHECK(json.data[0] == '"' && json.data[json.len - 1] == '"', "%s", json.data);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(text_free) struct text safe = {0}, again = {0};
    CLEANUP(input_free) char *foreign = strndup((const char *)data, size);
    CHECK(foreign != NULL, "no memory");
    safe_append(&safe, foreign);
    check_safe(text_str(&safe));
    safe_append(&again, text_str(&safe));
    CHECK(strcmp(text_str(&again), text_str(&safe)) == 0, "%s", text_str(&again));
    check_copy(foreign, text_str(&safe));
    check_json(foreign);
    return 0;
}
