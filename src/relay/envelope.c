// SPDX-License-Identifier: Apache-2.0
//
// From a row to a message on the wire.
//
// This runs once for every message, so it copies nothing that it can view and allocates once: the
// texts that have to be rendered and the headers' array are one piece of the batch's memory. Rows
// of one topic mostly follow one another, so a topic equal to the previous message's is neither
// judged nor stored again.
//
// Invariant: message->topic is set exactly when its name is good and allowed.
#include "outrider/relay/envelope.h"

#include "metadata.h"
#include "outrider/base/clock.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/broker/topic_name.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

// librdkafka's overhead of a record, RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD in its rdkafka_proto.h: the
// widest varints of length, offset, key length, value length and header count (5 bytes each) and of
// the timestamp (10), and the attributes (1). The same in 2.0.2 and 2.12.
#define RECORD_OVERHEAD 36

// Longer names than Kafka's 249 bytes are only looked at to say that they are too long.
#define TOPIC_ROOM 256

// What a header of outrider's own says.
enum field {
    FIELD_ID,
    FIELD_EVENT_TYPE,
    FIELD_AGGREGATE_TYPE,
    FIELD_AGGREGATE_ID,
    FIELD_CREATED_AT,
    FIELD_ATTEMPT, // from the second attempt on
    FIELD_SOURCE,  // the setting, or made of the aggregate type
    FIELD_SUBJECT, // the aggregate id, unless it is empty
    FIELD_TIME,    // created_at, if RFC 3339 can write it
    FIELD_SPECVERSION,
    FIELD_CONTENT_TYPE, // a row with another kind of payload says so in its own headers
};

// A row may say of itself, by a header, something else than by its columns: the same writer sets
// both. What outrider says of its own work is `fixed`: a row's header of that name is not sent, not
// even while outrider sends none.
struct own_header {
    struct bytes name;
    enum field field;
    bool fixed;
};

struct profile {
    const struct own_header *headers;
    size_t count;
};

#define TEXT(s)                                                                                    \
    {                                                                                              \
        .data = (s), .len = sizeof(s) - 1                                                          \
    }

static const struct own_header native[] = {
    {.name = TEXT("message-id"), .field = FIELD_ID, .fixed = true},
    {.name = TEXT("event-type"), .field = FIELD_EVENT_TYPE},
    {.name = TEXT("aggregate-type"), .field = FIELD_AGGREGATE_TYPE},
    {.name = TEXT("aggregate-id"), .field = FIELD_AGGREGATE_ID},
    {.name = TEXT("created-at"), .field = FIELD_CREATED_AT},
    {.name = TEXT("relay-attempt"), .field = FIELD_ATTEMPT, .fixed = true},
};

// What Debezium's outbox event router sends unless it is told to add fields.
static const struct own_header debezium[] = {
    {.name = TEXT("id"), .field = FIELD_ID, .fixed = true},
};

// CloudEvents 1.0.2, Kafka Protocol Binding, section 3.2 (binary content mode).
static const struct own_header cloudevents[] = {
    {.name = TEXT("ce_id"), .field = FIELD_ID, .fixed = true},
    {.name = TEXT("ce_source"), .field = FIELD_SOURCE},
    {.name = TEXT("ce_type"), .field = FIELD_EVENT_TYPE},
    {.name = TEXT("ce_subject"), .field = FIELD_SUBJECT},
    {.name = TEXT("ce_time"), .field = FIELD_TIME},
    {.name = TEXT("ce_specversion"), .field = FIELD_SPECVERSION, .fixed = true},
    {.name = TEXT("content-type"), .field = FIELD_CONTENT_TYPE},
};

#define PROFILE(list)                                                                              \
    {                                                                                              \
        .headers = (list), .count = sizeof(list) / sizeof((list)[0])                               \
    }

static const struct profile profiles[] = {
    [HEADERS_NATIVE] = PROFILE(native),
    [HEADERS_DEBEZIUM] = PROFILE(debezium),
    [HEADERS_CLOUDEVENTS] = PROFILE(cloudevents),
};

static const struct bytes specversion = TEXT("1.0");
static const struct bytes content_type = TEXT("application/json");

// The texts of one message that are not in its row; the headers view them.
struct rendered {
    char id[MESSAGE_ID_TEXT];
    char created_at[40];
    char attempt[12];
    struct bytes source; // cloudevents only
    struct header headers[];
};

