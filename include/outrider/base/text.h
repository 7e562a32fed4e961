#ifndef OUTRIDER_BASE_TEXT_H
#define OUTRIDER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

// A string that grows. {0} is empty; data is NULL until something was appended, and from then on
// ends with a NUL that len does not count. Owns data.
struct text {
    char *data;
    size_t len;
    size_t cap;
};

void text_append(struct text *text, const char *s);
void text_append_bytes(struct text *text, const char *data, size_t len);
void text_append_char(struct text *text, char c);
void text_appendf(struct text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// A JSON string with its quotes (RFC 8259, section 7). A byte that is no UTF-8 becomes U+FFFD, so
// the result is always valid text; what must not be shown as it is (base/safe.h) is escaped.
void text_append_json(struct text *text, const char *s);

// A word for a POSIX shell, always in quotes.
void text_append_shell(struct text *text, const char *word);
// The same, in quotes only where a shell would take a character for its own.
void text_append_shell_word(struct text *text, const char *word);

// Length of the well-formed UTF-8 sequence that s begins with (RFC 3629); 0 when it is none.
size_t utf8_length(const char *s);

#define UTF8_REPLACEMENT "\xEF\xBF\xBD" // U+FFFD, in the place of what is none

// The content as a C string, "" when empty. Borrowed until the next append.
const char *text_str(const struct text *text);

// Empties and keeps the memory.
void text_clear(struct text *text);

// Empties and frees; fits `__attribute__((cleanup(text_free)))`.
void text_free(struct text *text);

// Null pointers are allowed and equal only each other.
bool str_equal(const char *a, const char *b);
bool str_equal_nocase(const char *a, const char *b);
bool str_starts_with(const char *s, const char *prefix);

// A shell pattern (*, ?, [a-z]) against a whole word; no character is special beyond that, so '*'
// matches dots and slashes too (fnmatch(3) without flags but FNM_NOESCAPE).
bool glob_match(const char *pattern, const char *word);

// The one of n names that a person who typed `word` most likely meant, or NULL when none is near:
// the least Damerau-Levenshtein distance (restricted: no part is edited twice), which must be at
// most a third of the longer one's length, rounded up. Case does not count. Ties go to the first.
const char *nearest(const char *word, const char *const *names, size_t n);

#endif
