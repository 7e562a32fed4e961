// SPDX-License-Identifier: Apache-2.0
// The SQLSTATEs that the store acts upon. Source: PostgreSQL's manual, appendix A.
// Whatever else PostgreSQL refuses is FAULT_CLUSTER: nothing is counted against a row for it.
#ifndef OUTRIDER_STORE_SQLSTATE_H
#define OUTRIDER_STORE_SQLSTATE_H

#define SQLSTATE_DUPLICATE_STATEMENT    "42P05"
#define SQLSTATE_INVALID_STATEMENT_NAME "26000"
#define SQLSTATE_LOCK_NOT_AVAILABLE     "55P03"
#define SQLSTATE_UNDEFINED_TABLE        "42P01"

#endif
