// SPDX-License-Identifier: Apache-2.0
//
// Puts "_metadata" into a JSON object without parsing the rest of it.
//
// Parsing and printing again would change bytes that are the application's (number formats, key
// order, escapes), so the payload is only scanned for where its top-level members begin and end,
// and copied around the member that goes and the one that comes. Nested values are skipped by
// counting brackets, so a payload that is nested deeply costs no stack. What is inside nested
// values and scalars is not judged: PostgreSQL did that for json and jsonb, and for text nobody
// promised JSON.
//
// Invariant of the copy: everything before `done` is either in the output or left out for good.
#include "metadata.h"

#include "outrider/base/clock.h"

#include <stdint.h>
#include <string.h>

#define NAME "_metadata"

// Printed as PostgreSQL prints jsonb: ", " between members and ": " behind a name.
#define SEPARATOR ", "

// Appends to `to`, or only counts when that is NULL.
struct sink {
    char *to;
    size_t len;
};

// The bytes that are still to be read.
struct scan {
    const char *at;
    const char *end;
};

struct member {
    struct bytes name; // between the quotes, still escaped
    const char *start; // the name's opening quote
    const char *end;   // behind the value
};

// Where the copy stands; see the invariant above.
struct splice {
    struct sink out;
    const char *done;
    const char *last; // behind the last member that stays; NULL when there is none yet
};

static void
put(struct sink *sink, const char *data, size_t len)
{
    if (sink->to != NULL)
        memcpy(sink->to + sink->len, data, len);
    sink->len += len;
}

static void
put_text(struct sink *sink, const char *text)
{
    put(sink, text, strlen(text));
}

// The character behind the backslash, for the characters that have a short escape; else 0.
static char
short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

