// SPDX-License-Identifier: Apache-2.0
// The copy of a dead message that goes to outbox.dead_topic.
//
// It is for consumers that handle dead letters from Kafka: what the row held, and why it did not
// arrive. It is made of the row; of the message that failed, which may never have been sent, come
// its topic and its outcome alone.
#include "dead_letter.h"

#include "outrider/base/clock.h"
#include "outrider/relay/envelope.h"

#include <stdio.h>
#include <string.h>

enum { OWN_MAX = 11 };

// Texts that the headers view.
struct texts {
    char id[MESSAGE_ID_TEXT];
    char created_at[40];
    char dead_at[40];
    char attempts[24];
    char payload_bytes[24];
};

struct own {
    struct header list[OWN_MAX];
    size_t count;
};

static void
add(struct own *own, const char *name, struct bytes value)
{
    own->list[own->count++] = (struct header){bytes_from(name), value};
}

static struct texts *
render(struct batch *batch, const struct message *message, int64_t attempts)
{
    const struct row *row = &message->row;
    struct texts *texts = batch_alloc(batch, sizeof *texts);

    message_id_format(&row->id, texts->id);
    format_utc(row->created_at_us, 6, texts->created_at);
    format_utc(wall_us(), 6, texts->dead_at);
    snprintf(texts->attempts, sizeof texts->attempts, "%lld", (long long)attempts);
    snprintf(texts->payload_bytes, sizeof texts->payload_bytes, "%lld",
             (long long)row->payload_bytes);
    return texts;
}

// How much of the row a copy has room for.
enum room { ROOM_FOR_ALL, ROOM_WITHOUT_PAYLOAD, ROOM_FOR_REASON };

static struct own
own_headers(const struct message *message, const struct texts *texts, enum room room)
{
    const struct row *row = &message->row;
    struct own own = {.count = 0};

    add(&own, "message-id", bytes_from(texts->id));
    if (room != ROOM_FOR_REASON) {
        add(&own, "event-type", row->event_type);
        add(&own, "aggregate-type", row->aggregate_type);
        add(&own, "aggregate-id", row->aggregate_id);
    }
    add(&own, "created-at", bytes_from(texts->created_at));
    add(&own, "dead-at", bytes_from(texts->dead_at));
    add(&own, "dead-topic", bytes_from(message->topic));
    add(&own, "dead-code", bytes_from(message->outcome.code));
    add(&own, "dead-error", bytes_from(message->outcome.text));
    add(&own, "dead-attempts", bytes_from(texts->attempts));
    if (room != ROOM_FOR_ALL && !row->unreadable)
        add(&own, "dead-payload-bytes", bytes_from(texts->payload_bytes));
    return own;
}

// What a copy has itself, and what no message may have: the number of a message's attempt, which
// the copy says otherwise, and the name that may be why the message is dead.
static bool
is_kept_out(const struct own *own, struct bytes name)
{
    if (bytes_equal(name, bytes_from("relay-attempt")) || !envelope_header_name_good(name))
        return true;
    for (size_t i = 0; i < own->count; i++)
        if (bytes_equal(own->list[i].name, name))
            return true;
    return false;
}

// Ours, then the row's, which cannot replace ours.
static void
fill_headers(struct batch *batch, struct message *copy, const struct own *own, bool with_rows)
{
    const struct row *row = &copy->row;
    size_t most = own->count + (with_rows ? row->header_count : 0);

    copy->headers = batch_alloc(batch, most * sizeof *copy->headers);
    memcpy(copy->headers, own->list, own->count * sizeof *copy->headers);
    copy->header_count = own->count;
    for (size_t i = 0; i < row->header_count && with_rows; i++)
        if (!is_kept_out(own, row->headers[i].name))
            copy->headers[copy->header_count++] = row->headers[i];
}

struct message *
dead_letter(struct batch *batch, const struct message *message, int64_t attempts, const char *topic,
            size_t max_message_bytes)
{
    const struct row *row = &message->row;
    const struct texts *texts = render(batch, message, attempts);
    struct message *copy = batch_alloc(batch, sizeof *copy);
    enum room room = row->withheld || row->unreadable ? ROOM_WITHOUT_PAYLOAD : ROOM_FOR_ALL;

    for (;; room++) {
        struct own own = own_headers(message, texts, room);
        *copy = (struct message){.row = *row, .topic = topic};
        if (room == ROOM_FOR_ALL)
            copy->value = row->payload;
        if (room != ROOM_FOR_REASON)
            copy->key = row->aggregate_id;
        fill_headers(batch, copy, &own, room != ROOM_FOR_REASON);
        if (room == ROOM_FOR_REASON || envelope_wire_bytes(copy) <= max_message_bytes)
            return copy;
    }
}