// Everything that can be wrong with a message before anybody else has seen it.
enum failure_kind {
    TOPIC_NAME,
    TOPIC_NOT_ALLOWED,
    HEADERS,
    HEADER_NAME,
    NOT_AN_OBJECT,
    TOO_LARGE,
};

// State and fault are the same for all, see fail(). Only a configuration that changed can heal.
static const struct outcome failures[] = {
    [TOPIC_NAME] = {.permanent = true, .code = "TOPIC_NAME"}, // text: topic_name_problem's
    [TOPIC_NOT_ALLOWED] = {.code = "TOPIC_NOT_ALLOWED",
                           .text = "no pattern of message.topics_allow matches the topic; add one, "
                                   "or correct message.topic"},
    [HEADERS] = {.permanent = true,
                 .code = "HEADERS",
                 .text = "the row's headers are not a JSON object; correct them, then retry the "
                         "message"},
    [HEADER_NAME] = {.permanent = true,
                     .code = "HEADERS",
                     .text = "a name in the row's headers is empty or holds a control character, "
                             "such as a line feed; correct it, then retry the message"},
    [NOT_AN_OBJECT] = {.permanent = true,
                       .code = "NOT_AN_OBJECT",
                       .text = "the payload is not a JSON object, which message.format: metadata "
                               "needs; correct it, or use format: raw"},
    [TOO_LARGE] = {.permanent = true,
                   .code = "TOO_LARGE",
                   .text = "payload, key and headers exceed message.max.bytes; raise it (and the "
                           "topic's max.message.bytes), or send a reference to the content"},
};

// Returns false, so that a step can end with it.
static bool
fail(struct message *message, enum failure_kind kind, const char *text)
{
    message->outcome = failures[kind];
    message->outcome.state = OUTCOME_FAILED;
    message->outcome.fault = FAULT_MESSAGE;
    if (text != NULL)
        message->outcome.text = text;
    return false;
}

static bool
topic_allowed(const struct envelope_settings *settings, const char *topic)
{
    for (size_t i = 0; i < settings->topics_allow_count; i++) {
        if (glob_match(settings->topics_allow[i], topic))
            return true;
    }
    return false;
}

static bool
judge_topic(const struct envelope_settings *settings, struct message *message, const char *topic)
{
    const char *problem = topic_name_problem(topic);
    if (problem != NULL)
        return fail(message, TOPIC_NAME, problem);
    if (!topic_allowed(settings, topic))
        return fail(message, TOPIC_NOT_ALLOWED, NULL);
    return true;
}

static bool
topic_refused(const struct message *message)
{
    return message->outcome.state == OUTCOME_FAILED &&
           (message->outcome.code == failures[TOPIC_NAME].code ||
            message->outcome.code == failures[TOPIC_NOT_ALLOWED].code);
}

// A name that is far too long is judged, and then forgotten.
static bool
judge_long_topic(const struct envelope_settings *settings, struct message *message, size_t len)
{
    AUTOFREE char *topic = xmalloc(len + 1);
    template_render(&settings->topic, &message->row, topic);
    return judge_topic(settings, message, topic);
}

static bool
fill_topic(const struct envelope_settings *settings, struct batch *batch, struct message *message)
{
    size_t len = template_length(&settings->topic, &message->row);
    if (len >= TOPIC_ROOM)
        return judge_long_topic(settings, message, len);
    char topic[TOPIC_ROOM];
    template_render(&settings->topic, &message->row, topic);

    // The previous one may have no topic: it was held back, or has not been filled. A spent one's
    // topic was not judged.
    const struct message *previous = message > batch->messages ? message - 1 : NULL;
    if (previous != NULL && previous->topic != NULL && !previous->outcome.spent &&
        strcmp(previous->topic, topic) == 0) {
        message->topic = previous->topic;
        if (topic_refused(previous))
            message->outcome = previous->outcome;
        return !topic_refused(previous);
    }
    message->topic = memcpy(batch_alloc(batch, len + 1), topic, len + 1);
    return judge_topic(settings, message, topic);
}

static bool
has_names(const struct row *row)
{
    return row->aggregate_type.data && row->aggregate_id.data && row->event_type.data;
}

