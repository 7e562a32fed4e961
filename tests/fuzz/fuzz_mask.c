// SPDX-License-Identifier: Apache-2.0
//
// A DSN's secrets. Of a DSN that a configuration may have, libpq itself is asked what in it is one:
// none of them survives masking, and whatever else it holds does. Of what is refused, a password in
// a URI's place does not survive either.
// links: base model store src/config/mask.c
#include "tests/fuzz/fuzz.h"

#include "outrider/store/store.h"
#include "src/config/mask.h"

#include <libpq-fe.h>
#include <stdbool.h>

#define SECRET "hunter2"

static const char *const secret_keywords[] = {"password", "sslpassword"};

static bool
is_secret(const char *keyword)
{
    for (size_t i = 0; i < sizeof secret_keywords / sizeof secret_keywords[0]; i++)
        if (strcmp(secret_keywords[i], keyword) == 0)
            return true;
    return false;
}

static void
compare(const PQconninfoOption *before, const PQconninfoOption *after, const char *masked)
{
    for (; before->keyword != NULL; before++, after++) {
        if (before->val == NULL && is_secret(before->keyword))
            continue; // an empty one in a URI, which is masked too
        if (before->val == NULL || after->val == NULL)
            CHECK(before->val == after->val, "%s in %s", before->keyword, masked);
        else if (strcmp(before->keyword, "options") == 0 && strcmp(after->val, MASK) == 0)
            continue; // a setting in it has a secret's name
        else if (is_secret(before->keyword))
            CHECK(strcmp(after->val, MASK) == 0, "%s in %s", before->keyword, masked);
        else
            CHECK(strcmp(before->val, after->val) == 0, "%s in %s", before->keyword, masked);
    }
}

// libpq takes a '?' before the '@' for a part of the user; whoever wrote that has forgotten to
// escape one, and more is masked than libpq would say.
static bool
is_odd(const char *dsn)
{
    const char *question = strchr(dsn, '?');
    return strstr(dsn, "://") != NULL && question != NULL && strchr(question, '@') != NULL;
}

static void
check_as_libpq_reads_it(const char *dsn, const char *masked)
{
    struct error err;
    if (is_odd(dsn) || !store_check_dsn(dsn, &err))
        return;
    PQconninfoOption *before = PQconninfoParse(dsn, NULL);
    PQconninfoOption *after = PQconninfoParse(masked, NULL);
    CHECK(after != NULL, "it cannot be read any more: %s", masked);
    compare(before, after, masked);
    CLEANUP(input_free) char *again = mask_dsn(masked);
    CHECK(strcmp(masked, again) == 0, "%s becomes %s", masked, again);
    PQconninfoFree(before);
    PQconninfoFree(after);
}

static void
check_masked(const char *dsn)
{
    CLEANUP(input_free) char *masked = mask_dsn(dsn);
    CHECK(mask_needed(dsn) == (strcmp(masked, dsn) != 0), "%s", masked);
    check_as_libpq_reads_it(dsn, masked);
}

// As somebody writes it who does not know what has to be escaped. A '?' begins the parameters.
static void
check_broken_uri(const char *front, const char *back)
{
    char dsn[512];
    if (strchr(front, '?') != NULL || strchr(back, '?') != NULL)
        return;
    const int len = snprintf(dsn, sizeof dsn, "postgresql://u:%s" SECRET "%s@h/db", front, back);
    if (len < 0 || (size_t)len >= sizeof dsn)
        return;
    CLEANUP(input_free) char *masked = mask_dsn(dsn);
    CHECK(strstr(masked, SECRET) == NULL, "%s", masked);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {(const char *)data, (const char *)data + size};
    CLEANUP(input_free) char *dsn = input_text(&input);
    CLEANUP(input_free) char *front = input_text(&input);
    CLEANUP(input_free) char *back = input_text(&input);
    check_masked(dsn);
    check_broken_uri(front, back);
    return 0;
}
