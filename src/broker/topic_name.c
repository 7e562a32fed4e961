// SPDX-License-Identifier: Apache-2.0
// Kafka's rule for topic names, applied before anything is sent: a broker's refusal would fail a
// whole batch, and cost the producer its epoch, for what can be seen here.
#include "outrider/broker/topic_name.h"

#include "outrider/base/text.h"

#include <stddef.h>
#include <string.h>

enum { TOPIC_NAME_MAX = 249 }; // 255 for a file name, less what Kafka appends for the partition

const char *
topic_name_problem(const char *topic)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789._-";
    size_t length = strlen(topic);
    if (length == 0)
        return "the topic's name is empty";
    if (length > TOPIC_NAME_MAX)
        return "the topic's name is longer than 249 characters";
    if (str_equal(topic, ".") || str_equal(topic, ".."))
        return "the topic's name is \".\" or \"..\"";
    if (topic[strspn(topic, legal)] != '\0')
        return "the topic's name has a character other than a-z, A-Z, 0-9, '.', '_' and '-'";
    if (str_starts_with(topic, "__"))
        return "the topic's name begins with \"__\", which is Kafka's own";
    return NULL;
}
