// SPDX-License-Identifier: Apache-2.0
// From entries to settings: references followed, values judged and put in their places.
//
// A value that another source overrides is judged all the same, but its reference is not followed:
// a secret that is not there hurts nobody who does not use it. What a value means is asked of the
// layer that will use it (store, broker, model); here is only its form.
//
// No text of an error holds a value that may be a secret: those of DSNs and Kafka's properties are
// never quoted here.
#include "settle.h"

#include "describe.h"
#include "mask.h"
#include "reference.h"
#include "utf8.h"

#include "outrider/base/address.h"
#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"
#include "outrider/broker/topic_name.h"
#include "outrider/config/parse.h"
#include "outrider/config/settings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

// One entry being settled.
struct settling {
    const struct loading *loading;
    struct settings *settings;
    struct entry *entry;
};

// Where the table says that the value goes.
static void *
place_of(const struct settling *s)
{
    return (char *)s->settings + s->entry->key->offset;
}

// As an error may show it: a property's name is whatever somebody wrote.
static void
append_entry_path(struct text *out, const struct entry *entry)
{
    CLEANUP(text_free) struct text path = {0};
    describe_path(&path, entry->key, entry->name);
    problems_append_shown(out, text_str(&path));
}

// Notes the problem and takes the entry out of what follows.
static void
complain(const struct settling *s, const char *what)
{
    CLEANUP(text_free) struct text path = {0};
    append_entry_path(&path, s->entry);
    problems_add(s->loading->problems, &s->entry->origin, text_str(&path), "%s", what);
    s->entry->bad = true;
}

// "what is wrong; what is allowed". subject: quoted in front, NULL for none; with_units: how
// numbers are written is told too.
static void
complain_form(const struct settling *s, const char *subject, const char *what, bool with_units)
{
    CLEANUP(text_free) struct text line = {0};
    if (subject != NULL) {
        text_append_char(&line, '"');
        problems_append_shown(&line, subject);
        text_append(&line, "\" ");
    }
    text_appendf(&line, "%s; allowed: ", what);
    describe_allowed(&line, s->entry->key);
    if (with_units)
        describe_units(&line, s->entry->key);
    complain(s, line.data);
}

static void
complain_allowed(const struct settling *s, const char *subject, const char *what)
{
    complain_form(s, subject, what, false);
}

// --- one value of each type ---------------------------------------------------------------------

// The setting borrows the entry's text; both live as long as the config.
static void
put_text(const struct settling *s)
{
    *(const char **)place_of(s) = s->entry->null ? NULL : s->entry->items[0];
}

static void
settle_string(const struct settling *s)
{
    size_t len = strlen(s->entry->items[0]);
    if (len < (size_t)s->entry->key->least || len > (size_t)s->entry->key->most)
        complain_allowed(s, NULL, len == 0 ? "is empty" : "is too long");
    else
        put_text(s);
}

// store's text never quotes the DSN.
static void
settle_dsn(const struct settling *s)
{
    struct error err;
    if (!store_check_dsn(s->entry->items[0], &err))
        complain(s, err.text);
    else
        put_text(s);
}

static void
settle_table(const struct settling *s)
{
    struct error err;
    if (!store_check_table(s->entry->items[0], &err))
        complain(s, err.text);
    else
        put_text(s);
}

static void
settle_enum(const struct settling *s)
{
    const struct key *key = s->entry->key;
    int value;
    if (parse_word(s->entry->items[0], key->words, key->word_count, &value))
        memcpy(place_of(s), &value, sizeof(value));
    else
        complain_allowed(s, s->entry->items[0], "is unknown");
}

// A number in its bounds goes to its place, an int but for sizes and periods.
static void
put_number(const struct settling *s, int64_t value)
{
    const struct key *key = s->entry->key;
    int narrow = (int)value;
    if (value < key->least || value > key->most)
        complain_allowed(s, s->entry->items[0], "is out of range");
    else if (key->type == KEY_SIZE || key->type == KEY_PERIOD)
        memcpy(place_of(s), &value, sizeof(value));
    else
        memcpy(place_of(s), &narrow, sizeof(narrow));
}

