// SPDX-License-Identifier: Apache-2.0
//
// Numbers, durations and sizes: a value survives being printed and read again, and is what the C
// library makes of the same digits.
// links: base src/config/parse.c
#include "tests/fuzz/fuzz.h"

#include "outrider/config/parse.h"

static void
check_integer(const char *text)
{
    int64_t value;
    if (!parse_integer(text, &value))
        return;
    CHECK(text[strspn(text, "-0123456789")] == '\0', "\"%s\"", text);
    // strtoll saturates too, and one further below zero.
    const long long want = strtoll(text, NULL, 10);
    CHECK(value == (want == INT64_MIN ? -INT64_MAX : want), "\"%s\" is %lld", text,
          (long long)value);
}

static void
check_again(const char *text, int64_t value, bool (*parse)(const char *, int64_t *),
            void (*format)(struct text *, int64_t))
{
    CLEANUP(text_free) struct text printed = {0};
    int64_t again;
    CHECK(value >= 0, "\"%s\" is %lld", text, (long long)value);
    format(&printed, value);
    CHECK(parse(text_str(&printed), &again), "\"%s\" was printed as \"%s\"", text,
          text_str(&printed));
    CHECK(again == value, "\"%s\" was printed as \"%s\"", text, text_str(&printed));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {(const char *)data, (const char *)data + size};
    CLEANUP(input_free) char *text = input_text(&input);
    int64_t value;
    check_integer(text);
    if (parse_duration(text, &value))
        check_again(text, value, parse_duration, format_duration);
    if (parse_size(text, &value))
        check_again(text, value, parse_size, format_size);
    return 0;
}
