// SPDX-License-Identifier: Apache-2.0
// THE table of what can be configured. It drives the file, the environment, -o, `config print`,
// `config keys` and the example file; no key is known anywhere else.
#ifndef OUTRIDER_CONFIG_KEYS_H
#define OUTRIDER_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum key_type {
    KEY_STRING,     // const char *; least and most count bytes
    KEY_DSN,        // const char *; may hold a password
    KEY_TABLE,      // const char *; a table's name
    KEY_INT,        // int
    KEY_DURATION,   // int, milliseconds
    KEY_PERIOD,     // int64_t, milliseconds: a duration of weeks or years
    KEY_SIZE,       // int64_t, bytes
    KEY_ENUM,       // an enum as wide as int; words are indexed by its values
    KEY_LIST,       // char *const *, and a size_t at count_offset
    KEY_TEMPLATE,   // struct template
    KEY_TOPIC,      // const char *, a topic's name
    KEY_ADDRESS,    // const char *, host:port to listen on; empty: none
    KEY_COLUMNS,    // const char *[COLUMN_COUNT]; entries are outbox.columns.<column>
    KEY_PROPERTIES, // const struct property *, and a size_t at count_offset; kafka.<property>
};

// What a reload does when the key has another value than before.
enum key_reload {
    RELOAD_LANES,   // the lanes end and start anew with it
    RELOAD_AT_ONCE, // they have nothing to do with it
    RELOADS,
};

struct key {
    const char *path; // "section.name" or "name"
    enum key_type type;
    size_t offset;        // of its place in struct settings
    size_t count_offset;  // of the number of elements, where there are many
    const char *fallback; // the default as text; NULL: null, so the key may be null
    int64_t least, most;  // bounds, both allowed, in the type's unit
    const char *const *words;
    size_t word_count;
    bool only_names; // of a list: each item is a host's name or a pattern of names
    enum key_reload reload;
    const char *doc; // one sentence for the reference
};

struct section {
    const char *name;
    const char *doc;
};

extern const struct key keys_table[];
extern const size_t keys_count;
extern const struct section keys_sections[];
extern const size_t keys_section_count;

// NULL when there is no such key. An entry of a map is not a key.
const struct key *keys_find(const char *path);

// Also "map.name": *ret_name points to the name then, and is NULL for a key itself.
const struct key *keys_find_entry(const char *path, const char **ret_name);

// Does some key live below "path."?
bool keys_is_section(const char *path);

bool keys_may_be_null(const struct key *key);

// True for the types whose entries have names of their own.
bool keys_is_map(const struct key *key);

#endif
