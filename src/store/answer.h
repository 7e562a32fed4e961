// SPDX-License-Identifier: Apache-2.0
// What a reader expects of a statement's answer. Private to the store.
//
// An answer is input: the server, or what speaks for it (a pooler, a proxy, a stranger on its
// port), may send less than was asked for, and PQgetvalue then leads outside. So an answer that is
// read is held against its reader's expectation once, when it has arrived, and the reader checks
// nothing.
#ifndef OUTRIDER_STORE_ANSWER_H
#define OUTRIDER_STORE_ANSWER_H

#include "outrider/base/error.h"

#include <libpq-fe.h>
#include <stdbool.h>

// fields: a letter for each field; a capital one may be NULL. In binary (text) format:
//   b  a boolean: one byte (t or f)
//   i  int4, oid, xid: four bytes (a number)
//   l  int8, xid8, a timestamp: eight bytes (a number)
//   u  a uuid: sixteen bytes (36 characters)
//   t  text, or anything else whose length its reader looks at
struct answer {
    const char *fields;
    int rows; // at least
};

enum answer_format { ANSWER_TEXT, ANSWER_BINARY };

// Is the answer as expected? Error code "ANSWER", of the cluster: no row is at fault.
bool answer_check(const PGresult *result, const struct answer *answer, enum answer_format format,
                  struct error *err) MUST_CHECK;

#endif
