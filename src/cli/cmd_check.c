// SPDX-License-Identifier: Apache-2.0
//
// outrider check: what is wrong, or will be, before a message waits for it.
//
// It runs as the relay would: same DSN, same role, same Kafka login. It rolls back what it
// does to the table. A configuration that cannot be read has ended the program before this (78).
#include "check.h"
#include "command.h"
#include "exits.h"

#include <stdio.h>

enum { HELD_MS = 300000, MS = 1000 };

int
cmd_check(const struct invocation *invocation)
{
    struct text out __attribute__((cleanup(text_free))) = {0};
    const struct settings *settings = invocation->settings;
    struct findings findings = {0};
    struct check_topics topics = {0};
    int64_t held_ms = HELD_MS;

    if (!invocation_duration_ms(invocation, "held", &held_ms))
        return EX_USAGE;
    check_offline(settings, &findings);
    if (!invocation_flag(invocation, "offline")) {
        check_configured_topics(settings, &topics);
        check_database(settings, (int)(held_ms / MS), &findings, &topics);
        check_kafka(settings, &topics, &findings);
    }
    if (invocation_flag(invocation, "json"))
        findings_append_json(&out, &findings);
    else
        findings_append_text(&out, &findings);
    fputs(text_str(&out), stdout);
    const bool any = findings_count(&findings, SEVERITY_ERROR) > 0 ||
                     findings_count(&findings, SEVERITY_WARNING) > 0;
    check_topics_free(&topics);
    findings_free(&findings);
    return any ? EX_NO : EX_OK;
}