void
envelope_name_topic(const struct envelope_settings *settings, struct batch *batch,
                    struct message *message)
{
    const struct row *row = &message->row;
    size_t len = has_names(row) ? template_length(&settings->topic, row) : TOPIC_ROOM;

    if (len >= TOPIC_ROOM)
        return;
    char *topic = batch_alloc(batch, len + 1);
    template_render(&settings->topic, row, topic);
    message->topic = topic;
}

// RFC 3986, section 3.3: what may stand in a path segment as it is.
static bool
is_path_character(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static size_t
source_length(struct bytes aggregate_type)
{
    size_t len = 1;
    for (size_t i = 0; i < aggregate_type.len; i++)
        len += is_path_character(aggregate_type.data[i]) ? 1 : 3;
    return len;
}

// "/<aggregate type>", the type as one path segment: ce_source has to be a URI reference.
static struct bytes
render_source(struct bytes aggregate_type, char *out)
{
    static const char hex[] = "0123456789ABCDEF";
    char *end = out;
    *end++ = '/';
    for (size_t i = 0; i < aggregate_type.len; i++) {
        unsigned char c = (unsigned char)aggregate_type.data[i];
        if (is_path_character(aggregate_type.data[i])) {
            *end++ = aggregate_type.data[i];
        } else {
            *end++ = '%';
            *end++ = hex[c >> 4];
            *end++ = hex[c & 15];
        }
    }
    return (struct bytes){.data = out, .len = (size_t)(end - out)};
}

// Allocates all that the message needs, with room for every header, and fills in the texts.
static struct rendered *
render(const struct envelope_settings *settings, struct batch *batch, const struct row *row,
       const struct profile *profile)
{
    bool source_of_row =
        profile == &profiles[HEADERS_CLOUDEVENTS] && settings->cloudevents_source == NULL;
    size_t source_len = source_of_row ? source_length(row->aggregate_type) : 0;
    size_t headers = profile->count + row->header_count;
    struct rendered *rendered =
        batch_alloc(batch, sizeof *rendered + headers * sizeof(struct header) + source_len);

    message_id_format(&row->id, rendered->id);
    format_utc(row->created_at_us, 6, rendered->created_at);
    rendered->attempt[0] = '\0';
    if (row->retry_count > 0)
        snprintf(rendered->attempt, sizeof rendered->attempt, "%lld", row->retry_count + 1LL);
    rendered->source = source_of_row
                           ? render_source(row->aggregate_type, (char *)&rendered->headers[headers])
                           : bytes_from(settings->cloudevents_source);
    return rendered;
}

// False when the message has no such header.
static bool
field_value(enum field field, const struct row *row, const struct rendered *rendered,
            struct bytes *ret_value)
{
    switch (field) {
    case FIELD_ID:
        *ret_value = (struct bytes){.data = rendered->id, .len = MESSAGE_ID_TEXT - 1};
        return true;
    case FIELD_EVENT_TYPE:
        *ret_value = row->event_type;
        return true;
    case FIELD_AGGREGATE_TYPE:
        *ret_value = row->aggregate_type;
        return true;
    case FIELD_AGGREGATE_ID:
        *ret_value = row->aggregate_id;
        return true;
    case FIELD_CREATED_AT:
        *ret_value = bytes_from(rendered->created_at);
        return true;
    case FIELD_ATTEMPT:
        *ret_value = bytes_from(rendered->attempt);
        return ret_value->len > 0;
    case FIELD_SOURCE:
        *ret_value = rendered->source;
        return true;
    case FIELD_SUBJECT:
        *ret_value = row->aggregate_id;
        return ret_value->len > 0;
    case FIELD_TIME:
        // The infinities and years of more than four digits do not start with a digit.
        *ret_value = bytes_from(rendered->created_at);
        return isdigit((unsigned char)rendered->created_at[0]);
    case FIELD_SPECVERSION:
        *ret_value = specversion;
        return true;
    case FIELD_CONTENT_TYPE:
        *ret_value = content_type;
        return true;
    }
    assert(!"a field of no profile");
    return false;
}

static bool
row_has_header(const struct row *row, struct bytes name)
{
    for (size_t i = 0; i < row->header_count; i++) {
        if (bytes_equal(row->headers[i].name, name))
            return true;
    }
    return false;
}

static bool
is_fixed(const struct profile *profile, struct bytes name)
{
    for (size_t i = 0; i < profile->count; i++)
        if (profile->headers[i].fixed && bytes_equal(profile->headers[i].name, name))
            return true;
    return false;
}

// outrider's own headers, then the row's, each name once: a row's replaces outrider's of the same
// name, except a fixed one.
static void
fill_headers(const struct profile *profile, struct rendered *rendered, struct message *message)
{
    const struct row *row = &message->row;
    size_t count = 0;
    for (size_t i = 0; i < profile->count; i++) {
        const struct own_header *own = &profile->headers[i];
        struct header header = {.name = own->name};
        if (!own->fixed && row_has_header(row, own->name))
            continue;
        if (field_value(own->field, row, rendered, &header.value))
            rendered->headers[count++] = header;
    }
    for (size_t i = 0; i < row->header_count; i++) {
        if (!is_fixed(profile, row->headers[i].name))
            rendered->headers[count++] = row->headers[i];
    }
    message->headers = rendered->headers;
    message->header_count = count;
}

// Kafka takes any name. But consumers print names, and hand them to protocols of lines, HTTP first:
// there a line feed would forge a header, and an empty name is none. Names are UTF-8, so a byte of
// C2 in front tells the controls behind U+007F.
bool
envelope_header_name_good(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char c = (unsigned char)name.data[i];
        const bool after_c2 = i > 0 && (unsigned char)name.data[i - 1] == 0xC2;
        if (c < ' ' || c == 0x7F || (after_c2 && c < 0xA0))
            return false;
    }
    return name.len > 0;
}

