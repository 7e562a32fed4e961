// SPDX-License-Identifier: Apache-2.0
// What is done first on every connection. Private to the store.
#ifndef OUTRIDER_STORE_ARRIVAL_H
#define OUTRIDER_STORE_ARRIVAL_H

#include "outrider/store/names.h"
#include "outrider/store/store.h"
#include "wire.h"

#include <stdbool.h>

// What was met. Texts are owned.
struct arrival {
    int pid;        // of the server process that answered
    bool own;       // the one that the connection was told of: no pooler stands in between
    char *schema;   // where the table is; NULL: there is none
    char *creation; // where it would be made; NULL: no schema of the role's search_path exists
    char *path;     // the search_path from now on
};

// Looks about with the role's own search_path and finds the table, then pins the path and lifts the
// role's own limits: for good on a connection of its own; behind a pooler every later transaction
// has to. In pipeline mode; nothing is open afterwards.
bool arrive(struct wire *wire, const struct store_settings *settings, const struct names *names,
            struct arrival *ret_arrival, struct error *err) MUST_CHECK;

// The same on a connection that is not in pipeline mode.
bool arrive_plain(struct wire *wire, const struct store_settings *settings,
                  struct arrival *ret_arrival, struct error *err) MUST_CHECK;

void arrival_free(struct arrival *arrival);

// A table that was named without a schema is, from now on, the one that was found.
void arrival_name_table(const struct arrival *arrival, struct names *names);

#endif
