// SPDX-License-Identifier: Apache-2.0
// Statements that the server keeps parsed and planned for a connection. Private to the store.
//
// A window of a few rows costs the server more to plan than to run. A named statement is planned
// once, but belongs to one server process, and a pooler in transaction mode hands each transaction
// to another. So statements are named only where the process that answers is the one that the
// connection was made to (PQbackendPID: a pooler gives a key of its own).
// Plans are made anew every second that has windows (plan_anew in store.c): they follow a table
// that grows. When the table is described anew, all names are given up with the old shape. Source:
// PostgreSQL's manual, PREPARE, "Notes"; PgBouncer's "SQL feature map for pooling modes".
#ifndef OUTRIDER_STORE_PREPARED_H
#define OUTRIDER_STORE_PREPARED_H

#include <libpq-fe.h>
#include <stdbool.h>

enum { PREPARED_MAX = 64, PREPARED_NAME = 16 };

struct prepared {
    bool wanted;
    int count;
    struct {
        char *sql;
        bool there; // or on its way
    } list[PREPARED_MAX];
};

// server_pid: of the process that answers.
void prepared_begin(struct prepared *prepared, const PGconn *connection, int server_pid);

// The number of a statement, with room made for it; -1: it is to go without a name.
int prepared_find(struct prepared *prepared, const char *sql);

void prepared_name(int number, char name[static PREPARED_NAME]);

// What a statement came to. When the server does not know a name that it was given, or has one that
// it was not, somebody stands between after all, and no connection of this process names any more.
void prepared_judge(const PGresult *result);

// None has a name any more: the server was told to forget them.
void prepared_forget(struct prepared *prepared);

void prepared_free(struct prepared *prepared);

#endif
