// SPDX-License-Identifier: Apache-2.0
// A YAML text as a tree with positions.
#ifndef OUTRIDER_CONFIG_DOCUMENT_H
#define OUTRIDER_CONFIG_DOCUMENT_H

#include "problems.h"

#include <stddef.h>

enum node_kind {
    NODE_NULL, // nothing, ~ or null
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
    NODE_REFUSED, // a problem was noted for it
};

struct node {
    enum node_kind kind;
    char *text;         // a scalar's
    int line, column;   // from 1
    struct node *items; // a list's; a map's keys and values in turn
    size_t count;       // of items: even in a map
};

// Reads the one document that `text` holds. What is wrong goes to `problems`, at positions in
// `name` (borrowed by them); what stands before a mistake is in the tree nevertheless. An empty
// text is NODE_NULL. document_free the root's content.
void document_parse(const char *text, size_t len, const char *name, struct problems *problems,
                    struct node *ret_root);
void document_free(struct node *root);

#endif