// An integer, a duration or a size: the same but for how it is written.
static void
settle_number(const struct settling *s)
{
    static const struct {
        bool (*parse)(const char *text, int64_t *ret);
        const char *wrong;
    } forms[] = {
        [KEY_INT] = {parse_integer, "is not a whole number"},
        [KEY_DURATION] = {parse_duration, "is not a duration"},
        [KEY_PERIOD] = {parse_duration, "is not a duration"},
        [KEY_SIZE] = {parse_size, "is not a size"},
    };
    enum key_type type = s->entry->key->type;
    const char *text = s->entry->items[0];
    int64_t value;
    if (forms[type].parse(text, &value))
        put_number(s, value);
    else if (type != KEY_INT && parse_integer(text, &value))
        complain_form(s, text, "has no unit", true);
    else
        complain_form(s, text, forms[type].wrong, true);
}

static void
complain_topic(const struct settling *s, const char *problem)
{
    CLEANUP(text_free) struct text line = {0};
    text_appendf(&line, "not a topic's name: it %s", problem);
    complain(s, line.data);
}

static void
settle_topic(const struct settling *s)
{
    const char *problem = topic_name_problem(s->entry->items[0]);
    if (problem != NULL)
        complain_topic(s, problem);
    else
        put_text(s);
}

// An empty text is as good as null: nothing is listened on.
static void
settle_address(const struct settling *s)
{
    struct address address;
    struct error err;
    if (*s->entry->items[0] == '\0')
        *(const char **)place_of(s) = NULL;
    else if (!address_parse(s->entry->items[0], &address, &err))
        complain(s, err.text);
    else
        put_text(s);
}

// A template without columns is a topic's name already.
static const char *
constant_topic_problem(const struct template *template)
{
    if (template->count != 1 || template->parts[0].literal == NULL)
        return NULL;
    return topic_name_problem(template->parts[0].literal);
}

// The template that was there before, of a weaker source, is freed.
static void
settle_template(const struct settling *s)
{
    struct template *place = place_of(s);
    struct template template = {0};
    struct error err;
    if (!template_parse(s->entry->items[0], &template, &err)) {
        complain(s, err.text);
        return;
    }
    const char *problem = constant_topic_problem(&template);
    if (problem != NULL) {
        complain_topic(s, problem);
        template_free(&template);
        return;
    }
    template_free(place);
    *place = template;
}

// The first item that no host's name can match; NULL if there is none.
static const char *
find_no_name(const struct entry *entry)
{
    for (size_t i = 0; i < entry->count; i++)
        if (strpbrk(entry->items[i], ":/") != NULL)
            return entry->items[i];
    return NULL;
}

// An empty pattern would match no topic at all: somebody wrote one comma too many.
static void
settle_list(const struct settling *s)
{
    const char *no_name = s->entry->key->only_names ? find_no_name(s->entry) : NULL;
    bool empty = s->entry->count == 0;
    for (size_t i = 0; i < s->entry->count; i++)
        empty = empty || *s->entry->items[i] == '\0';
    if (empty) {
        complain_allowed(s, NULL, s->entry->count == 0 ? "is empty" : "holds an empty text");
        return;
    }
    if (no_name != NULL) {
        complain_allowed(s, no_name, "is more than a name");
        return;
    }
    memcpy(place_of(s), &s->entry->items, sizeof(s->entry->items));
    memcpy((char *)s->settings + s->entry->key->count_offset, &s->entry->count,
           sizeof(s->entry->count));
}

static void
settle_column(const struct settling *s)
{
    enum column column;
    if (!column_parse(s->entry->name, &column))
        abort(); // whoever made the entry looked
    const char **columns = place_of(s);
    const char **place = &columns[column];
    size_t len = strlen(s->entry->items[0]);
    if (len < (size_t)s->entry->key->least || len > (size_t)s->entry->key->most)
        complain_allowed(s, NULL, len == 0 ? "is empty" : "is too long");
    else
        *place = s->entry->items[0];
}

// An unknown property in the environment is an unknown variable: Kubernetes sets
// OUTRIDER_KAFKA_PORT for a service called outrider-kafka.
static void
settle_property(const struct settling *s)
{
    struct error err;
    if (producer_check_property(s->entry->name, s->entry->items[0], &err))
        return;
    if (s->entry->origin.kind != ORIGIN_ENVIRONMENT || !str_equal(err.code, "UNKNOWN_PROPERTY")) {
        complain(s, err.text);
        return;
    }
    safe_append(s->loading->warnings, s->entry->origin.name);
    text_appendf(s->loading->warnings, ": unknown variable, ignored; %s\n", err.text);
    s->entry->ignored = true;
}