// For the quote, the backslash and characters below 0x20.
static void
put_escaped(struct sink *sink, char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape = short_escape(c);
    if (escape != 0)
        put(sink, (const char[]){'\\', escape}, 2);
    else
        put(sink, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

// A JSON string (RFC 8259, section 7), or null for SQL NULL.
static void
put_string(struct sink *sink, struct bytes s)
{
    if (s.data == NULL) {
        put_text(sink, "null");
        return;
    }
    put_text(sink, "\"");
    const char *end = s.data + s.len;
    const char *plain = s.data;
    for (const char *at = s.data; at < end; at++) {
        if ((unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
            continue;
        put(sink, plain, (size_t)(at - plain));
        put_escaped(sink, *at);
        plain = at + 1;
    }
    put(sink, plain, (size_t)(end - plain));
    put_text(sink, "\"");
}

// The new member, without what separates it from the one before.
static void
put_metadata(struct sink *sink, const struct row *row)
{
    char id[MESSAGE_ID_TEXT];
    message_id_format(&row->id, id);
    char timestamp[40];
    format_utc(row->created_at_us, 3, timestamp);

    put_text(sink, "\"" NAME "\": {\"messageId\": ");
    put_string(sink, bytes_from(id));
    put_text(sink, SEPARATOR "\"aggregateType\": ");
    put_string(sink, row->aggregate_type);
    put_text(sink, SEPARATOR "\"aggregateId\": ");
    put_string(sink, row->aggregate_id);
    put_text(sink, SEPARATOR "\"timestamp\": ");
    put_string(sink, bytes_from(timestamp));
    put_text(sink, "}");
}

// RFC 8259's four space characters.
static void
skip_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

// Takes the character if it is the next one.
static bool
take(struct scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

// Skips a string; false when it does not end. *ret_inside is what stands between the quotes. A
// quote behind an odd number of backslashes is escaped and ends nothing.
static bool
skip_string(struct scan *scan, struct bytes *ret_inside)
{
    if (!take(scan, '"'))
        return false;
    const char *start = scan->at;
    for (;;) {
        const char *quote = memchr(scan->at, '"', (size_t)(scan->end - scan->at));
        if (quote == NULL)
            return false;
        const char *text_end = quote;
        while (text_end > start && text_end[-1] == '\\')
            text_end--;
        scan->at = quote + 1;
        if ((quote - text_end) % 2 == 0) {
            *ret_inside = (struct bytes){.data = start, .len = (size_t)(quote - start)};
            return true;
        }
    }
}

// Skips an object or array up to the bracket that closes it; false when there is none.
static bool
skip_nested(struct scan *scan)
{
    size_t depth = 0;
    while (scan->at < scan->end) {
        struct bytes inside;
        switch (*scan->at) {
        case '"':
            if (!skip_string(scan, &inside))
                return false;
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        default:
            break;
        }
        scan->at++;
        if (depth == 0)
            return true;
    }
    return false;
}

// Skips a number, true, false or null: all up to what can follow a value; false when that is
// nothing at all.
static bool
skip_scalar(struct scan *scan)
{
    const char *start = scan->at;
    while (scan->at < scan->end && *scan->at != '\0' &&
           strchr(",:{}[]\" \n\r\t", *scan->at) == NULL)
        scan->at++;
    return scan->at > start;
}

// Skips any value; the first character tells of what kind it is.
static bool
skip_value(struct scan *scan)
{
    struct bytes inside;
    if (scan->at == scan->end)
        return false;
    if (*scan->at == '"')
        return skip_string(scan, &inside);
    if (*scan->at == '{' || *scan->at == '[')
        return skip_nested(scan);
    return skip_scalar(scan);
}

// Skips "name": value and the space behind it.
static bool
take_member(struct scan *scan, struct member *ret_member)
{
    struct member member = {.start = scan->at};
    if (!skip_string(scan, &member.name))
        return false;
    skip_space(scan);
    if (!take(scan, ':'))
        return false;
    skip_space(scan);
    if (!skip_value(scan))
        return false;
    member.end = scan->at;
    skip_space(scan);
    *ret_member = member;
    return true;
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The next character of an escaped name; -1 when it is none that NAME could hold. Of all escapes
// only \u can stand for a letter.
static int
next_unescaped(struct scan *scan)
{
    if (*scan->at != '\\')
        return (unsigned char)*scan->at++;
    if (scan->end - scan->at < 6 || scan->at[1] != 'u')
        return -1;
    int code = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex_value(scan->at[i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    scan->at += 6;
    return code;
}

// Compares the decoded name, since "\u005fmetadata" is the same name.
static bool
is_metadata(struct bytes name)
{
    struct scan scan = {.at = name.data, .end = name.data + name.len};
    for (const char *want = NAME; *want != '\0'; want++) {
        if (scan.at == scan.end || next_unescaped(&scan) != *want)
            return false;
    }
    return scan.at == scan.end;
}

// `to` is never before `done`.
static void
copy_up_to(struct splice *splice, const char *to)
{
    put(&splice->out, splice->done, (size_t)(to - splice->done));
    splice->done = to;
}

// Leaves a member out together with one comma: the one before it, or behind it when it is the
// first.
static void
cut(struct splice *splice, const struct member *member, const struct scan *scan, bool more)
{
    if (splice->last != NULL) {
        copy_up_to(splice, splice->last);
        splice->done = member->end;
        splice->last = member->end;
    } else {
        copy_up_to(splice, member->start);
        splice->done = more ? scan->at : member->end;
    }
}

// Reads the members up to and with the closing brace.
static bool
take_members(struct scan *scan, struct splice *splice)
{
    skip_space(scan);
    if (take(scan, '}'))
        return true;
    for (;;) {
        struct member member;
        if (!take_member(scan, &member))
            return false;
        bool more = take(scan, ',');
        if (more)
            skip_space(scan);
        if (is_metadata(member.name))
            cut(splice, &member, scan, more);
        else
            splice->last = member.end;
        if (!more)
            return take(scan, '}');
    }
}

bool
metadata_splice(struct batch *batch, const struct row *row, struct bytes *ret_value)
{
    struct bytes payload = row->payload;
    struct scan scan = {.at = payload.data, .end = payload.data + payload.len};
    skip_space(&scan);
    if (!take(&scan, '{'))
        return false;

    // Room for the whole payload and the new member; what is cut is at most wasted.
    struct sink counted = {0};
    put_metadata(&counted, row);
    size_t most = payload.len + strlen(SEPARATOR) + counted.len;
    struct splice splice = {.out.to = batch_alloc(batch, most), .done = payload.data};
    const char *opened = scan.at;
    if (!take_members(&scan, &splice))
        return false;
    skip_space(&scan);
    if (scan.at != scan.end)
        return false;

    // In last: behind the last member that stays, or else just inside the opening brace.
    if (splice.last != NULL) {
        copy_up_to(&splice, splice.last);
        put_text(&splice.out, SEPARATOR);
    } else if (splice.done < opened) {
        copy_up_to(&splice, opened);
    }
    put_metadata(&splice.out, row);
    copy_up_to(&splice, scan.end);
    *ret_value = (struct bytes){.data = splice.out.to, .len = splice.out.len};
    return true;
}
