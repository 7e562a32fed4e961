// SPDX-License-Identifier: Apache-2.0
// A YAML text as a tree with positions, by libyaml's events.
//
// The subset is what a configuration needs: mappings, lists and scalars in one document. Aliases
// and tags are refused rather than half understood: an alias would give one value two positions,
// and a tag would promise a type that the table of keys decides. The depth is bounded, and the size
// by the file's, so no input makes this code grow.
#include "document.h"

#include "outrider/base/xalloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 8

struct reader {
    yaml_parser_t parser;
    const char *text;
    size_t len;
    const char *name;
    struct problems *problems;
    bool broken; // nothing more can be read
};

// libyaml counts lines and columns from 0, people from 1.
static struct origin
origin_at(const struct reader *reader, size_t line, size_t column)
{
    return (struct origin){.kind = ORIGIN_FILE,
                           .name = reader->name,
                           .line = (int)line + 1,
                           .column = (int)column + 1};
}

// The parser reports bytes that are no text by their offset.
static struct origin
origin_of_offset(const struct reader *reader, size_t offset)
{
    size_t line = 0, start = 0;
    if (offset > reader->len)
        offset = reader->len;
    for (size_t i = 0; i < offset; i++)
        if (reader->text[i] == '\n') {
            line++;
            start = i + 1;
        }
    return origin_at(reader, line, offset - start);
}

// The commonest mistake of all has the least helpful message.
static bool
is_tab(const struct reader *reader, const yaml_mark_t *mark)
{
    return mark->index < reader->len && reader->text[mark->index] == '\t';
}

// The parser's own words: they never quote the text, so they cannot hold a secret.
static void
report_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const yaml_mark_t *mark = &parser->problem_mark;
    const char *what = parser->problem != NULL ? parser->problem : "it cannot be read";
    reader->broken = true;
    if (parser->error == YAML_READER_ERROR) {
        struct origin origin = origin_of_offset(reader, parser->problem_offset);
        problems_add(reader->problems, &origin, NULL, "not UTF-8 text: %s; save it as UTF-8", what);
        return;
    }
    struct origin origin = origin_at(reader, mark->line, mark->column);
    problems_add(reader->problems, &origin, NULL, "not YAML: %s%s%s%s",
                 parser->context != NULL ? parser->context : "",
                 parser->context != NULL ? ": " : "", what,
                 is_tab(reader, mark) ? "; indent with spaces" : "");
}

// After the first mistake there are no more events: what libyaml would say next is a guess.
static bool
next_event(struct reader *reader, yaml_event_t *event)
{
    if (!reader->broken && !yaml_parser_parse(&reader->parser, event))
        report_syntax(reader);
    return !reader->broken;
}

// YAML 1.1's and 1.2's ways of writing nothing.
static bool
is_null_word(const char *text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

// The node stays in the tree, so that its name is not unknown; it has nothing to say any more.
static void
refuse(struct reader *reader, struct node *node, const char *why)
{
    struct origin origin = origin_at(reader, (size_t)node->line - 1, (size_t)node->column - 1);
    problems_add(reader->problems, &origin, NULL, "%s", why);
    free(node->text);
    node->text = NULL;
    node->kind = NODE_REFUSED;
}

// NULL for events that cannot have one, and for nodes without.
static const yaml_char_t *
event_tag(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.tag;
    default:
        return NULL;
    }
}

// Only a plain word can be null: "null" in quotes is a text.
static void
read_scalar(struct reader *reader, const yaml_event_t *event, struct node *node)
{
    const char *text = (const char *)event->data.scalar.value;
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->kind = plain && is_null_word(text) ? NODE_NULL : NODE_SCALAR;
    node->text = xstrdup(text);
    if (strlen(text) != event->data.scalar.length)
        refuse(reader, node, "a text cannot hold a NUL character");
}

static void read_node(struct reader *reader, const yaml_event_t *event, struct node *node,
                      int depth);

// Children up to the end of the list or mapping.
static void
read_children(struct reader *reader, struct node *node, int depth)
{
    yaml_event_t event;
    bool more = true;
    while (more && next_event(reader, &event)) {
        more = event.type != YAML_SEQUENCE_END_EVENT && event.type != YAML_MAPPING_END_EVENT;
        if (more) {
            node->items = xreallocarray(node->items, node->count + 1, sizeof(*node->items));
            read_node(reader, &event, &node->items[node->count++], depth + 1);
        }
        yaml_event_delete(&event);
    }
    // A mapping that broke off behind a key.
    if (node->kind == NODE_MAP && node->count % 2 != 0)
        document_free(&node->items[--node->count]);
}

// The node that begins with this event, with everything below it.
static void
read_node(struct reader *reader, const yaml_event_t *event, struct node *node, int depth)
{
    *node = (struct node){.line = (int)event->start_mark.line + 1,
                          .column = (int)event->start_mark.column + 1};
    if (event->type == YAML_ALIAS_EVENT) {
        refuse(reader, node, "aliases are not supported; write the value out");
    } else if (event->type == YAML_SCALAR_EVENT) {
        read_scalar(reader, event, node);
    } else if (depth >= DEPTH_MAX) {
        refuse(reader, node, "nested too deeply");
        reader->broken = true;
    } else {
        node->kind = event->type == YAML_MAPPING_START_EVENT ? NODE_MAP : NODE_LIST;
        read_children(reader, node, depth);
    }
    if (event_tag(event) != NULL && node->kind != NODE_REFUSED)
        refuse(reader, node, "tags are not supported; leave out the word with \"!\"");
}

// The first document's root; a second document ends the reading.
static void
read_stream(struct reader *reader, struct node *root)
{
    size_t documents = 0;
    yaml_event_t event;
    bool more = true;
    while (more && next_event(reader, &event)) {
        more = event.type != YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && documents++ > 0) {
            struct origin origin =
                origin_at(reader, event.start_mark.line, event.start_mark.column);
            problems_add(reader->problems, &origin, NULL, "a second document; one is allowed");
            more = false;
        } else if (event.type == YAML_SCALAR_EVENT || event.type == YAML_MAPPING_START_EVENT ||
                   event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_ALIAS_EVENT) {
            read_node(reader, &event, root, 0);
        }
        yaml_event_delete(&event);
    }
}

void
document_parse(const char *text, size_t len, const char *name, struct problems *problems,
               struct node *ret_root)
{
    struct reader reader = {.text = text, .len = len, .name = name, .problems = problems};
    *ret_root = (struct node){.kind = NODE_NULL, .line = 1, .column = 1};
    if (!yaml_parser_initialize(&reader.parser))
        abort();
    // Said, or else a byte order mark would make it UTF-16.
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text, len);
    read_stream(&reader, ret_root);
    yaml_parser_delete(&reader.parser);
}

void
document_free(struct node *root)
{
    for (size_t i = 0; i < root->count; i++)
        document_free(&root->items[i]);
    free(root->items);
    free(root->text);
    *root = (struct node){.kind = NODE_NULL};
}
