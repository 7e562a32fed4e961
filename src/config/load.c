// SPDX-License-Identifier: Apache-2.0
// The configuration file: which one, and its tree against the table of keys.
//
// A key stands where the table says, once. A name that is unknown is refused, because a setting
// that silently does nothing is found in production.
#include "load.h"

#include "describe.h"
#include "document.h"
#include "slurp.h"

#include "outrider/base/xalloc.h"
#include "outrider/model/columns.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_FILE "/etc/outrider/outrider.yaml"

// What was found, where something else is expected.
static const char *const kind_names[] = {
    [NODE_NULL] = "nothing",  [NODE_SCALAR] = "a single value", [NODE_LIST] = "a list",
    [NODE_MAP] = "a mapping", [NODE_REFUSED] = "nothing",
};

// One file being walked.
struct walk {
    const struct loading *loading;
    const char *name;
};

static struct origin
origin_of(const struct walk *walk, const struct node *node)
{
    return (struct origin){
        .kind = ORIGIN_FILE, .name = walk->name, .line = node->line, .column = node->column};
}

// A node of the wrong kind. Its text is not shown: it may be a DSN that was put one level too high.
static void
expected(const struct walk *walk, const struct node *node, const char *path, const char *what)
{
    struct origin origin = origin_of(walk, node);
    if (node->kind != NODE_REFUSED)
        problems_add(walk->loading->problems, &origin, path, "found %s; allowed: %s",
                     kind_names[node->kind], what);
}

static void
add_scalar(const struct walk *walk, const struct key *key, const char *name,
           const struct node *node)
{
    struct origin origin = origin_of(walk, node);
    if (node->kind == NODE_NULL)
        entry_add(walk->loading->config, key, name, NULL, 0, &origin);
    else
        load_add_text(walk->loading, key, name, node->text, &origin);
}

// Items that are no texts are problems of their own; the others still count.
static void
add_list(const struct walk *walk, const struct key *key, const struct node *node)
{
    AUTOFREE const char **items = xcalloc(node->count + 1, sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i].kind == NODE_SCALAR)
            items[count++] = node->items[i].text;
        else
            expected(walk, &node->items[i], key->path, "a list of single values");
    }
    struct origin origin = origin_of(walk, node);
    entry_add(walk->loading->config, key, NULL, items, count, &origin)->null = false;
}

// A key that takes one value, or a list.
static void
walk_value(const struct walk *walk, const struct key *key, const char *name,
           const struct node *node)
{
    if (node->kind == NODE_LIST && key->type == KEY_LIST) {
        add_list(walk, key, node);
    } else if (node->kind == NODE_NULL || node->kind == NODE_SCALAR) {
        add_scalar(walk, key, name, node);
    } else {
        CLEANUP(text_free) struct text path = {0}, shown = {0}, allowed = {0};
        describe_path(&path, key, name);
        problems_append_shown(&shown, text_str(&path));
        if (key->type == KEY_PROPERTIES)
            text_append(&allowed, "one value; a property's whole name is the key, as in "
                                  "bootstrap.servers: localhost:9092");
        else
            describe_allowed(&allowed, key);
        describe_units(&allowed, key);
        expected(walk, node, text_str(&shown), text_str(&allowed));
    }
}

// Is the key a text that was not there before? Notes what is wrong otherwise.
static bool
check_name(const struct walk *walk, const struct node *map, size_t at, const char *path)
{
    const struct node *key = &map->items[at];
    struct origin origin = origin_of(walk, key);
    if (key->kind != NODE_SCALAR) {
        expected(walk, key, *path != '\0' ? path : NULL, "a key that is a single word");
        return false;
    }
    for (size_t i = 0; i < at; i += 2)
        if (str_equal(map->items[i].text, key->text)) {
            problems_add(walk->loading->problems, &origin, path,
                         "given twice; the first is in line %d", map->items[i].line);
            return false;
        }
    return true;
}

// path: to look for what was meant; shown: the same as an error may show it.
static void
unknown_key(const struct walk *walk, const struct node *name, const char *path, const char *shown)
{
    CLEANUP(text_free) struct text hint = {0};
    describe_hint(&hint, path);
    struct origin origin = origin_of(walk, name);
    problems_add(walk->loading->problems, &origin, shown, "unknown key; %s", text_str(&hint));
}

static void walk_map(const struct walk *walk, const struct node *map, const char *path,
                     const struct key *key);

// The pair at `at` of a map; `key` is the map's own key when its entries are free.
static void
walk_pair(const struct walk *walk, const struct node *map, size_t at, const char *parent,
          const struct key *key)
{
    const struct node *name = &map->items[at], *value = &map->items[at + 1];
    CLEANUP(text_free) struct text path = {0};
    text_append(&path, parent);
    if (name->text != NULL)
        text_appendf(&path, "%s%s", *parent != '\0' ? "." : "", name->text);
    CLEANUP(text_free) struct text shown = {0};
    problems_append_shown(&shown, text_str(&path));
    if (!check_name(walk, map, at, text_str(&shown)))
        return;

    const struct key *found = keys_find(text_str(&path));
    bool dotted = strchr(name->text, '.') != NULL;
    enum column column;
    // In this order: an entry of a map, a section, nothing that is known, a map, a value.
    if (key != NULL && (key->type != KEY_COLUMNS || column_parse(name->text, &column))) {
        walk_value(walk, key, name->text, value);
    } else if (key == NULL && !dotted && keys_is_section(text_str(&path))) {
        walk_map(walk, value, text_str(&path), NULL);
    } else if (key != NULL || found == NULL || dotted) {
        unknown_key(walk, name, text_str(&path), text_str(&shown));
    } else if (keys_is_map(found)) {
        walk_map(walk, value, text_str(&path), found);
    } else {
        walk_value(walk, found, NULL, value);
    }
}

// A section, a map of free names (then key says which), or the file itself; nothing is empty.
static void
walk_map(const struct walk *walk, const struct node *map, const char *path, const struct key *key)
{
    if (map->kind == NODE_NULL)
        return;
    if (map->kind != NODE_MAP) {
        expected(walk, map, *path != '\0' ? path : NULL, "a mapping, lines of \"key: value\"");
        return;
    }
    for (size_t i = 0; i < map->count; i += 2)
        walk_pair(walk, map, i, path, key);
}

static void
load_text(const struct loading *loading, const char *text, size_t len, const char *name)
{
    struct walk walk = {.loading = loading, .name = config_keep(loading->config, xstrdup(name))};
    CLEANUP(document_free) struct node root;
    document_parse(text, len, walk.name, loading->problems, &root);
    walk_map(&walk, &root, "", NULL);
}

void
load_file(const struct loading *loading, const char *named)
{
    const char *variable = environment_get(loading->environment, "OUTRIDER_CONFIG");
    bool by_variable = named == NULL && variable != NULL && *variable != '\0';
    const char *path = named != NULL ? named : by_variable ? variable : DEFAULT_FILE;
    AUTOFREE char *text = NULL;
    size_t len = 0;
    struct error err;
    if (slurp_file(path, &text, &len, &err)) {
        load_text(loading, text, len, path);
        return;
    }
    bool may_be_absent = named == NULL && !by_variable;
    if (may_be_absent && str_equal(err.code, "ENOENT"))
        return;
    struct origin origin = {.kind = ORIGIN_FILE,
                            .name = by_variable ? "OUTRIDER_CONFIG"
                                                : config_keep(loading->config, xstrdup(path))};
    problems_add(loading->problems, &origin, by_variable ? path : NULL, "%s", err.text);
}
