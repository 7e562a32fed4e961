// SPDX-License-Identifier: Apache-2.0
// Secrets out of what people see.
//
// A DSN stays readable but for its passwords, because host and database are what one looks for when
// something does not connect. The two forms are those of PostgreSQL's manual, "Connection Strings".
// A password with an unescaped '/' or '@' is malformed, and may still be shown in an error: so in a
// URI everything from the user's ':' to the last '@' before the parameters is masked. libpq decodes
// a URI's keywords as it does its values ("pass%77ord"), so they are compared decoded; one that
// cannot be decoded counts as a secret.
#include "mask.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Source: PostgreSQL's manual, "Parameter Key Words", up to version 18.
static const char *const secret_keywords[] = {
    "password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key",
};

static bool
is_secret_keyword(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(secret_keywords) / sizeof(secret_keywords[0]); i++)
        if (strlen(secret_keywords[i]) == len && strncasecmp(secret_keywords[i], name, len) == 0)
            return true;
    return false;
}

// The value of a hexadecimal digit; -1: it is none.
static int
hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

// "%77" is 'w'. False when it cannot be decoded. Source: conninfo_uri_decode() of libpq, which also
// drops blanks around from version 18 on.
static bool
decode(struct text *out, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] != '%') {
            text_append_char(out, s[i]);
            continue;
        }
        const int high = i + 2 < len ? hex(s[i + 1]) : -1;
        const int low = high >= 0 ? hex(s[i + 2]) : -1;
        if (low < 0 || high + low == 0)
            return false;
        text_append_char(out, (char)(high << 4 | low));
        i += 2;
    }
    return true;
}

// Words of a server's setting that may hold a secret, as in "-c app.password=...".
static const char *const secret_words[] = {
    "pass", "pwd", "secret", "token", "key", "credential", "jwt", "bearer", "auth",
};

// The server drops backslashes from "-c app.pa\\ssword=...".
static bool
has_secret_word(const char *settings)
{
    __attribute__((cleanup(text_free))) struct text plain = {0};

    for (; *settings != '\0'; settings++)
        if (*settings != '\\')
            text_append_char(&plain, *settings);
    for (size_t i = 0; i < sizeof(secret_words) / sizeof(secret_words[0]); i++)
        if (strcasestr(text_str(&plain), secret_words[i]) != NULL)
            return true;
    return false;
}

// Is the value of this keyword to be masked? A URI's are decoded before. Of "options" all is, or
// nothing: what belongs to which setting is the server's to say.
static bool
is_secret(const char *name, const char *value)
{
    name += strspn(name, " \t\n\r\f\v");
    size_t len = strlen(name);
    while (len > 0 && isspace((unsigned char)name[len - 1]))
        len--;
    return is_secret_keyword(name, len) ||
           (len == strlen("options") && strncasecmp(name, "options", len) == 0 &&
            has_secret_word(value));
}

static bool
is_secret_parameter(const char *name, size_t name_len, const char *value, size_t value_len)
{
    __attribute__((cleanup(text_free))) struct text own_name = {0}, own_value = {0};
    if (!decode(&own_name, name, name_len))
        return true;
    const bool decoded = decode(&own_value, value, value_len);
    return is_secret(text_str(&own_name), decoded ? text_str(&own_value) : secret_words[0]);
}

// Where the URI's user information ends: the last '@' before the parameters, NULL when there is
// none. libpq takes an '@' before the first '/' even behind a '?'; then it may end a password.
static const char *
find_at(const char *authority)
{
    const char *slash = authority + strcspn(authority, "/");
    const char *question = authority + strcspn(authority, "?");
    if (question < slash && memchr(authority, ':', (size_t)(question - authority)) != NULL)
        question = slash + strcspn(slash, "?");
    return memrchr(authority, '@', (size_t)(question - authority));
}

// From the '?': each value of a secret parameter up to its '&'.
static void
append_parameters(struct text *out, const char *p)
{
    while (*p != '\0') {
        text_append_char(out, *p++); // '?' or '&'
        size_t name_len = strcspn(p, "=&");
        text_append_bytes(out, p, name_len);
        size_t value_len = strcspn(p + name_len, "&");
        if (p[name_len] == '=' && is_secret_parameter(p, name_len, p + name_len + 1, value_len - 1))
            text_append(out, "=" MASK);
        else
            text_append_bytes(out, p + name_len, value_len);
        p += name_len + value_len;
    }
}

// p: behind "://".
static void
append_uri(struct text *out, const char *p)
{
    const char *at = find_at(p);
    if (at != NULL) {
        const char *colon = memchr(p, ':', (size_t)(at - p));
        text_append_bytes(out, p, (size_t)((colon != NULL ? colon : at) - p));
        if (colon != NULL)
            text_append(out, ":" MASK);
        p = at;
    }
    size_t before = strcspn(p, "?");
    text_append_bytes(out, p, before);
    append_parameters(out, p + before);
}

// The end of a keyword's value: 'quoted', or up to a space; '\' takes the next character with it.
static const char *
skip_value(const char *p)
{
    bool quoted = *p == '\'';
    p += quoted;
    while (*p != '\0' && (quoted ? *p != '\'' : !isspace((unsigned char)*p)))
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    return *p == '\'' ? p + 1 : p;
}

static const char *
skip_space(const char *p)
{
    while (isspace((unsigned char)*p))
        p++;
    return p;
}

static bool
is_secret_pair(const char *name, const char *name_end, const char *value, const char *value_end)
{
    AUTOFREE char *own_name = xstrndup(name, (size_t)(name_end - name));
    AUTOFREE char *own_value = xstrndup(value, (size_t)(value_end - value));
    return is_secret(own_name, own_value);
}

// A word that is no "name = value" may be copied, unless a secret came before: then it is perhaps
// the rest of it, of one with a blank or a quote that was not escaped, and so is all behind it.
static void
append_keywords(struct text *out, const char *p)
{
    bool after_secret = false;
    while (*p != '\0') {
        const char *name = skip_space(p);
        const char *name_end = name;
        while (*name_end != '\0' && *name_end != '=' && !isspace((unsigned char)*name_end))
            name_end++;
        const char *equals = skip_space(name_end);
        const char *value = *equals == '=' ? skip_space(equals + 1) : name_end;
        const char *end = *equals == '=' ? skip_value(value) : name_end;
        if (*equals != '=' && after_secret && name != name_end) {
            text_append_bytes(out, p, (size_t)(name - p));
            text_append(out, MASK);
            return;
        }
        text_append_bytes(out, p, (size_t)(value - p));
        if (*equals == '=' && is_secret_pair(name, name_end, value, end)) {
            // Behind a quote no blank is needed, behind the mask one is.
            text_append(out, *end == '\0' || isspace((unsigned char)*end) ? MASK : MASK " ");
            after_secret = true;
        } else {
            text_append_bytes(out, value, (size_t)(end - value));
        }
        p = end;
    }
}

char *
mask_dsn(const char *dsn)
{
    struct text out = {0};
    const char *scheme = strstr(dsn, "://");
    const char *equals = strchr(dsn, '=');
    if (scheme != NULL && (equals == NULL || scheme < equals)) {
        text_append_bytes(&out, dsn, (size_t)(scheme + 3 - dsn));
        append_uri(&out, scheme + 3);
    } else {
        append_keywords(&out, dsn);
    }
    text_append(&out, "");
    return out.data;
}

bool
mask_needed(const char *dsn)
{
    AUTOFREE char *masked = mask_dsn(dsn);
    return !str_equal(masked, dsn);
}