typedef void settle(const struct settling *s);

static settle *const by_type[] = {
    [KEY_STRING] = settle_string,       [KEY_DSN] = settle_dsn,
    [KEY_TABLE] = settle_table,         [KEY_INT] = settle_number,
    [KEY_DURATION] = settle_number,     [KEY_SIZE] = settle_number,
    [KEY_ENUM] = settle_enum,           [KEY_LIST] = settle_list,
    [KEY_TEMPLATE] = settle_template,   [KEY_COLUMNS] = settle_column,
    [KEY_PROPERTIES] = settle_property, [KEY_TOPIC] = settle_topic,
    [KEY_PERIOD] = settle_number,       [KEY_ADDRESS] = settle_address,
};

// --- what all types have in common --------------------------------------------------------------

// The item itself, or what it refers to.
static void
follow_item(const struct settling *s, size_t i)
{
    const char *item = s->entry->items[i];
    struct error err;
    if (!reference_is(item)) {
        if (!utf8_valid(item))
            complain(s, "is not UTF-8 text");
        else if (s->entry->origin.kind == ORIGIN_OVERRIDE && entry_is_secret(s->entry))
            complain(s, "a secret here is seen by everybody who lists processes; allowed: "
                        "${env:NAME}, ${file:/path} or ${cred:name}");
        else if (!reference_check_literal(item, s->entry->key->type == KEY_TEMPLATE, &err))
            complain(s, err.text);
        return;
    }
    char *text;
    s->entry->reference = item;
    if (entry_find(s->loading->config, s->entry->key, s->entry->name) != s->entry)
        return;
    if (reference_follow(item, s->loading->environment, &text, &err))
        s->entry->items[i] = config_keep(s->loading->config, text);
    else
        complain(s, err.text);
}

// The commas of a list that is one text; blanks around the items are dropped.
static void
split(const struct settling *s)
{
    struct config *config = s->loading->config;
    struct entry *entry = s->entry;
    char *rest = config_keep(config, xstrdup(entry->items[0])), *item;
    entry->items = config_keep(config, xcalloc(strlen(rest) + 2, sizeof(*entry->items)));
    entry->count = 0;
    bool any = *rest != '\0';
    while (any && (item = strsep(&rest, ",")) != NULL) {
        while (isspace((unsigned char)*item))
            item++;
        char *end = item + strlen(item);
        while (end > item && isspace((unsigned char)end[-1]))
            *--end = '\0';
        entry->items[entry->count++] = item;
    }
}

// Null is a value for keys without a default and for addresses, and a mistake for all others.
static void
settle_entry(const struct settling *s)
{
    struct entry *entry = s->entry;
    for (size_t i = 0; i < entry->count && !entry->bad; i++)
        follow_item(s, i);
    bool overridden_reference = entry->reference != NULL &&
                                entry_find(s->loading->config, entry->key, entry->name) != entry;
    if (entry->bad || overridden_reference)
        return;
    if (entry->joined)
        split(s);
    if (!entry->null)
        by_type[entry->key->type](s);
    else if (keys_may_be_null(entry->key))
        put_text(s);
    else
        complain_allowed(s, NULL, "has no value");
}

// The properties that count: of each name the last that was given.
static void
collect_properties(struct config *config, struct settings *settings)
{
    config->properties = xcalloc(config->count + 1, sizeof(*config->properties));
    size_t count = 0;
    for (size_t i = 0; i < config->count; i++) {
        const struct entry *entry = &config->entries[i];
        if (entry->key->type != KEY_PROPERTIES || entry->bad || entry->ignored ||
            entry_find(config, entry->key, entry->name) != entry)
            continue;
        config->properties[count++] = (struct property){entry->name, entry->items[0]};
    }
    settings->producer.properties = config->properties;
    settings->producer.count = count;
}

void
settle_all(const struct loading *loading, struct settings *settings)
{
    struct config *config = loading->config;
    for (size_t i = 0; i < config->count; i++) {
        struct settling s = {loading, settings, &config->entries[i]};
        settle_entry(&s);
    }
    collect_properties(config, settings);
    // What two layers ask for, or one borrows from the other.
    settings->store.max_retries = settings->relay.max_retries;
    settings->store.topic = settings->relay.envelope.topic;
    settings->producer.client_id = settings->store.application_name;
}
