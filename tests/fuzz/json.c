// SPDX-License-Identifier: Apache-2.0
//
// A strict reader of one JSON object's members; see the header. Recursive, because its inputs are
// small.
#include "tests/fuzz/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH = 64 };

struct reader {
    const char *at, *end;
};

static bool read_value(struct reader *r, int depth);

static void
skip_space(struct reader *r)
{
    while (r->at < r->end && *r->at != '\0' && strchr(" \t\n\r", *r->at) != NULL)
        r->at++;
}

static bool
take(struct reader *r, const char *word)
{
    const size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool
take_escape(struct reader *r)
{
    if (r->at == r->end || *r->at == '\0')
        return false;
    const char c = *r->at++;
    if (c != 'u')
        return strchr("\"\\/bfnrt", c) != NULL;
    for (int i = 0; i < 4; i++)
        if (r->at == r->end || !isxdigit((unsigned char)*r->at++))
            return false;
    return true;
}

static bool
read_string(struct reader *r)
{
    if (!take(r, "\""))
        return false;
    while (r->at < r->end && *r->at != '"') {
        const unsigned char c = (unsigned char)*r->at++;
        if (c < 0x20 || (c == '\\' && !take_escape(r)))
            return false;
    }
    return take(r, "\"");
}

static size_t
digits(struct reader *r)
{
    const char *start = r->at;
    while (r->at < r->end && isdigit((unsigned char)*r->at))
        r->at++;
    return (size_t)(r->at - start);
}

static bool
read_number(struct reader *r)
{
    take(r, "-");
    const bool zero = r->at < r->end && *r->at == '0';
    const size_t whole = digits(r);
    if (whole == 0 || (zero && whole > 1))
        return false;
    if (take(r, ".") && digits(r) == 0)
        return false;
    if (!take(r, "e") && !take(r, "E"))
        return true;
    if (!take(r, "+"))
        take(r, "-");
    return digits(r) > 0;
}

// The members of an object, or the elements of an array.
static bool
read_list(struct reader *r, const char *close, int depth, struct json_object *ret_object)
{
    const bool named = *close == '}';
    skip_space(r);
    if (take(r, close))
        return true;
    do {
        skip_space(r);
        const char *name = r->at;
        if (named && !read_string(r))
            return false;
        const struct bytes name_bytes = {name, (size_t)(r->at - name)};
        skip_space(r);
        if (named && !take(r, ":"))
            return false;
        skip_space(r);
        const char *value = r->at;
        if (!read_value(r, depth))
            return false;
        if (ret_object != NULL) {
            if (ret_object->count == JSON_MEMBERS)
                return false;
            ret_object->members[ret_object->count].name = name_bytes;
            ret_object->members[ret_object->count++].value =
                (struct bytes){value, (size_t)(r->at - value)};
        }
        skip_space(r);
    } while (take(r, ","));
    return take(r, close);
}

static bool
read_value(struct reader *r, int depth)
{
    if (depth == DEPTH || r->at == r->end)
        return false;
    if (*r->at == '"')
        return read_string(r);
    if (take(r, "{"))
        return read_list(r, "}", depth + 1, NULL);
    if (take(r, "["))
        return read_list(r, "]", depth + 1, NULL);
    return take(r, "true") || take(r, "false") || take(r, "null") || read_number(r);
}

bool
json_read(struct bytes text, struct json_object *ret_object)
{
    struct reader r = {text.data, text.data + text.len};
    ret_object->count = 0;
    skip_space(&r);
    if (!take(&r, "{") || !read_list(&r, "}", 1, ret_object))
        return false;
    skip_space(&r);
    return r.at == r.end;
}

// `name` was read by the above: its escapes are complete.
bool
json_name_is(struct bytes name, const char *plain)
{
    const char *at = name.data + 1, *end = name.data + name.len - 1;
    for (; *plain != '\0'; plain++) {
        if (at == end)
            return false;
        long c = (unsigned char)*at++;
        if (c == '\\' && *at == 'u') {
            const char hex[5] = {at[1], at[2], at[3], at[4], '\0'};
            c = strtol(hex, NULL, 16);
            at += 5;
        }
        if (c != *plain)
            return false;
    }
    return at == end;
}
