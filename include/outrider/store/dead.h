// SPDX-License-Identifier: Apache-2.0
// Dead letters: rows that were given up. Listed, given new attempts, or discarded, page by page,
// each page a transaction of its own. On a session of its own.
#ifndef OUTRIDER_STORE_DEAD_H
#define OUTRIDER_STORE_DEAD_H

#include "outrider/base/error.h"
#include "outrider/model/message_id.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dead; // a session with the table's shape

// Which rows: those that everything here fits. Borrows all of it.
struct dead_selection {
    const struct message_id *ids; // NULL: any
    size_t id_count;
    const char *topic;     // as it would be rendered; NULL: any
    const char *aggregate; // aggregate id; NULL: any
    const char *error;     // error_class, or a part of last_error; NULL: any
    int64_t since_ms;      // died within this time; 0: at any time
    const char *since;     // or not before this one, as PostgreSQL reads it; NULL: at any time
};

enum dead_action {
    DEAD_LOOK,
    DEAD_MEASURE, // with payload_bytes, for which every payload is read
    DEAD_SHOW,    // with payload_bytes, headers and payload
    DEAD_RETRY,
    DEAD_DISCARD,
};

// Why a row was not changed.
enum dead_skip {
    DEAD_SKIP_UNKNOWN, // one of the others
    DEAD_SKIP_LOCKED,  // another session has its lock
    DEAD_SKIP_GONE,    // another session was faster: it is not dead any more, or not in the table
    DEAD_SKIP_KEPT,    // a trigger or row security of the table lets the statement leave it out
};

// A row as it was before anything was changed. Texts are the page's, NULL where the row has NULL or
// version 1 has no such column, and end with "..." where they are cut: a topic behind 249
// characters, an error behind 500 and all others behind 200; where a row is shown, each but the
// topic behind 10,000. Payload and headers of more than 16 MB are NULL.
struct dead_letter {
    const char *id;
    const char *topic;
    const char *aggregate_type;
    const char *aggregate_id;
    const char *event_type;
    const char *error_class;
    const char *error;
    int64_t retry_count;
    bool has_created_at, has_dead_at, has_payload_bytes;
    int64_t created_at_us; // Unix microseconds, UTC_INFINITY and UTC_MINUS_INFINITY too
    int64_t dead_at_us;
    int64_t dead_for_ms; // 0 when it died in the future
    int64_t payload_bytes;
    bool changed;        // RETRY, DISCARD
    enum dead_skip skip; // of one that was not changed, and that the table did not refuse
    // Why some column of it cannot be read, which is NULL then; NULL: all can.
    const char *unreadable;
    const char *headers; // SHOW: JSON
    const char *payload; // SHOW: text, bytea in hex
    const char *payload_json;
};

// Rows by the time of their death (version 1: by created_at), the oldest first.
struct dead_page {
    struct dead_letter *letters;
    size_t count;
    bool last;            // there is none behind it
    bool unclear;         // only after a failure: the rows may or may not have been changed
    struct error refused; // its code is empty, or this is why the table kept its one row as it is
    char *database_user;  // who did it
    struct session_result *result;
    // Where the next page begins.
    char *position;
    char *id;
};

bool dead_open(const struct store_settings *settings, struct dead **ret_dead, struct error *err)
    __attribute__((warn_unused_result));
void dead_close(struct dead *dead);

// Called before each transaction from now on. In between nothing is under way, and no page has been
// changed that the caller does not have.
typedef void dead_between_call(void *context);
void dead_between(struct dead *dead, dead_between_call *call, void *context);

// Puts the page that comes behind `page` in its place, after a zeroed one the first, of at most
// `limit` rows; RETRY and DISCARD have changed them and committed. A row is met once, even if it
// dies again meanwhile. After a failure the page has no rows, unless it is `unclear`.
// Error codes beside SQLSTATEs: "VERSION": the selection asks for what version 1 does not know;
// "CHANGED": the table's version changed since dead_open.
bool dead_next(struct dead *dead, const struct dead_selection *selection, enum dead_action action,
               size_t limit, struct dead_page *page, struct error *err)
    __attribute__((warn_unused_result));
void dead_page_free(struct dead_page *page);

// The dead that have no id are in no page, for nobody could name them. How many there are, and the
// statement that gives them ids; both NULL when there are none. The caller frees them.
struct dead_nameless {
    char *count, *remedy;
};

bool dead_find_nameless(struct dead *dead, struct dead_nameless *ret_nameless, struct error *err)
    __attribute__((warn_unused_result));

// What became of a row that was asked for by its id and was in no page.
enum dead_state { DEAD_ABSENT, DEAD_PUBLISHED, DEAD_ALIVE, DEAD_UNSELECTED };

// Fills ret_states, one an id.
bool dead_states(struct dead *dead, const struct message_id *ids, size_t count,
                 enum dead_state *ret_states, struct error *err)
    __attribute__((warn_unused_result));

#endif