static bool
header_names_good(const struct row *row)
{
    for (size_t i = 0; i < row->header_count; i++)
        if (!envelope_header_name_good(row->headers[i].name))
            return false;
    return true;
}

// A view of the payload, except with format metadata. A tombstone is one in every format.
static bool
fill_value(const struct envelope_settings *settings, struct batch *batch, struct message *message)
{
    message->value = message->row.payload;
    if (settings->format != FORMAT_METADATA || message->value.data == NULL)
        return true;
    if (!metadata_splice(batch, &message->row, &message->value))
        return fail(message, NOT_AN_OBJECT, NULL);
    return true;
}

// The bytes of a length as a zig-zag varint.
static size_t
varint_bytes(size_t len)
{
    size_t bytes = 1;
    for (len <<= 1; len > 0x7f; len >>= 7)
        bytes++;
    return bytes;
}

// As rd_kafka_msg_new0 of librdkafka counts against message.max.bytes.
size_t
envelope_wire_bytes(const struct message *message)
{
    size_t bytes = RECORD_OVERHEAD + message->key.len + message->value.len;
    for (size_t i = 0; i < message->header_count; i++) {
        const struct header *header = &message->headers[i];
        bytes += varint_bytes(header->name.len) + header->name.len;
        bytes += varint_bytes(header->value.len) + header->value.len;
    }
    return bytes;
}

void
envelope_fill(const struct envelope_settings *settings, struct batch *batch,
              struct message *message, size_t max_message_bytes)
{
    const struct row *row = &message->row;
    if ((has_names(row) || !row->withheld) && !fill_topic(settings, batch, message))
        return;
    // Before the value: a payload that did not travel looks like a tombstone.
    if (row->withheld) {
        fail(message, TOO_LARGE, NULL);
        return;
    }
    if (row->headers_malformed || !header_names_good(row)) {
        fail(message, row->headers_malformed ? HEADERS : HEADER_NAME, NULL);
        return;
    }
    if (!fill_value(settings, batch, message))
        return;

    // Binary mode is its headers, so format cloudevents implies them.
    enum header_profile wanted =
        settings->format == FORMAT_CLOUDEVENTS ? HEADERS_CLOUDEVENTS : settings->headers;
    const struct profile *profile = &profiles[wanted];
    struct rendered *rendered = render(settings, batch, row, profile);
    enum column key = wanted == HEADERS_DEBEZIUM ? COLUMN_AGGREGATE_ID : settings->key;
    message->key = row_column(row, key, rendered->id);
    fill_headers(profile, rendered, message);
    if (envelope_wire_bytes(message) > max_message_bytes)
        fail(message, TOO_LARGE, NULL);
}
